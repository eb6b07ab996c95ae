import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { MicrosoftTenantsPage, OrganizationsPage } from "../pages/customers.ts";

test.use({ standIn: { tenants: "contoso=12" } });

test("a mapping is suggested with the reason, and a tenant in quarantine is left by Retry Now", async ({ page, signIn, visit, server, microsoft }) => {
  await signIn();
  const { defaultDomain } = await microsoft.directory("contoso");
  const integrations = new MicrosoftTenantsPage(page);
  await new OrganizationsPage(page).open();
  await new OrganizationsPage(page).add("Contoso Dental");
  await integrations.open();
  await integrations.connect("contoso.example", "Contoso");

  await test.step("Start Tenant Mapping suggests by similar name, then by equal domain, and says why", async () => {
    await integrations.choose("Contoso", "Map Tenant");
    const dialog = page.getByRole("dialog", { name: "Start Tenant Mapping" });
    await expect(dialog.getByText("Suggested: Contoso Dental has a similar name.")).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await server.database.query("update organization set email = $1", [`office@${defaultDomain}`]);
    await integrations.choose("Contoso", "Map Tenant");
    await expect(dialog.getByText(`Suggested: Contoso Dental has people with addresses at ${defaultDomain}.`)).toBeVisible();
    await expect(dialog.getByRole("combobox", { name: "Tenant" })).toHaveValue("Contoso Dental");
    await dialog.getByRole("button", { name: "Start Tenant Mapping" }).click();
    await expect(dialog).toBeHidden();
    await expectStays(page, async () => expect(await rowOf(integrations.table, { Tenant: "Contoso Dental", Status: "Connected", "Last Sync": /ago|now/ })).toBeVisible());
  });

  await test.step("reason, remedy and Retry Now on both pages", async () => {
    await server.database.query("update microsoft_tenant set failed_runs = 5, status = 'quarantine', status_reason = 'Microsoft did not answer. Try again later.'");
    await integrations.open();
    await expectRowVisible(integrations.table, { "Microsoft Tenant": /^\s*Contoso/, Status: /^\s*Quarantine.*Microsoft did not answer.*5 runs in a row failed, so it is tried once a day\..*Retry Now/s });
    await expectNoAxeViolations(page);
    await page.getByRole("link", { name: "Contoso Dental", exact: true }).click();
    const panel = page.getByRole("complementary", { name: "Tenant" });
    await expect(panel.getByText("Microsoft did not answer. Try again later.")).toBeVisible();
    await expect(panel.getByText("5 runs in a row failed, so it is tried once a day until one succeeds.")).toBeVisible();
    await expectNoAxeViolations(page);
    await panel.getByRole("button", { name: "Retry Now" }).click();
    await expectStays(page, async () => {
      await expect(panel.getByRole("button", { name: "Sync Now" })).toBeVisible();
      await expect(panel.getByText("Quarantine")).toHaveCount(0);
    });
    await visit("/microsoft-tenants");
    await expectRowVisible(integrations.table, { "Microsoft Tenant": /^\s*Contoso/, Status: "Connected" });
  });
});
