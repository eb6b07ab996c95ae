// The search across all customers, and Why? one person is in or out.
import { expect, type Locator, type Page } from "@playwright/test";
import { expectRowVisible } from "../fixtures/expectations.ts";

export class SearchPage {
  readonly box: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.box = page.getByRole("banner").getByRole("searchbox");
  }

  /** From the box at the top of whatever page is open. */
  async search(words: string): Promise<void> {
    await this.box.fill(words);
    await this.box.press("Enter");
    await this.page.waitForURL((url) => url.pathname === "/search" && url.searchParams.get("q") === words);
    await expect(this.page.getByRole("status").filter({ hasText: words })).toBeVisible();
  }

  group(name: string): Locator {
    return this.page.getByRole("table", { name, exact: true });
  }
}

export class WhyPage {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** The person's page, with in or out beside the name. */
  async expectPerson(name: string, standing: "In" | "Out" | "Conflict" | "Undecided"): Promise<void> {
    await expect(this.page.getByRole("heading", { level: 1, name: `Why? ${name}` })).toBeVisible();
    await expect(this.page.getByRole("main").getByText(standing, { exact: true }).first()).toBeVisible();
  }

  /** The rule with this question decided, with these words. */
  async expectDecided(question: string, words: string | RegExp): Promise<void> {
    const rules = this.page.getByRole("table", { name: "Rules" });
    await expectRowVisible(rules, { Rule: question, Answer: /^\s*Decided/ });
    await expect(rules.getByRole("row").filter({ hasText: question })).toContainText(words);
    await expect(rules.getByText("Decided")).toHaveCount(1);
  }

  async expectSection(name: string, accepts: string, own: string | RegExp, ticked: string | RegExp): Promise<void> {
    const filters = this.page.getByRole("table", { name: "Filters" });
    await expectRowVisible(filters, { "Section": name, "Accepts": accepts, "This Person": own, "Ticked": ticked });
  }

  section(name: string): Locator {
    return this.page.getByRole("region", { name, exact: true });
  }
}
