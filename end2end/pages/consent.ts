// What people see at the stand-in for Microsoft, and the links that lead there.
import { type Browser, expect, type Locator, type Page } from "@playwright/test";

/** Microsoft's page for consent. */
export class ConsentPage {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async expectShown(): Promise<void> {
    await expect(this.page.getByRole("heading", { level: 1, name: "Permissions requested" })).toBeVisible();
  }

  /** Accepts, in the name of this organization where the page offers several. */
  async accept(organization?: string): Promise<void> {
    await this.expectShown();
    if (organization) await this.page.getByLabel("Organization").selectOption({ label: organization });
    await this.page.getByRole("button", { name: "Accept" }).click();
  }

  async press(button: "Cancel" | "Sign in without being an administrator" | "Sign in from another cloud"): Promise<void> {
    await this.expectShown();
    await this.page.getByRole("button", { name: button }).click();
  }
}

/** A browser of somebody who has never been here: the administrator of a customer. */
export async function asStranger(browser: Browser, use: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext();
  try {
    await use(await context.newPage());
  } finally {
    await context.close();
  }
}

/** Makes a link in the dialog **Single Tenant**. */
export async function makeLink(dialog: Locator, domain: string): Promise<string> {
  await dialog.getByLabel("Microsoft tenant ID or domain").fill(domain);
  await dialog.getByRole("button", { name: "Make a Link" }).click();
  const field = dialog.getByLabel(domain === "" ? "A link for any Microsoft tenant" : `A link for ${domain}`);
  await expect(field).toHaveValue(/\/connect\/link\//);
  return field.inputValue();
}
