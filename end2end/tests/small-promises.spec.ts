// Sentences of the screens that no other test meets on its way: links that lead on, failures that are told, views that stay.
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { MicrosoftTenantsPage, OrganizationsPage, mappedCustomer } from "../pages/customers.ts";
import { EndUsersPage } from "../pages/people.ts";
import { factOf } from "../pages/sections.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=12,fabrikam=12" }, timezoneId: "Europe/Zurich" });

const NAME = "Small Promises";

test("before mapping, Set Up Microsoft User Sync leads to the Tenant, which leads to the mapping", async ({ page, signIn }) => {
  await signIn();
  const organizations = new OrganizationsPage(page);
  await organizations.open();
  await organizations.add("Unmapped Office");
  await new EndUsersPage(page).open("Unmapped Office");
  await expectStays(page, () => expect(page.getByRole("link", { name: "Set Up Microsoft User Sync" })).toBeVisible());
  await page.getByRole("link", { name: "Set Up Microsoft User Sync" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Unmapped Office" })).toBeVisible();
  const row = await new TenantPage(page).row("Unmapped Office", /Not mapped to a Microsoft tenant/);
  await row.getByRole("link", { name: "Map Tenant" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Microsoft Tenant Integrations" })).toBeVisible();
});

test("what could not be read is told where it is missed, dialogs name what they stop and keep the view, and a session comes back", async ({ page, context, server, microsoft, signIn, visit }) => {
  await signIn();
  await mappedCustomer(page, NAME, "contoso.example", "Contoso");
  const tenant = new TenantPage(page);
  await (await tenant.setUp(NAME)).send("Enable Sync");
  await tenant.expectSync(NAME, "Enabled");
  const panel = page.getByRole("complementary", { name: "Tenant" });
  await expect((await factOf(panel, "Last Tenant Sync")).getByRole("button", { name: "Sync Now" })).toBeVisible();
  await test.step("in one column the Customer Organizations stand above the panel", async () => {
    const wide = page.viewportSize() ?? { width: 1280, height: 720 };
    await page.setViewportSize({ width: 1024, height: wide.height });
    const [table, beside] = [await tenant.table.boundingBox(), await panel.boundingBox()];
    expect(table?.y).toBeLessThan(beside?.y ?? 0);
    await page.setViewportSize(wide);
  });

  await test.step("licences and devices on Tenant Details", async () => {
    await expectStays(page, async () => {
      await expect(panel.getByText(/^Licenses\s+as of /)).toBeVisible();
      // The stand-in's contoso has no Intune.
      await expect(panel.getByText(/^Managed devices\s+Not readable/)).toBeVisible();
      await expect(panel.getByText(/no Intune license/).first()).toBeVisible();
    });
    await expectNoAxeViolations(page);
    await microsoft.deny("contoso", ["subscribedSkus"]);
    await tenant.syncNow();
    await tenant.open(NAME);
    await expect(panel.getByText(/^Licenses\s+as of .*Not readable now/)).toBeVisible();
    await microsoft.deny("contoso", []);
  });

  await test.step("devices on the Assets subtab and on a person's page", async () => {
    const people = new EndUsersPage(page);
    await people.open(NAME);
    await people.table.locator("tbody").getByRole("link").first().click();
    const assets = page.getByRole("region", { name: "Associated Assets" });
    await expectStays(page, () => expect(assets.getByText(/^Managed devices\s+Not readable/)).toBeVisible());
    const details = page.getByRole("region", { name: "Microsoft User Details" });
    await expect(details.getByText(/As of /).first()).toBeVisible();
    await people.open(NAME);
    await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "Assets" }).click();
    await expectStays(page, () => expect(page.getByText(/^Managed devices\s+Not readable/)).toBeVisible());
  });

  await test.step("Disable User Sync names the Organization and the Microsoft tenant", async () => {
    await tenant.open(NAME);
    await tenant.choose(NAME, "Disable User Sync");
    const dialog = page.getByRole("dialog", { name: "Disable User Sync" });
    await expectStays(page, () => expect(dialog.getByText(/The user sync of Small Promises from .* stops\./)).toBeVisible());
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
  });

  await test.step("dialogs leave the search and sort of the table under them as they are", async () => {
    const integrations = new MicrosoftTenantsPage(page);
    const kept = "/microsoft-tenants?search=contoso&sort=-name";
    await visit(kept);
    await expectRowVisible(integrations.table, { Tenant: NAME });
    await integrations.choose("Contoso", "Unmap Tenant");
    const dialog = page.getByRole("dialog", { name: "Unmap Tenant" });
    await expectStays(page, async () => {
      await expect(dialog).toBeVisible();
      await expect(page).toHaveURL(/search=contoso&sort=-name&dialog=unmap/);
    });
    await page.keyboard.press("Escape");
    await expect(page).toHaveURL(kept);
    await expect(integrations.table.locator("tbody").getByRole("row")).toHaveCount(1);
    const people = new EndUsersPage(page);
    await people.open(NAME);
    await people.search("a");
    await page.getByRole("link", { name: "New End User" }).click();
    await expect(page.getByRole("dialog", { name: "New End User" })).toBeVisible();
    await expect(page).toHaveURL(/search=a&dialog=new/);
    await page.keyboard.press("Escape");
    await expect(page).toHaveURL(/end-users\?search=a$/);
  });

  await test.step("a session that is over leads by the sign-in to the file, and the first page is in the viewer's zone", async () => {
    await context.clearCookies();
    await visit("/export/runs.csv");
    await expect(page).toHaveURL(/\/sign-in\?next=/);
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    const begins = page.waitForEvent("download");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    expect((await begins).suggestedFilename()).toMatch(/^runs-.*\.csv$/);
    await expect(page.getByRole("heading", { level: 1, name: "Activity" })).toBeVisible();
    await expect(page.getByRole("table", { name: "Runs" }).locator("time").first()).toHaveAttribute("title", /CES?T$/);
  });
});

test.describe("a failure of Sync Now", () => {
  test.use({ expectedComplaints: /ERR_FAILED|status of/ });

  test("is told on Tenant Details", async ({ page, signIn }) => {
    await signIn();
    await mappedCustomer(page, "Told Off", "fabrikam.example", "Fabrikam");
    await page.route(/\/api\/sync_now/, (route) => route.abort());
    await page.getByRole("button", { name: "Sync Now" }).click();
    await expect(page.getByRole("alert")).toContainText("The server can't be reached.");
  });
});

test("a page number that no list has is an empty page, and not a failure", async ({ page, signIn, visit }) => {
  await signIn();
  for (const path of ["/organizations", "/microsoft-tenants", "/assets", "/activity"]) {
    await visit(`${path}?page=9223372036854775807`);
    await expect(page.getByRole("heading", { level: 1 }).first(), path).toBeAttached();
    await expect(page.getByText("This could not be loaded"), path).toHaveCount(0);
  }
});
