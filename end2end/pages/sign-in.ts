// Signing in with a provider: the buttons of our page, and the provider's own page.
import { expect, type Page } from "@playwright/test";

/** The stand-in for Microsoft asks for no password. */
export async function signInAtMicrosoft(page: Page, user: string): Promise<void> {
  await page.getByRole("link", { name: "Sign in with Microsoft" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to your account" })).toBeVisible();
  await page.getByLabel("User principal name or email address").fill(user);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** The independent provider asks for a name, of which it makes an address. */
export async function signInAtProvider(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name: "Sign in with Contoso ID" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to ID" })).toBeVisible();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}
