import { randomUUID } from "node:crypto";
import { expect, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUsersPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=0,fabrikam=24" } });

const COLUMNS = ["Name", "Email", "Phone", "Job Title", "Microsoft License", "Last Microsoft Activity", "MFA", "Status"];
const BUSINESS_PREMIUM = "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46";
const BUSINESS_BASIC = "3b555118-da6a-4418-894f-7df1e2096870";

test("the table of End Users tells licences, last activity and MFA with their three values", async ({ page, server, microsoft, signIn }) => {
  const name = "Contoso Clinic";
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  await microsoft.setPremium("contoso", true);
  const hire = (who: string, more: Record<string, unknown> = {}) =>
    microsoft.createUser("contoso", { displayName: who, mail: `${who.toLowerCase()}@contoso.example`, ...more });
  const licence = (skuId: string) => ({ skuId, disabledPlans: [] });
  const ana = await hire("Ana", {
    assignedLicenses: [licence(BUSINESS_PREMIUM), licence(BUSINESS_BASIC)],
    signInActivity: { lastSignInDateTime: daysAgo(1), lastSuccessfulSignInDateTime: daysAgo(3) },
  });
  const ben = await hire("Ben", { signInActivity: { lastSignInDateTime: daysAgo(9) }, department: "Outside" });
  const cleo = await hire("Cleo");
  await microsoft.register("contoso", ana.id, ["fido2", "microsoftAuthenticatorPush"]);
  await microsoft.register("contoso", ben.id, []);
  await microsoft.register("contoso", cleo.id, null);

  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  await server.database.query("insert into end_user (id, organization_id, name, email) select $1, id, $2, $3 from organization where name = $4", [
    randomUUID(),
    "Zoe",
    "zoe@elsewhere.example",
    name,
  ]);
  const tenant = new TenantPage(page);
  await page.reload();
  const dialog = await tenant.setUp(name);
  await dialog.send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  // Facts are read after the people: the run goes on for a moment.
  await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();

  const people = new EndUsersPage(page);
  await people.open(name);
  const expectFacts = async () => {
    const headings = await people.table.getByRole("columnheader").allInnerTexts();
    // In front of them stands the box that chooses a row.
    expect(headings.map((heading) => heading.trim()).slice(-COLUMNS.length)).toEqual(COLUMNS);
    await expectRowVisible(people.table, {
      Name: "Ana",
      "Microsoft License": /Microsoft 365 Business Basic \+1/,
      "Last Microsoft Activity": /^\s*3 days ago/,
      MFA: /^\s*Registered, Security key, Microsoft Authenticator/,
      Status: "Synced",
    });
    await expectRowVisible(people.table, { Name: "Ben", "Last Microsoft Activity": /^\s*9 days ago.*Attempted/, MFA: /^\s*Not registered/ });
    await expectRowVisible(people.table, { Name: "Cleo", "Last Microsoft Activity": /^\s*Never signed in/, MFA: /Not readable.*report does not have this person yet/ });
    await expectRowVisible(people.table, { Name: "Zoe", "Last Microsoft Activity": "", MFA: "", Status: "Not synced" });
  };
  await expectFacts();
  await page.reload();
  await expectFacts();
  await expectNoAxeViolations(page);

  await test.step("sorted by activity, filtered by MFA and licence, in the address", async () => {
    await people.table.getByRole("columnheader", { name: "Last Microsoft Activity" }).getByRole("link").click();
    await expect(page).toHaveURL(/sort=activity/);
    await expect(people.table.getByRole("row").nth(1)).toContainText("Ben");
    await page.getByLabel("MFA", { exact: true }).selectOption("Registered");
    await expect(page.getByText("1–1 of 1")).toBeVisible();
    await page.getByLabel("MFA", { exact: true }).selectOption("All");
    await page.getByLabel("Microsoft License", { exact: true }).selectOption("Microsoft 365 Business Basic");
    await expect(page.getByText("1–1 of 1")).toBeVisible();
    await page.reload();
    await expectRowVisible(people.table, { Name: "Ana" });
    await expect(people.table.getByRole("row")).toHaveCount(2);
  });

  await test.step("a permission that is taken away leaves what is known, with its age and the reason", async () => {
    await microsoft.deny("contoso", ["auditLogs"]);
    await tenant.open(name);
    await expect(page.getByRole("complementary", { name: "Tenant" }).getByText("Microsoft 365 Business Basic")).toBeVisible();
    await tenant.syncNow();
    await people.open(name);
    await expectRowVisible(people.table, { Name: "Ana", MFA: /Registered.*As of .*Permission not granted/ });
    await expect(page.getByText("add the application permission AuditLog.Read.All").first()).toBeVisible();
  });
});

test("a person whom the filters no longer match is out of scope, with the reason", async ({ page, microsoft, signIn }) => {
  const name = "Fabrikam Freight";
  await microsoft.setPremium("fabrikam", false);
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const tenant = new TenantPage(page);
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();
  const people = new EndUsersPage(page);

  await test.step("without Entra ID P1 everything else is there, and the reason is told", async () => {
    await people.open(name);
    const first = people.table.getByRole("row").nth(1);
    await expect(first).toContainText("Synced");
    await expect(first.getByText("No Entra ID P1 or P2 license")).toHaveCount(2);
    await page.reload();
    await expect(first.getByText("Not readable")).toHaveCount(2);
    await expect(page.getByText("The tenant has no Entra ID P1 or P2 license").first()).toBeVisible();
    await expectNoAxeViolations(page);
    await tenant.open(name);
    await expect(page.getByRole("complementary", { name: "Tenant" }).getByText("No Entra ID P1 or P2 license").first()).toBeVisible();
    await expectNoAxeViolations(page);
  });

  const edit = await tenant.edit(name);
  await edit.tick("Microsoft 365 License Status", ["Unlicensed"]);
  await edit.send("Save");
  await expect(page.getByRole("status").filter({ hasText: "Filters saved." })).toBeVisible();
  await people.open(name);
  await page.getByLabel("Microsoft status").selectOption("Out of scope");
  const first = people.table.getByRole("row").nth(1);
  await expect(first).toContainText("Out of scope");
  await expect(first).toContainText("The filters do not match: Microsoft 365 License Status.");
  await page.reload();
  await expect(first).toContainText("Out of scope");
});
