// Import: the page that takes a file and an import's own page; and downloads.
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";

export class FilesPage {
  readonly rejects: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.rejects = page.getByRole("table", { name: "Rejected rows" });
  }

  /** Sends a file from the page that takes one, and waits for the import's page. */
  async send(name: string, content: string | Buffer): Promise<void> {
    await this.page.getByLabel("CSV file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
    await this.page.getByRole("button", { name: "Import" }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: `Import of ${name}` })).toBeVisible();
  }

  async expectResult(words: string): Promise<void> {
    await expect(this.page.getByRole("main").getByText(words, { exact: true })).toBeVisible();
  }

  /** Follows a link to a file and gives its text, without the mark that Excel wants. */
  async download(link: string): Promise<string> {
    const begins = this.page.waitForEvent("download");
    await this.page.getByRole("link", { name: link, exact: true }).click();
    const text = await readFile(await (await begins).path(), "utf8");
    expect(text.startsWith("\u{feff}"), "a mark for Excel").toBe(true);
    return text.slice(1);
  }
}
