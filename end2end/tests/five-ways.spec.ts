import type { Locator, Page } from "@playwright/test";
import { tabTo } from "../fixtures/keyboard.ts";
import { expect, expectHydrated, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=25" } });

/** Goes there as people without a mouse do. */
async function follow(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Enter");
}

test("the Tenant Details page is reached five ways, and its sync is set up, edited and disabled, by keyboard", async ({ page, signIn, visit }) => {
  const name = "Keyboard Care";
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const details = new URL(page.url()).pathname;
  const tenant = new TenantPage(page);
  const expectThere = async () => {
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    expect(new URL(page.url()).pathname).toBe(details);
    await page.reload();
    await expectHydrated(page);
    await expect(tenant.table).toBeVisible();
    expect(new URL(page.url()).pathname).toBe(details);
  };

  await test.step("1. Microsoft Tenant Integrations, the name in the column Tenant", async () => {
    await visit("/microsoft-tenants");
    const row = await rowOf(page.getByRole("table", { name: "Microsoft tenants" }), { Tenant: name });
    await follow(page, row.getByRole("link", { name, exact: true }));
    await expectThere();
  });

  await test.step("2. Organizations, the name in the column Tenant", async () => {
    await visit("/organizations");
    const row = await rowOf(page.getByRole("table", { name: "Organizations" }), { Organization: name });
    await follow(page, row.getByRole("link", { name, exact: true }).nth(1));
    await expectThere();
  });

  let organization = "";
  await test.step("3. an Organization's details, section INFORMATION", async () => {
    await visit("/organizations");
    await page.getByRole("table", { name: "Organizations" }).getByRole("link", { name, exact: true }).first().click();
    const information = page.getByRole("region", { name: "INFORMATION" });
    await expect(information).toBeVisible();
    organization = new URL(page.url()).pathname;
    await follow(page, information.getByRole("link", { name, exact: true }));
    await expectThere();
  });

  const setUp = page.getByRole("dialog", { name: "Set Up Microsoft Entra ID User Sync" });
  await test.step("4. End Users, Set Up Microsoft User Sync", async () => {
    await visit(`${organization}/end-users`);
    await follow(page, page.getByRole("link", { name: "Set Up Microsoft User Sync" }));
    await expect(setUp).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(setUp).toBeHidden();
    await expectThere();
  });

  await test.step("Enable Sync", async () => {
    await follow(page, page.getByRole("link", { name: "Set Up" }));
    await expect(setUp).toBeVisible();
    // Open a section, clear All, tick one value.
    await tabTo(page, setUp.locator("summary", { hasText: /^User Type/ }));
    await page.keyboard.press("Enter");
    const section = setUp.getByRole("group", { name: "User Type", exact: true });
    await tabTo(page, section.getByRole("checkbox", { name: "All", exact: true }));
    await page.keyboard.press("Space");
    await expect(section.getByText("Tick at least one value, or All.")).toBeVisible();
    await expect(setUp.getByRole("button", { name: "Enable Sync" })).toBeDisabled();
    await tabTo(page, section.getByRole("checkbox", { name: "Member", exact: true }));
    await page.keyboard.press("Space");
    await tabTo(page, setUp.getByRole("button", { name: "Enable Sync" }));
    await page.keyboard.press("Enter");
    await expect(setUp).toBeHidden();
    await expect(page.getByRole("status").filter({ hasText: "The sync is in progress" })).toBeVisible();
    await tenant.expectSync(name, "Enabled");
  });

  await test.step("5. End Users, Manage beside the quick search", async () => {
    await visit(`${organization}/end-users`);
    await follow(page, page.getByRole("link", { name: "Manage" }));
    await expectThere();
  });

  await test.step("Edit User Sync Filters", async () => {
    await follow(page, page.getByRole("button", { name: `Actions for ${name}` }));
    await expect(page.getByRole("menuitem")).toHaveText(["Edit User Sync Filters", "Disable User Sync"]);
    await expect(page.getByRole("menuitem", { name: "Edit User Sync Filters" })).toBeFocused();
    await page.keyboard.press("Enter");
    const edit = page.getByRole("dialog", { name: "Edit User Sync Filters" });
    await expect(edit).toBeVisible();
    await expect(edit.locator("summary", { hasText: /^User Type/ })).toHaveText(/1 of \d/);
    await tabTo(page, edit.locator("summary", { hasText: /^Microsoft 365 License Status/ }));
    await page.keyboard.press("Enter");
    await tabTo(page, edit.getByRole("checkbox", { name: "Unlicensed", exact: true }));
    await page.keyboard.press("Space");
    await tabTo(page, edit.getByRole("button", { name: "Save" }));
    await page.keyboard.press("Enter");
    await expect(edit).toBeHidden();
    await expect(page.getByRole("status").filter({ hasText: "Filters saved." })).toBeVisible();
  });

  await test.step("Disable User Sync", async () => {
    await follow(page, page.getByRole("button", { name: `Actions for ${name}` }));
    await expect(page.getByRole("menuitem", { name: "Edit User Sync Filters" })).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("menuitem", { name: "Disable User Sync" })).toBeFocused();
    await page.keyboard.press("Enter");
    const disable = page.getByRole("dialog", { name: "Disable User Sync" });
    await tabTo(page, disable.getByRole("button", { name: "Disable User Sync" }));
    await page.keyboard.press("Enter");
    await expect(disable).toBeHidden();
    await expect(page.getByRole("link", { name: "Set Up" })).toBeVisible();
    await page.reload();
    await expect(page.getByRole("link", { name: "Set Up" })).toBeVisible();
  });
});
