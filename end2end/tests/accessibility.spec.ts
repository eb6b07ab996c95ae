import type { Page } from "@playwright/test";
import { expectedOf } from "../fixtures/expected.ts";
import { tabTo } from "../fixtures/keyboard.ts";
import { expect, expectContrastInBoth, expectHydrated, expectNoAxeViolations, expectNoLayoutShift, test, watchLayoutShifts } from "../fixtures/test.ts";
import { AssetsPage } from "../pages/assets.ts";
import { MicrosoftTenantsPage, mappedCustomer } from "../pages/customers.ts";
import { EndUserPage } from "../pages/end-user.ts";
import { FilesPage } from "../pages/files.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=20,fabrikam=8,litware=12" }, expectedComplaints: /status of 404/ });

const LOOKS = [
  { colorScheme: "light", width: 1440, height: 900 },
  { colorScheme: "dark", width: 768, height: 1024 },
  { colorScheme: "light", width: 320, height: 640 },
] as const;

// Each look for itself: the longest file would otherwise keep one of the two workers busy to the end.
test.describe.configure({ mode: "parallel" });

/** Made once in each worker, by its first test. */
const places = new Map<string, string>();

test.beforeEach(async ({ page, signIn, microsoft, server, visit }) => {
  await signIn();
  if (places.size > 0) return;
  // A healthy customer, one in trouble and one that waits to be set up, in quarantine.
  const tenant = new TenantPage(page);
  await mappedCustomer(page, "Contoso Care", "contoso.example", "Contoso");
  await (await tenant.setUp("Contoso Care")).send("Enable Sync");
  await tenant.expectSync("Contoso Care", "Enabled");
  const contoso = new URL(page.url()).pathname;
  await page.getByRole("link", { name: "Contoso Care", exact: true }).click();
  await expect(page.getByRole("table", { name: "End Users" })).toBeVisible();
  const people = new URL(page.url()).pathname;
  const rows = page.getByRole("table", { name: "End Users" }).locator("tbody").getByRole("link");
  const person = await rows.first().getAttribute("href");
  await visit((await rows.last().getAttribute("href")) ?? "");
  await new EndUserPage(page).delete(true);
  await visit(person ?? "");
  const why = await page.getByRole("link", { name: "Why?" }).getAttribute("href");
  await visit(people.replace("/end-users", "/assets?dialog=new"));
  await new AssetsPage(page).create("Front Desk Laptop", "00:1A:2B:3C:4D:5E");
  const asset = new URL(page.url()).pathname;
  await mappedCustomer(page, "Fabrikam Fields", "fabrikam.example", "Fabrikam");
  await (await tenant.setUp("Fabrikam Fields")).send("Enable Sync");
  await tenant.expectSync("Fabrikam Fields", "Enabled");
  const { created } = expectedOf(await microsoft.directory("fabrikam"), {});
  for (const { user } of created.slice(0, Math.max(3, Math.ceil(created.length / 2)))) await microsoft.updateUser("fabrikam", user.id, { accountEnabled: false });
  await tenant.syncNow();
  await expect(page.getByRole("table", { name: "Held changes" })).toBeVisible();
  const held = new URL(page.url()).pathname;
  await tenant.open("Fabrikam Fields");
  await microsoft.setConsent("fabrikam", false);
  await tenant.syncNow("Failed");
  const failed = new URL(page.url()).pathname;
  await tenant.open("Fabrikam Fields");
  const fabrikam = new URL(page.url()).pathname;
  await mappedCustomer(page, "Litware Legal", "litware.example", "Litware");
  const litware = new URL(page.url()).pathname;
  await server.database.query("update microsoft_tenant set failed_runs = 5, status = 'quarantine', status_reason = 'Microsoft did not answer. Try again later.' where display_name = 'Litware'");
  await visit("/import/organizations");
  await new FilesPage(page).send("some.csv", "Name,Email\nImported Inn,inn@imported.example\n,nobody@imported.example\n");
  const imported = new URL(page.url()).pathname;
  await page.goto(contoso);
  const succeeded = await page.getByRole("link", { name: "Latest run" }).getAttribute("href");
  const organization = people.split("/")[2];
  for (const [name, path] of Object.entries({
    "Organizations": "/organizations",
    "Organizations, searched in vain": "/organizations?search=nowhere",
    "Overview": people.replace("/end-users", ""),
    "End Users": people,
    "End User": person ?? "",
    "Delete End User": `${person}?dialog=delete`,
    "New End User": `${people}?dialog=new`,
    "Kept Out of the Sync": people.replace("/end-users", "/excluded"),
    "End Users, second page": `${people}?page=2`,
    "End Users, searched in vain": `${people}?search=nowhere`,
    "Why?": why ?? "",
    "Assets": "/assets",
    "Assets of the Organization": people.replace("/end-users", "/assets"),
    "Asset": asset,
    "Delete Asset": `${asset}?dialog=delete`,
    "New Asset": "/assets?dialog=new",
    "Search": "/search?q=a",
    "Settings": "/settings",
    "Microsoft Tenant Integrations": "/microsoft-tenants",
    "Cloud Solution Provider": "/microsoft-tenants/cloud-solution-provider",
    "Consent links": "/microsoft-tenants/consent-links",
    "Tenant Details": contoso,
    "Tenant Details in trouble": fabrikam,
    "Tenant Details to set up": litware,
    "Edit User Sync Filters": `${contoso}?dialog=filters&organization=${organization}`,
    "Disable User Sync": `${contoso}?dialog=disable&organization=${organization}`,
    "Activity": "/activity",
    "Audit": "/activity/audit",
    "Import": "/import/end-users",
    "An import with a rejected row": imported,
    "Run": succeeded ?? "",
    "Undo Run": `${succeeded}?dialog=undo`,
    "Failed run": failed,
    "Run with held changes": held,
    "Not found": "/nowhere",
  })) places.set(name, path);
});

for (const { colorScheme, width, height } of LOOKS) {
  test.describe(`${colorScheme}, ${width} wide`, () => {
    test.use({ colorScheme, viewport: { width, height } });

    test("every page can be used by everybody, and stays where the server drew it", async ({ page, browser, baseURL }) => {
      await watchLayoutShifts(page);
      for (const [name, path] of places) {
        await test.step(name, async () => {
          await page.goto(path);
          await expectHydrated(page);
          await expect(page.getByRole("heading", { level: 1 })).toBeAttached();
          await expectNoLayoutShift(page);
          await expectGood(page);
          await expectContrastInBoth(page, colorScheme);
        });
      }
      await test.step("Sign in", async () => {
        const context = await browser.newContext({ baseURL, colorScheme, viewport: { width, height } });
        const stranger = await context.newPage();
        await watchLayoutShifts(stranger);
        await stranger.goto("/sign-in");
        await expectHydrated(stranger);
        await expectNoLayoutShift(stranger);
        await expectGood(stranger);
        await expectContrastInBoth(stranger, colorScheme);
        await context.close();
      });
    });

    test("every dialog and menu can be used by everybody", async ({ page, visit }) => {
      const tenant = new TenantPage(page);
      const microsoft = new MicrosoftTenantsPage(page);
      const close = async () => {
        await page.keyboard.press("Escape");
        await expect(page.getByRole("dialog")).toHaveCount(0);
      };
      await test.step("New Organization", async () => {
        await visit("/organizations?dialog=new");
        await expectGood(page);
      });
      await test.step("Integrate", async () => {
        await microsoft.open();
        await page.getByRole("button", { name: "Integrate" }).click();
        await expectGood(page);
        await page.getByRole("menuitem", { name: "Single Tenant" }).click();
        await expect(page.getByRole("dialog")).toBeVisible();
        await expectGood(page);
        await close();
      });
      await test.step("Unmap Tenant", async () => {
        await page.getByRole("button", { name: "Actions for Contoso" }).click();
        await expectGood(page);
        await page.getByRole("menuitem", { name: "Unmap Tenant" }).click();
        await expect(page.getByRole("dialog").getByText("Contoso Care").first()).toBeVisible();
        await expectGood(page);
        await close();
      });
      for (const item of ["Check Permissions", "Remove Integration"]) {
        await test.step(item, async () => {
          await microsoft.choose("Contoso", item);
          await expect(page.getByRole("dialog", { name: item }).getByText("Contoso").first()).toBeVisible();
          await expectGood(page);
          await close();
        });
      }
      for (const dialog of ["edit", "move", "delete"]) {
        await test.step(`an Organization's dialog: ${dialog}`, async () => {
          await visit(`${places.get("Overview") ?? ""}?dialog=${dialog}`);
          await expect(page.getByRole("dialog")).toBeVisible();
          await expectGood(page);
        });
      }
      await test.step("Set Up, folded and unfolded", async () => {
        await visit(places.get("Tenant Details to set up") ?? "");
        const dialog = await tenant.setUp("Litware Legal");
        await expectGood(page);
        for (const section of ["User Type", "Domain", "Office Location", "Department", "Group", "Microsoft 365 License Status"]) await dialog.unfold(section);
        await dialog.tick("Department", []);
        await dialog.unfoldPeople(/ skipped$/);
        await expectGood(page);
        await close();
      });
      await test.step("Edit and Disable", async () => {
        await visit(places.get("Tenant Details") ?? "");
        await tenant.edit("Contoso Care");
        await expectGood(page);
        await close();
        await tenant.choose("Contoso Care", "Disable User Sync");
        await expect(page.getByRole("dialog", { name: "Disable User Sync" })).toBeVisible();
        await expectGood(page);
        await close();
      });
    });
  });
}

test("a dialog keeps the focus, closes on Escape and gives it back", async ({ page, visit }) => {
  await visit(places.get("Tenant Details to set up") ?? "");
  const opener = page.getByRole("link", { name: "Set Up" });
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Set Up Microsoft Entra ID User Sync" });
  await expect(dialog.getByRole("heading", { name: "Set Up Microsoft Entra ID User Sync" })).toBeFocused();
  // Round the whole dialog and past its end; the browser's own bar is the only way out, and has no element.
  for (let press = 0; press < 30; press += 1) {
    await page.keyboard.press(press % 7 === 6 ? "Shift+Tab" : "Tab");
    expect(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null)).toBe(true);
  }
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page).toHaveURL(places.get("Tenant Details to set up") ?? "");
  await expect(opener).toBeFocused();
});

test("a customer is added and its sync opened with the keyboard alone", async ({ page, visit }) => {
  await visit("/organizations");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await tabTo(page, page.getByRole("link", { name: "New Organization" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByLabel("Name")).toBeFocused();
  await page.keyboard.type("Keyboard Kitchens");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Keyboard Kitchens" })).toBeVisible();
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await visit(places.get("Tenant Details") ?? "");
  await tabTo(page, page.getByRole("button", { name: "Actions for Contoso Care" }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Edit User Sync Filters" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem", { name: "Disable User Sync" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Actions for Contoso Care" })).toBeFocused();
});

/** axe finds nothing, and neither the page nor a table on it scrolls sideways. */
async function expectGood(page: Page): Promise<void> {
  await expectNoAxeViolations(page);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider, "wider than the window").toBeLessThanOrEqual(0);
  const tables = await page.locator(".data-region").evaluateAll((regions) => {
    const scrolls = (at: Element) => !at.closest("dialog") && getComputedStyle(at).overflowX !== "visible" && at.scrollWidth > at.clientWidth + 1;
    return regions.filter(scrolls).map((at) => `${at.getAttribute("aria-label")}: ${at.scrollWidth} in ${at.clientWidth}`);
  });
  // Soft, so that one run names every table that is too wide.
  expect.soft(tables, "tables that scroll sideways").toEqual([]);
}
