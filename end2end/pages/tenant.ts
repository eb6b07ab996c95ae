// Tenant Details, with the dialogs of an Organization's user sync.
import { expect, type FrameLocator, type Locator, type Page } from "@playwright/test";
import { expectHydrated, rowOf } from "../fixtures/expectations.ts";
import type { Expected } from "../fixtures/expected.ts";

/** What the page and a portal's frame have in common. */
export class TenantDetails {
  readonly table: Locator;
  private readonly place: Page | FrameLocator;

  constructor(place: Page | FrameLocator) {
    this.place = place;
    this.table = place.getByRole("table", { name: "Customer Organizations" });
  }

  row(organization: string, sync?: string | RegExp): Promise<Locator> {
    return rowOf(this.table, { Organization: organization, ...(sync ? { "Microsoft User Sync": sync } : {}) });
  }

  async expectSync(organization: string, sync: string | RegExp, timeout = 20_000): Promise<void> {
    await expect(await this.row(organization, sync)).toBeVisible({ timeout });
  }

  async setUp(organization: string): Promise<FilterDialog> {
    await (await this.row(organization)).getByRole("link", { name: "Set Up" }).click();
    const dialog = new FilterDialog(this.place, "Set Up Microsoft Entra ID User Sync");
    await expect(dialog.dialog).toBeVisible();
    return dialog;
  }

  async edit(organization: string): Promise<FilterDialog> {
    await this.choose(organization, "Edit User Sync Filters");
    const dialog = new FilterDialog(this.place, "Edit User Sync Filters");
    await expect(dialog.dialog).toBeVisible();
    return dialog;
  }

  async disable(organization: string): Promise<void> {
    await this.choose(organization, "Disable User Sync");
    const dialog = this.place.getByRole("dialog", { name: "Disable User Sync" });
    await dialog.getByRole("button", { name: "Disable User Sync" }).click();
    await expect(dialog).toBeHidden();
  }

  async choose(organization: string, item: string): Promise<void> {
    await (await this.row(organization)).getByRole("button", { name: `Actions for ${organization}` }).click();
    await this.place.getByRole("menuitem", { name: item }).click();
  }
}

export class TenantPage extends TenantDetails {
  readonly page: Page;

  constructor(page: Page) {
    super(page);
    this.page = page;
  }

  /** From Microsoft Tenant Integrations, as people get there. */
  async open(tenant: string): Promise<void> {
    await this.page.goto("/microsoft-tenants");
    await expectHydrated(this.page);
    await this.page.getByRole("link", { name: tenant, exact: true }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: tenant })).toBeVisible();
  }

  /** Runs the Microsoft tenant and opens the page of that run when it has ended. */
  async syncNow(result: "Succeeded" | "Failed" = "Succeeded"): Promise<void> {
    const latest = this.page.getByRole("link", { name: "Latest run" });
    const before = await latest.getAttribute("href");
    const button = this.page.getByRole("button", { name: "Sync Now" });
    await button.click();
    await expect(latest).not.toHaveAttribute("href", before ?? "");
    await expect(button).toBeVisible();
    await latest.click();
    await expect(this.page.getByRole("heading", { level: 1, name: /^Run of / })).toBeVisible();
    await expect(this.page.getByText(result, { exact: true }).first()).toBeVisible();
  }
}

export class FilterDialog {
  readonly dialog: Locator;
  /** The line always in sight. */
  readonly line: Locator;

  constructor(place: Page | FrameLocator, title: string) {
    this.dialog = place.getByRole("dialog", { name: title });
    this.line = this.dialog.getByRole("status").filter({ hasText: "Microsoft users match" });
  }

  section(name: string): Locator {
    return this.dialog.getByRole("group", { name, exact: true });
  }

  /** Unfolds a section. Playwright gives a `summary` no role, so it is found as what it is. */
  async unfold(name: string): Promise<Locator> {
    const section = this.section(name);
    if (!(await section.isVisible())) await this.dialog.locator("summary", { hasText: new RegExp(`^${name}`) }).click();
    await expect(section).toBeVisible();
    return section;
  }

  box(section: Locator, value: string): Locator {
    return section.getByRole("checkbox", { name: value, exact: true });
  }

  /** Ticks these values of a section and no others. */
  async tick(name: string, values: string[]): Promise<void> {
    const section = await this.unfold(name);
    const all = this.box(section, "All");
    if (!(await all.isChecked())) await all.check();
    await all.uncheck();
    for (const value of values) await this.box(section, value).check();
  }

  /** Unfolds the people behind a number. */
  async unfoldPeople(title: string | RegExp): Promise<void> {
    const summary = this.dialog.locator("summary", { hasText: title });
    await expect(summary).toHaveText(title);
    await summary.click();
  }

  async expectLine(expected: Expected): Promise<void> {
    await expect(this.line).toHaveText(lineOf(expected));
  }

  /** Presses **Enable Sync** or **Save**. */
  async send(button: "Enable Sync" | "Save"): Promise<void> {
    await this.dialog.getByRole("button", { name: button }).click();
    await expect(this.dialog).toBeHidden();
  }
}

/** "180 of 212 Microsoft users match: 140 new, 38 linked to existing End Users, 2 conflicts". */
export function lineOf({ matching, users, created, linked, conflicts }: Expected): string {
  const parts = [
    created.length > 0 ? `${created.length} new` : "",
    linked.length > 0 ? `${linked.length} linked to existing End Users` : "",
    conflicts.length > 0 ? `${conflicts.length} ${conflicts.length === 1 ? "conflict" : "conflicts"}` : "",
  ].filter((part) => part !== "");
  return `${matching} of ${users} Microsoft users match${parts.length > 0 ? `: ${parts.join(", ")}` : ""}`;
}
