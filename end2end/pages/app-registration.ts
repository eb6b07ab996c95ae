// Microsoft App Registration in Settings: the credentials with which Entrain proves itself to Microsoft.
import { expect, type Locator, type Page } from "@playwright/test";
import { expectHydrated } from "../fixtures/expectations.ts";

export class AppRegistrationPage {
  private readonly page: Page;
  readonly section: Locator;
  readonly table: Locator;

  constructor(page: Page) {
    this.page = page;
    this.section = page.getByRole("region", { name: "Microsoft App Registration" });
    this.table = page.getByRole("table", { name: "Credentials" });
  }

  async open(): Promise<void> {
    await this.page.goto("/settings");
    await expectHydrated(this.page);
    await expect(this.table).toBeVisible();
  }

  /** Opens **Add Client Secret** and sends it; the dialog stays open where it is refused. */
  async addSecret(value: string, ends?: string): Promise<Locator> {
    await this.section.getByRole("link", { name: "Add Client Secret" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Add Client Secret" });
    await dialog.getByLabel("Secret value").fill(value);
    if (ends) await dialog.getByLabel("Ends on").fill(ends);
    await dialog.getByRole("button", { name: "Add Client Secret" }).click();
    return dialog;
  }
}
