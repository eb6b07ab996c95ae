// Accounts of the settings, and signing in with one of them.
import type { Locator, Page } from "@playwright/test";
import { expect, expectHydrated } from "../fixtures/test.ts";

export interface Person {
  email: string;
  name: string;
  role: "Viewer" | "Technician" | "Administrator";
  organizations: string[];
}

export class AccountsPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get table(): Locator {
    return this.page.getByRole("table", { name: "Accounts" });
  }

  row(name: string): Locator {
    return this.table.getByRole("row").filter({ hasText: name });
  }

  async open(): Promise<void> {
    await this.page.goto("/settings");
    await expectHydrated(this.page);
    await expect(this.table).toBeVisible();
  }

  /** Adds somebody; the first password, as it is shown once. */
  async add(person: Person): Promise<string> {
    await this.page.getByRole("link", { name: "Add Account" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Add Account" });
    await dialog.getByLabel("Email").fill(person.email);
    await dialog.getByLabel("Name").fill(person.name);
    await dialog.getByLabel("Role").selectOption(person.role);
    for (const name of person.organizations) await dialog.getByLabel(name, { exact: true }).check();
    await dialog.getByRole("button", { name: "Add Account" }).click();
    const told = this.page.locator("[data-first-password]");
    await expect(told).toBeVisible();
    await expect(dialog).toBeHidden();
    return (await told.textContent()) ?? "";
  }
}

/** Makes this browser somebody else's. */
export async function signInAs(page: Page, email: string, password: string): Promise<void> {
  await page.context().clearCookies();
  await page.goto("/sign-in");
  await expectHydrated(page);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
  await expectHydrated(page);
}
