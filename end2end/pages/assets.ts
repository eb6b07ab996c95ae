// The Assets table, an Organization's Assets, and the page of one.
import { expect, type Locator, type Page } from "@playwright/test";
import { expectHydrated } from "../fixtures/expectations.ts";

export class AssetsPage {
  readonly table: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.table = page.getByRole("table", { name: "Assets" });
  }

  /** By way of the navigation. */
  async open(): Promise<void> {
    await this.page.getByRole("link", { name: "Assets", exact: true }).first().click();
    await expect(this.page.getByRole("heading", { level: 1, name: "Assets" })).toBeVisible();
  }

  /** The Organization's tab. */
  async openOf(organization: string): Promise<void> {
    await this.page.goto("/organizations");
    await expectHydrated(this.page);
    await this.page.getByRole("link", { name: organization, exact: true }).first().click();
    await this.page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "Assets" }).click();
    await expect(this.table).toBeVisible();
  }

  async newAsset(): Promise<Locator> {
    await this.page.getByRole("link", { name: "New Asset" }).click();
    return this.page.getByRole("dialog", { name: "New Asset" });
  }

  /** **New Asset** on an Organization's tab; ends on the Asset's page. */
  async add(name: string, macs: string): Promise<void> {
    await this.newAsset();
    await this.create(name, macs);
  }

  /** The same where the dialog is open. */
  async create(name: string, macs: string): Promise<void> {
    const dialog = this.page.getByRole("dialog", { name: "New Asset" });
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("MAC Addresses").fill(macs);
    await dialog.getByRole("button", { name: "Create Asset" }).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
  }

  async search(words: string): Promise<void> {
    const field = this.page.getByRole("searchbox", { name: "Search Assets" });
    await field.fill(words);
    await field.press("Enter");
    await this.page.waitForURL((url) => (url.searchParams.get("search") ?? "") === words);
  }
}

/** Asset details. */
export class AssetPage {
  readonly owner: Locator;
  readonly history: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.owner = page.getByRole("region", { name: "Owner Information" });
    this.history = page.getByRole("table", { name: "History" });
  }

  /** Says the same after a reload. */
  async expectOwner(...words: (string | RegExp)[]): Promise<void> {
    for (const again of [false, true]) {
      if (again) {
        await this.page.reload();
        await expectHydrated(this.page);
      }
      for (const text of words) await expect(this.owner.getByText(text).first()).toBeVisible();
    }
  }

  async assign(person: string): Promise<void> {
    const field = this.owner.getByRole("combobox", { name: "Assigned Contact" });
    await field.fill(person);
    await this.owner.getByRole("option", { name: person }).first().click();
    await this.owner.getByRole("button", { name: "Assign" }).click();
    await expect(this.page.getByRole("status").filter({ hasText: "Assigned by hand." })).toBeVisible();
  }
}
