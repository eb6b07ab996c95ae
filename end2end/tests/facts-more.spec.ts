import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUserPage, openEndUsers } from "../pages/end-user.ts";
import { FilesPage } from "../pages/files.ts";
import { factOf } from "../pages/sections.ts";
import { TenantPage } from "../pages/tenant.ts";

const BUSINESS_PREMIUM = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46";
/** Not in the short table of common products. */
const ONLY_PUBLISHED = "4cde982a-ede4-4409-9ae6-b003453c8ea6";
const IN_NO_LIST = "0a4983bb-d3e5-4a09-95d8-b2d0127b3df5";
const LIST = `Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,Service_Plans_Included_Friendly_Names\r
Published Meeting Rooms,ROOMS,${ONLY_PUBLISHED},PLAN,x,y\r
Another Spelling of Premium,SPB,${BUSINESS_PREMIUM},PLAN,x,y\r
`;

/** How often the list was fetched. */
let fetched = 0;

test.use({
  // Microsoft's published list of product names, on this machine.
  standIn: async ({}, use) => {
    const lists = createServer((_, answer) => {
      fetched += 1;
      answer.setHeader("content-type", "text/csv").end(LIST);
    });
    await new Promise<void>((resolve) => lists.listen(0, "127.0.0.1", resolve));
    const { port } = lists.address() as AddressInfo;
    await use({ tenants: "contoso=0", settings: { ENTRAIN_PRODUCT_NAMES_URL: `http://127.0.0.1:${port}/names.csv` } });
    lists.close();
  },
});

const FIELDS = {
  Name: "Mara Whole",
  Email: "mara@contoso.example",
  Phone: "+41 44 555 01 00",
  Mobile: "+41 79 555 01 00",
  "Street Address": "1 Harbour Street",
  City: "Bern",
  State: "BE",
  "Postal Code": "3011",
  "Job Title": "Surveyor",
};

test("every field, the Microsoft User Details and the published product names are there", async ({ page, server, microsoft, signIn }) => {
  const name = "Contoso Facts";
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  await microsoft.setPremium("contoso", true);
  const mara = await microsoft.createUser("contoso", {
    userPrincipalName: "mara.upn@contoso.example",
    displayName: FIELDS.Name,
    mail: FIELDS.Email,
    businessPhones: [FIELDS.Phone],
    mobilePhone: FIELDS.Mobile,
    streetAddress: FIELDS["Street Address"],
    city: FIELDS.City,
    state: FIELDS.State,
    postalCode: FIELDS["Postal Code"],
    jobTitle: FIELDS["Job Title"],
    department: "Field Work",
    officeLocation: "Annex",
    assignedLicenses: [BUSINESS_PREMIUM, ONLY_PUBLISHED, IN_NO_LIST].map((skuId) => ({ skuId, disabledPlans: [] })),
    signInActivity: { lastSignInDateTime: daysAgo(1), lastSuccessfulSignInDateTime: daysAgo(3) },
  });
  await microsoft.createUser("contoso", { displayName: "Gus Guest", mail: "gus@partner.example", userType: "Guest" });
  await microsoft.register("contoso", mara.id, ["fido2", "microsoftAuthenticatorPush"]);
  const person = new EndUserPage(page);
  const tenant = new TenantPage(page);
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  // Facts are read after the people: the run goes on for a moment.
  await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();

  await test.step("the nine fields, locked", async () => {
    await person.open(name, FIELDS.Name);
    await expectStays(page, async () => {
      for (const [label, value] of Object.entries(FIELDS)) {
        await expect(person.field(label), label).toHaveValue(value);
        await expect(person.field(label), label).not.toBeEditable();
      }
    });
  });

  const details = page.getByRole("complementary", { name: "End User" }).getByRole("region", { name: "Microsoft User Details" });
  await test.step("Microsoft User Details, with the way to Microsoft's portal", async () => {
    const { id } = await microsoft.directory("contoso");
    await expectStays(page, async () => {
      await expect(await factOf(details, "User Principal Name")).toHaveText("mara.upn@contoso.example");
      await expect(await factOf(details, "User Type")).toHaveText("Member");
      const licences = (await factOf(details, "Microsoft License")).getByRole("listitem");
      await expect(licences.filter({ hasText: /^Microsoft 365 Business Premium$/ })).toBeVisible();
      await expect(licences).toHaveCount(3);
      await expect(await factOf(details, "MFA")).toContainText(/Registered.*Security key, Microsoft Authenticator.*As of/s);
      await expect(await factOf(details, "Last Microsoft Activity")).toContainText(/3 days ago.*As of .*\d{4}/s);
      await expect(await factOf(details, "Mapped Since")).toContainText(/ago|now/);
      await expect(await factOf(details, "Last Synced")).toContainText(/ago|now/);
      const portal = details.getByRole("link", { name: /Open in Microsoft Entra/ });
      await expect(portal).toHaveAttribute("href", new RegExp(`^https://entra\\.microsoft\\.com/${id}/.*${mara.id}$`));
    });
    await expectNoAxeViolations(page);
    await person.open(name, "Gus Guest");
    await expect(await factOf(details, "User Type")).toHaveText("Guest");
    await expect(await factOf(details, "Microsoft License")).toHaveText(/^None/);
  });

  await test.step("names that are not ours come from the published list, fetched once and kept", async () => {
    await person.open(name, FIELDS.Name);
    await expectStays(page, async () => {
      const licences = (await factOf(details, "Microsoft License")).getByRole("listitem");
      await expect(licences.filter({ hasText: /^Published Meeting Rooms$/ })).toBeVisible();
      // What is in no list is told by its id.
      await expect(licences.filter({ hasText: IN_NO_LIST })).toBeVisible();
    });
    await openEndUsers(page, name);
    const table = page.getByRole("table", { name: "End Users" });
    await expectStays(page, () => expectRowVisible(table, { Name: FIELDS.Name, "Microsoft License": /Published Meeting Rooms/ }));
    expect(fetched).toBe(1);
    expect(await server.database.query("select 1 from product_name_list where fetched_at is not null")).toHaveLength(1);
  });

  await test.step("department and office location are in the export and in the explanation", async () => {
    await openEndUsers(page, name);
    const file = await new FilesPage(page).download("Export");
    expect(file).toContain("mara.upn@contoso.example,Field Work,Annex,");
    expect(file).toContain(`${name},Mara Whole,mara@contoso.example,'+41 44 555 01 00,'+41 79 555 01 00,1 Harbour Street,Bern,BE,3011,Surveyor,`);
    await person.open(name, FIELDS.Name);
    await page.getByRole("complementary", { name: "End User" }).getByRole("link", { name: "Why?" }).click();
    const filters = page.getByRole("table", { name: "Filters" });
    await expectStays(page, async () => {
      await expectRowVisible(filters, { Section: "Department", "This Person": "Field Work" });
      await expectRowVisible(filters, { Section: "Office Location", "This Person": "Annex" });
    });
  });

  await test.step("Tenant Details tells the licences with used and total, by the same names", async () => {
    await tenant.open(name);
    const panel = page.getByRole("complementary", { name: "Tenant" });
    await expectStays(page, async () => {
      const basic = panel.getByRole("listitem").filter({ hasText: "Microsoft 365 Business Basic" });
      await expect(basic).toContainText(/\d of \d/);
    });
  });

  await test.step("a change of licences is one line of the person's history", async () => {
    await microsoft.updateUser("contoso", mara.id, { assignedLicenses: [{ skuId: BUSINESS_PREMIUM, disabledPlans: [] }] });
    await tenant.syncNow();
    await person.open(name, FIELDS.Name);
    await expectStays(page, () => expectRowVisible(person.history, { Changes: /Published Meeting Rooms/ }));
  });
});
