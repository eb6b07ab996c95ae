// The page Cloud Solution Provider.
import { expect, type Locator, type Page } from "@playwright/test";
import { expectHydrated, rowOf } from "../fixtures/expectations.ts";

export class PartnerPage {
  readonly table: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.table = page.getByRole("table", { name: "Customers" });
  }

  async open(): Promise<void> {
    await this.page.goto("/microsoft-tenants/cloud-solution-provider");
    await expectHydrated(this.page);
  }

  /** **Choose Partner Tenant**, of a tenant that has consented. */
  async choose(domain: string): Promise<void> {
    await this.page.getByRole("link", { name: "Choose Partner Tenant" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Partner Tenant" });
    await dialog.getByLabel("Partner tenant ID or domain").fill(domain);
    await dialog.getByRole("button", { name: "Use This Tenant" }).click();
    await expect(dialog).toBeHidden();
    await expect(this.table).toBeVisible();
  }

  row(name: string, more: Record<string, string | RegExp> = {}): Promise<Locator> {
    return rowOf(this.table, { Customer: new RegExp(`^\\s*${name}`), ...more });
  }

  async tick(...names: string[]): Promise<void> {
    for (const name of names) await this.page.getByRole("checkbox", { name: `Select ${name}`, exact: true }).check();
    await expect(this.page.getByText(`${names.length} selected`)).toBeVisible();
  }

  async press(button: "Match Organizations" | "Create Organizations" | "Make Links" | "Consent in Bulk"): Promise<void> {
    await this.page.getByRole("button", { name: button, exact: true }).click();
  }

  async show(filter: string): Promise<void> {
    await this.page.getByLabel("Show", { exact: true }).selectOption({ label: filter });
  }

  /** **Consent in Bulk** for who is ticked, in the name of somebody of the partner. */
  async consent(user: string): Promise<void> {
    await this.press("Consent in Bulk");
    const dialog = this.page.getByRole("dialog", { name: "Consent in Bulk" });
    await dialog.getByRole("link", { name: "Sign In at Microsoft" }).click();
    await this.page.getByLabel("User principal name or email address").fill(user);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: "Cloud Solution Provider" })).toBeVisible();
    await expectHydrated(this.page);
  }

  /** The links that were just made, by the name of the customer. */
  async links(): Promise<Map<string, string>> {
    const field = this.page.getByLabel("Links for the customers' administrators");
    await expect(field).toHaveValue(/\/connect\/link\//);
    const lines = (await field.inputValue()).split("\n");
    return new Map(lines.map((line) => line.split("\t") as [string, string]));
  }
}
