// The way from nothing to a customer whose user sync can be set up: connect, add the Organization, map.
import { expect, type Locator, type Page } from "@playwright/test";
import { expectHydrated, rowOf } from "../fixtures/expectations.ts";

export class MicrosoftTenantsPage {
  readonly table: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.table = page.getByRole("table", { name: "Microsoft tenants" });
  }

  async open(): Promise<void> {
    await this.page.goto("/microsoft-tenants");
    await expectHydrated(this.page);
  }

  /** Opens **Integrate**, **Single Tenant**. */
  async integrate(): Promise<Locator> {
    await this.page.getByRole("button", { name: "Integrate" }).click();
    await this.page.getByRole("menuitem", { name: "Single Tenant" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Single Tenant" });
    await expect(dialog).toBeVisible();
    return dialog;
  }

  /** **Connect** of a tenant that has consented before. */
  async connect(domain: string, name: string): Promise<void> {
    const dialog = await this.integrate();
    await dialog.getByLabel("Microsoft tenant ID or domain").fill(domain);
    await dialog.getByRole("button", { name: "Connect" }).click();
    await expect(dialog).toBeHidden();
    await expect(await this.row(name)).toBeVisible();
  }

  row(name: string): Promise<Locator> {
    return rowOf(this.table, { "Microsoft Tenant": new RegExp(`^\\s*${name}`) });
  }

  /** Chooses from a row's vertical ellipsis. */
  async choose(name: string, item: string): Promise<void> {
    await this.page.getByRole("button", { name: `Actions for ${name}`, exact: true }).click();
    await this.page.getByRole("menuitem", { name: item, exact: true }).click();
  }

  async map(name: string, tenant: string): Promise<void> {
    await this.choose(name, "Map Tenant");
    const dialog = this.page.getByRole("dialog", { name: "Start Tenant Mapping" });
    await dialog.getByRole("combobox", { name: "Tenant" }).fill(tenant);
    await dialog.getByRole("option", { name: tenant }).first().click();
    await dialog.getByRole("button", { name: "Start Tenant Mapping" }).click();
    await expect(dialog).toBeHidden();
    await expect((await this.row(name)).getByRole("link", { name: tenant, exact: true })).toBeVisible();
  }

  /** Waits until what was read first is there. */
  async expectRead(name: string, users: number): Promise<void> {
    const row = await rowOf(this.table, { "Microsoft Tenant": new RegExp(`^\\s*${name}`), Users: String(users), "Last Sync": /ago|now/ });
    await expect(row).toBeVisible();
  }
}

export class OrganizationsPage {
  readonly table: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.table = page.getByRole("table", { name: "Organizations" });
  }

  async open(): Promise<void> {
    await this.page.goto("/organizations");
    await expectHydrated(this.page);
  }

  /** In a Tenant of its own, or in one that is there. */
  async add(name: string, tenant?: string): Promise<void> {
    await this.page.getByRole("link", { name: "New Organization" }).click();
    const dialog = this.page.getByRole("dialog", { name: "New Organization" });
    await dialog.getByLabel("Name").fill(name);
    if (tenant) {
      await dialog.getByRole("combobox", { name: "Tenant" }).fill(tenant);
      await dialog.getByRole("option", { name: tenant }).first().click();
    }
    await dialog.getByRole("button", { name: "Create Organization" }).click();
    await expect(dialog).toBeHidden();
  }
}

/** Connects a directory of the stand-in, adds an Organization of this name and maps its Tenant. */
export async function mappedCustomer(page: Page, name: string, domain: string, microsoftName: string): Promise<void> {
  const organizations = new OrganizationsPage(page);
  await organizations.open();
  await organizations.add(name);
  const microsoft = new MicrosoftTenantsPage(page);
  await microsoft.open();
  await microsoft.connect(domain, microsoftName);
  await microsoft.map(microsoftName, name);
  await expect(await rowOf(microsoft.table, { Tenant: name, "Last Sync": /ago|now/ })).toBeVisible();
  await page.getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
}
