import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { ConsentPage } from "../pages/consent.ts";
import { MicrosoftTenantsPage, mappedCustomer } from "../pages/customers.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=6,fabrikam=6" } });

test("Check Permissions asks for each permission, and lost consent shows on the tenant, its details and Activity", async ({ page, signIn, microsoft }) => {
  const name = "Fabrikam Farms";
  await signIn();
  await microsoft.setPremium("fabrikam", true);
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const integrations = new MicrosoftTenantsPage(page);
  const tenant = new TenantPage(page);
  const dialog = page.getByRole("dialog", { name: "Check Permissions" });
  const found = dialog.getByRole("table", { name: "Permissions and licenses" });

  await test.step("what works, and since when it does", async () => {
    await integrations.open();
    await integrations.choose("Fabrikam", "Check Permissions");
    await expectRowVisible(found, { Permission: /^Users\s*User\.Read\.All/, State: "Works", "Last Success": /now|ago/, "Missing on Screen": "" });
    await expectRowVisible(found, { Permission: "Entra ID P1 or P2", State: "Works" });
    await expect(found.getByText("Refused")).toHaveCount(0);
    await expect(dialog.getByRole("link", { name: "Consent Again" })).toHaveCount(0);
    await expectNoAxeViolations(page);
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
  });

  await test.step("what is refused, with the role id, and a license that is missing", async () => {
    await microsoft.deny("fabrikam", ["groups"]);
    await microsoft.setPremium("fabrikam", false);
    await microsoft.break({ tenant: "fabrikam", path: "/v1.0/domains", kind: "delay", delayMs: 2_000, times: 1 });
    await integrations.choose("Fabrikam", "Check Permissions");
    await expect(dialog.getByRole("status").filter({ hasText: "Asking Microsoft for each permission" })).toBeVisible();
    await expectRowVisible(found, {
      Permission: /^Groups and their members\s*GroupMember\.Read\.All/,
      State: "Refused",
      "Missing on Screen": /a user sync that chooses groups is not applied/,
      "What to Do": /application permission GroupMember\.Read\.All.*App role ID 98830695-27a2-44f7-8c18-0c3ebc9698f6/s,
    });
    await expectRowVisible(found, { Permission: "Entra ID P1 or P2", State: "Needs a license", "Missing on Screen": /MFA/ });
    await expectRowVisible(found, { Permission: /^MFA registration/, State: "Not tried" });
    await expect(found.getByText("Refused", { exact: true })).toHaveCount(1);
    await expect(dialog.getByRole("link", { name: "Consent Again" })).toHaveAttribute("href", /purpose=renewal/);
    await expectNoAxeViolations(page);
    await page.keyboard.press("Escape");
    await microsoft.deny("fabrikam", []);
  });

  await test.step("lost consent, as soon as a run has met it", async () => {
    await microsoft.setConsent("fabrikam", false);
    await tenant.open(name);
    await tenant.syncNow("Failed");
    await page.goto("/activity");
    await expectRowVisible(page.getByRole("table", { name: "Runs" }), { Organization: /Fabrikam/, Result: /^\s*Failed.*admin consent/s });
    await tenant.open(name);
    const panel = page.getByRole("complementary", { name: "Tenant" });
    await expect(panel.getByText("Consent needed")).toBeVisible();
    await expect(panel.getByText(/admin consent.*\(AADSTS\d+\)/)).toBeVisible();
    await expect(panel.getByRole("link", { name: "Consent Again" })).toBeVisible();
    await expectNoAxeViolations(page);
    await panel.getByRole("link", { name: "Check Permissions" }).click();
    await expectRowVisible(found, { Permission: "Sign in to the Microsoft tenant", State: "Refused", "What to Do": /admin consent.*\(AADSTS\d+\)/s });
    await expectRowVisible(found, { Permission: /^Users/, State: "Not tried", "Last Success": /now|ago/ });
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expectStays(page, () => expectRowVisible(integrations.table, { "Microsoft Tenant": /^\s*Fabrikam/, Status: /^\s*Consent needed.*\(AADSTS\d+\).*Consent Again/s }));
  });

  await test.step("consent given again", async () => {
    const row = await rowOf(integrations.table, { "Microsoft Tenant": /^\s*Fabrikam/ });
    await row.getByRole("link", { name: "Consent Again" }).click();
    await new ConsentPage(page).accept();
    await expectStays(page, () => expectRowVisible(integrations.table, { "Microsoft Tenant": /^\s*Fabrikam/, Status: "Connected" }));
  });
});
