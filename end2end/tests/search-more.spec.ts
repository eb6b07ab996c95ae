import { pathOf } from "../fixtures/hostile.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { AssetsPage } from "../pages/assets.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUserPage } from "../pages/end-user.ts";
import { FilesPage } from "../pages/files.ts";
import { SearchPage } from "../pages/search.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "fabrikam=0" } });

test("people, devices and organizations are found by every name, address, serial number, MAC and id, after a reload too", async ({ page, microsoft, signIn, visit }) => {
  const name = "Fabrikam Finders";
  const ana = await microsoft.createUser("fabrikam", {
    displayName: "Ana Found",
    userPrincipalName: "af4711@fabrikam.example",
    mail: "ana.mail@fabrikam.example",
  });
  const device = await microsoft.createDevice("fabrikam", {
    deviceName: "FAB-LT-77",
    serialNumber: "PF-77-XY",
    userId: ana.id,
    wiFiMacAddress: "04-1A-2B-3C-4D-5E",
  });
  const search = new SearchPage(page);
  const tenant = new TenantPage(page);
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const tenantId = pathOf(page).split("/").at(-1) ?? "";
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  await visit("/import/assets");
  const files = new FilesPage(page);
  await files.send("assets.csv", `Organization,Asset,Serial Number,MAC Addresses\n${name},Reception,AS-88-ZZ,04:66:66:66:66:66\n`);
  await files.expectResult("1 created.");
  await new AssetsPage(page).openOf(name);
  const organizationId = pathOf(page).split("/").at(-2) ?? "";
  await page.getByRole("link", { name: "Reception", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Reception" })).toBeVisible();
  const assetId = pathOf(page).split("/").at(-1) ?? "";
  await new EndUserPage(page).open(name, "Ana Found");
  const endUserId = pathOf(page).split("/").at(-1) ?? "";

  const person = { Name: "Ana Found", Organization: name, Email: "ana.mail@fabrikam.example" };
  const inIntune = { Device: "FAB-LT-77", "Serial Number": "PF-77-XY", "MAC Addresses": "04:1A:2B:3C:4D:5E", "Primary User": "Ana Found" };
  const asset = { Asset: "Reception", Organization: name, "Serial Number": "AS-88-ZZ", "MAC Addresses": "04:66:66:66:66:66" };
  const found: [string, string, string, Record<string, string>][] = [
    ["a person by mail address", "ANA.MAIL@fabrikam.example", "End Users", person],
    ["a person by user principal name", "af4711@fabrikam.example", "End Users", person],
    ["a person by our id", endUserId, "End Users", person],
    ["a person by Microsoft's id", ana.id, "End Users", person],
    ["a device by name", "fab-lt-77", "Devices in Intune", inIntune],
    ["a device by serial number", "pf-77-xy", "Devices in Intune", inIntune],
    ["a device by MAC address", "041a.2b3c.4d5e", "Devices in Intune", inIntune],
    ["a device by id", device.id, "Devices in Intune", inIntune],
    ["an Asset by serial number", "AS-88-zz", "Assets", asset],
    ["an Asset by the beginning of its MAC address", "04-66-66", "Assets", asset],
    ["an Asset by id", assetId, "Assets", asset],
    ["an Organization by id", organizationId, "Organizations", { Organization: name }],
    ["a Tenant by id", tenantId, "Tenants", { Tenant: name, "Microsoft Tenant": "Fabrikam" }],
  ];
  for (const [what, words, group, row] of found) {
    await test.step(what, async () => {
      await search.search(words);
      await expectStays(page, async () => {
        await expectRowVisible(search.group(group), row);
        await expect(search.group(group).locator("tbody").getByRole("row")).toHaveCount(1);
        await expect(search.box).toHaveValue(words);
      });
    });
  }
  await expectNoAxeViolations(page);

  await test.step("a result leads to what it names", async () => {
    await search.search("AS-88-ZZ");
    await search.group("Assets").getByRole("link", { name: "Reception" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Reception" })).toBeVisible();
    await search.search("PF-77-XY");
    // The device's person is looked for in turn.
    await search.group("Devices in Intune").getByRole("link", { name: "Ana Found" }).click();
    await expectRowVisible(search.group("End Users"), person);
  });

  await test.step("customers stand above their people", async () => {
    await search.search("fabrikam");
    await expectRowVisible(search.group("End Users"), person);
    await expect(page.getByRole("main").getByRole("heading", { level: 2 }).first()).toHaveText("Organizations");
  });
});
