import { expect, expectHydrated, test } from "../fixtures/test.ts";
import { MicrosoftTenantsPage, mappedCustomer } from "../pages/customers.ts";
import { TenantPage } from "../pages/tenant.ts";

test("an open menu stays open, and what has the focus keeps it, while the page asks again", async ({ page, signIn, microsoft }) => {
  await signIn();
  // The first read takes long enough for the page to ask several times.
  await microsoft.break({ path: "/v1.0/users", kind: "delay", delayMs: 15_000, times: 1 });
  const tenants = new MicrosoftTenantsPage(page);
  await tenants.open();
  await tenants.connect("contoso.example", "Contoso");
  const asked = () => page.waitForResponse((response) => response.url().includes("/api/microsoft_tenants"));
  await page.getByRole("button", { name: "Actions for Contoso" }).click();
  const item = page.getByRole("menuitem", { name: "Map Tenant", exact: true });
  await item.focus();
  await asked();
  await asked();
  await expect(page.getByText("Syncing…")).toBeVisible();
  await expect(item).toBeVisible();
  await expect(item).toBeFocused();
});

test("a page on which nothing is at work shows lost consent by itself, and what is being typed there stays", async ({ page, context, signIn, microsoft }) => {
  const name = "Fabrikam Farms";
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const panel = page.getByRole("complementary", { name: "Tenant" });
  await expect(panel.getByRole("button", { name: "Sync Now" })).toBeVisible();
  await panel.locator("summary", { hasText: "Edit name" }).click();
  const typed = panel.getByLabel("Tenant name");
  await typed.fill("Not saved yet");
  const entries = await page.evaluate(() => history.length);
  const loaded = await page.evaluate(() => performance.timeOrigin);

  // The run is somebody else's, elsewhere.
  await microsoft.setConsent("fabrikam", false);
  const elsewhere = await context.newPage();
  const tenant = new TenantPage(elsewhere);
  await tenant.open(name);
  await tenant.syncNow("Failed");
  await elsewhere.close();

  await expect(panel.getByText("Consent needed")).toBeVisible();
  await expect(panel.getByRole("link", { name: "Consent Again" })).toBeVisible();
  await expect(typed).toHaveValue("Not saved yet");
  await expect(typed).toBeFocused();
  expect(await page.evaluate(() => history.length), "entries of the history").toBe(entries);
  expect(await page.evaluate(() => performance.timeOrigin), "the same document").toBe(loaded);

  // Asked again while it has nothing new, an idle page draws nothing anew: the menu stays.
  await page.goto("/microsoft-tenants");
  await expectHydrated(page);
  const item = page.getByRole("menuitem", { name: "Check Permissions", exact: true });
  await page.getByRole("button", { name: "Actions for Fabrikam" }).click();
  await item.focus();
  await page.waitForResponse((response) => response.url().includes("/api/microsoft_tenants"));
  await expect(item).toBeFocused();
  await microsoft.setConsent("fabrikam", true);
});
