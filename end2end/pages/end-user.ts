// End User details, and the forms that add and delete people.
import { expect, type Locator, type Page } from "@playwright/test";
import { expectHydrated, rowOf } from "../fixtures/expectations.ts";

export class EndUserPage {
  readonly history: Locator;
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.history = page.getByRole("table", { name: "History" });
  }

  /** From the End Users subtab, as people get there. */
  async open(organization: string, name: string): Promise<void> {
    await openEndUsers(this.page, organization);
    await this.page.getByRole("table", { name: "End Users" }).getByRole("link", { name, exact: true }).click();
    await this.expectOpen(name);
  }

  async expectOpen(name: string): Promise<void> {
    await expect(this.page.getByRole("heading", { level: 1, name, exact: true })).toBeVisible();
    await expect(this.page.getByRole("heading", { level: 2, name: "End User Details" })).toBeVisible();
  }

  field(label: string): Locator {
    return this.page.getByRole("region", { name: "End User Details" }).getByLabel(label, { exact: true });
  }

  async choose(item: string): Promise<void> {
    await this.page.getByRole("button", { name: "Actions", exact: true }).click();
    await this.page.getByRole("menuitem", { name: item }).click();
  }

  async syncNow(): Promise<void> {
    await this.choose("Sync Now");
    await expect(this.toast(/from Microsoft[.:]/)).toBeVisible();
  }

  async save(): Promise<void> {
    await this.page.getByRole("button", { name: "Save Changes" }).click();
  }

  /** What a toast says of what was done. */
  toast(words: string | RegExp): Locator {
    return this.page.getByRole("status").filter({ hasText: words }).first();
  }

  async delete(keepOut: boolean): Promise<void> {
    await this.choose("Delete");
    const dialog = this.page.getByRole("dialog", { name: "Delete End User" });
    await expect(dialog.getByText("not deleted in Microsoft, and will be created again by the next sync")).toBeVisible();
    if (keepOut) await dialog.getByRole("checkbox", { name: "Keep this person out of future syncs" }).check();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect(dialog).toBeHidden();
    await expect(this.page.getByRole("table", { name: "End Users" })).toBeVisible();
  }
}

export async function openEndUsers(page: Page, organization: string): Promise<void> {
  await page.goto("/organizations");
  await expectHydrated(page);
  await page.getByRole("link", { name: organization, exact: true }).first().click();
  await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "End Users" }).click();
  await expect(page.getByRole("table", { name: "End Users" })).toBeVisible();
}

export function personRow(page: Page, name: string): Promise<Locator> {
  return rowOf(page.getByRole("table", { name: "End Users" }), { Name: name });
}

export async function expectNobodyCalled(page: Page, name: string): Promise<void> {
  await expect(page.getByRole("table", { name: "End Users" }).getByRole("link", { name, exact: true })).toHaveCount(0);
}
