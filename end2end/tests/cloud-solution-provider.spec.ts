import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { asStranger, ConsentPage } from "../pages/consent.ts";
import { MicrosoftTenantsPage, OrganizationsPage } from "../pages/customers.ts";
import { PartnerPage } from "../pages/partner.ts";

test.use({ standIn: { tenants: "partner=4,contoso=20,fabrikam=8,northwind=8" }, expectedComplaints: /status of 4\d\d/ });

const LISTS = ["User.Read.All", "Organization.Read.All", "DelegatedAdminRelationship.Read.All", "Directory.Read.All"];

test("the customers of a partner are listed, matched, and consented to one by one and in bulk", async ({ page, signIn, microsoft, browser, visit }) => {
  for (const tenant of ["contoso", "fabrikam", "northwind"]) await microsoft.setConsent(tenant, false);
  await microsoft.grant("partner", LISTS);
  await microsoft.setPartner("partner", [
    { tenant: "contoso" },
    { tenant: "fabrikam", relationship: "terminated" },
    { tenant: "northwind", relationship: null },
  ]);
  await signIn();
  const organizations = new OrganizationsPage(page);
  await organizations.open();
  await organizations.add("Contoso Care");

  const partner = new PartnerPage(page);
  await test.step("Integrate, Cloud Solution Provider, and choose the partner", async () => {
    await new MicrosoftTenantsPage(page).open();
    await page.getByRole("button", { name: "Integrate" }).click();
    await page.getByRole("menuitem", { name: "Cloud Solution Provider" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Cloud Solution Provider" })).toBeVisible();
    await expectNoAxeViolations(page);
    await partner.choose("partner.example");
  });

  await test.step("each customer says what it lacks", async () => {
    await expectRowVisible(partner.table, { Customer: /Contoso/, Relationship: /Active/, Connection: "Not connected", Lacks: /Consent\s*Organization/, Organization: /Probably Contoso Care/ });
    await expectRowVisible(partner.table, { Customer: /Fabrikam/, Relationship: /Ended/, Lacks: /Relationship\s*Consent\s*Organization/ });
    await expectRowVisible(partner.table, { Customer: /Northwind/, Relationship: "None" });
    await expectNoAxeViolations(page);
    await partner.show("Lacks a relationship");
    await expect(partner.table.getByText("Contoso", { exact: true })).toHaveCount(0);
    await partner.show("All customers");
    await expect(partner.table.getByText("Contoso", { exact: true })).toBeVisible();
  });

  await test.step("Match and Create Organizations", async () => {
    await partner.tick("Contoso");
    await partner.press("Match Organizations");
    await expect(await partner.row("Contoso", { Connection: /Matched with Contoso Care/, Organization: /Contoso Care\s*mapped once it is connected/ })).toBeVisible();
    await page.getByRole("checkbox", { name: "Select all on this page" }).check();
    await partner.press("Create Organizations");
    await expect(await partner.row("Fabrikam", { Organization: /Fabrikam/ })).toBeVisible();
    await expect(await partner.row("Northwind", { Organization: /Northwind/ })).toBeVisible();
  });

  await test.step("Consent in Bulk connects whom it may, and each failure is its own row's", async () => {
    const [admin] = (await microsoft.directory("partner")).users.filter((user) => user.accountEnabled !== false);
    await partner.consent(admin!.userPrincipalName);
    await expect(await partner.row("Contoso", { Connection: /Connected/, Organization: "Contoso Care" })).toBeVisible();
    await expect(await partner.row("Fabrikam", { Connection: /Failed\..*Admin agent/s })).toBeVisible();
    await expectNoAxeViolations(page);
  });

  await test.step("a link for each of the others", async () => {
    await partner.open();
    await partner.tick("Fabrikam", "Northwind");
    await partner.press("Make Links");
    const links = await partner.links();
    expect([...links.keys()]).toEqual(["Fabrikam", "Northwind"]);
    await asStranger(browser, async (stranger) => {
      await stranger.goto(links.get("Fabrikam")!);
      await stranger.getByRole("link", { name: "Continue to Microsoft" }).click();
      await new ConsentPage(stranger).accept();
      await expect(stranger.getByRole("heading", { name: "Thank you" })).toBeVisible();
    });
    await partner.open();
    await expect(await partner.row("Fabrikam", { Connection: /Connected/, Organization: "Fabrikam" })).toBeVisible();
  });

  await test.step("what was connected is mapped", async () => {
    await visit("/microsoft-tenants");
    const integrations = new MicrosoftTenantsPage(page);
    await expectRowVisible(integrations.table, { "Microsoft Tenant": /Contoso/, Tenant: "Contoso Care" });
    await expectRowVisible(integrations.table, { "Microsoft Tenant": /Fabrikam/, Tenant: "Fabrikam" });
  });
});

test("hundreds of customers are searched, filtered and paged", async ({ page, signIn, microsoft }) => {
  await microsoft.grant("partner", LISTS);
  const id = (n: number) => `40000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
  const customers = Array.from({ length: 320 }, (_, n) => ({ tenant: id(n), name: `Customer ${String(n).padStart(3, "0")}`, domain: `c${n}.example` }));
  await microsoft.setPartner("partner", customers);
  await signIn();
  const partner = new PartnerPage(page);
  await partner.open();
  const choose = page.getByRole("link", { name: "Choose Partner Tenant" });
  const again = page.getByRole("button", { name: "Read Customers Again" });
  await expect(choose.or(again)).toBeVisible();
  if (await choose.isVisible()) await partner.choose("partner.example");
  else await again.click();
  await expect(page.getByText("320", { exact: true })).toBeVisible();
  await expect(partner.table.locator("tbody").getByRole("row")).toHaveCount(50);
  await page.getByRole("searchbox", { name: "Search customers" }).fill("c319.example");
  await page.keyboard.press("Enter");
  await expect(partner.table.locator("tbody").getByRole("row")).toHaveCount(1);
  await expectRowVisible(partner.table, { Customer: /Customer 319/ });
  await page.reload();
  await expectHydrated(page);
  await expectRowVisible(partner.table, { Customer: /Customer 319/ });
});
