import { expect, test } from "../fixtures/test.ts";
import { MicrosoftTenantsPage } from "../pages/customers.ts";

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
