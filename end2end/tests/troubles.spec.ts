import { expectedOf } from "../fixtures/expected.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectRowVisible, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUsersPage, RunPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=24,fabrikam=24,litware=40,adatum=24" } });

test("a page of Microsoft's that cannot be read fails the run with its reason, and nothing is half-written", async ({ page, microsoft, signIn }) => {
  const name = "Contoso Couriers";
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  const reason = "The answer can not be read: check that no proxy rewrites it";

  await test.step("the first sync", async () => {
    const dialog = await tenant.setUp(name);
    await microsoft.break({ tenant: "contoso", path: "/v1.0/groups", kind: "malformed" });
    await dialog.send("Enable Sync");
    await tenant.expectSync(name, new RegExp(`^Attention.*${reason}`));
    await expect(page.getByRole("complementary", { name: "Tenant" }).getByText(reason)).toBeVisible();
    await people.open(name);
    expect(await people.rows()).toEqual([]);
  });

  await test.step("its run", async () => {
    await tenant.open(name);
    await page.getByRole("link", { name: "Latest run" }).click();
    await expectStays(page, async () => {
      await expect(page.getByText("This run failed. What it had not finished was not written.")).toBeVisible();
      await expect(page.getByText(reason)).toBeVisible();
      await expect(page.getByText(/GET \/v1\.0\/groups/)).toBeVisible();
    });
    await page.getByRole("link", { name: "Activity" }).first().click();
    await expectRowVisible(page.getByRole("table", { name: "Runs" }), { Organization: /Contoso/, Result: new RegExp(`^Failed.*${reason}`) });
  });

  await test.step("the next sync after it is mended", async () => {
    await microsoft.mend();
    await tenant.open(name);
    await tenant.syncNow();
    await tenant.open(name);
    await tenant.expectSync(name, "Enabled");
    await people.open(name);
    const { created } = expectedOf(await microsoft.directory("contoso"), {});
    await expectStays(page, () => people.expectPeople(created));
  });
});

test("an error that passes is asked again, and nobody notices", async ({ page, microsoft, signIn }) => {
  const name = "Adatum Architects";
  await signIn();
  await mappedCustomer(page, name, "adatum.example", "Adatum");
  const tenant = new TenantPage(page);
  const dialog = await tenant.setUp(name);
  await microsoft.forgetRequests();
  await microsoft.break({ tenant: "adatum", path: "/v1.0/users", kind: "status", status: 500, times: 1 });
  await microsoft.break({ tenant: "adatum", path: "/v1.0/groups", kind: "status", status: 429, retryAfter: 1, times: 1 });
  await dialog.send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  const refused = (await microsoft.requests()).filter(({ status }) => status === 500 || status === 429);
  expect(refused.map(({ status }) => status)).toEqual([500, 429]);
  const people = new EndUsersPage(page);
  await people.open(name);
  const { created } = expectedOf(await microsoft.directory("adatum"), {});
  await expectStays(page, () => people.expectPeople(created));
});

test("withdrawn consent is told with its remedy, and people stay as they are", async ({ page, microsoft, signIn }) => {
  const name = "Fabrikam Farms";
  const remedy = "run admin consent";
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const tenant = new TenantPage(page);
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  const before = expectedOf(await microsoft.directory("fabrikam"), {}).created;

  await microsoft.setConsent("fabrikam", false);
  await microsoft.updateUser("fabrikam", before[0]?.user.id ?? "", { displayName: "Nobody Knows Yet" });
  await tenant.syncNow("Failed");
  await expect(page.getByText(remedy).or(page.getByText("give admin consent"))).toBeVisible();
  await expect(page.getByText(/AADSTS\d+/)).toBeVisible();
  await page.goto("/microsoft-tenants");
  await expectStays(page, () => expectRowVisible(page.getByRole("table", { name: "Microsoft tenants" }), { "Microsoft Tenant": /^Fabrikam/, Status: /^Consent needed.*AADSTS\d+/ }));
  await tenant.open(name);
  await tenant.expectSync(name, /^Attention.*AADSTS\d+/);
  const people = new EndUsersPage(page);
  await people.open(name);
  await people.expectPeople(before);

  await microsoft.setConsent("fabrikam", true);
  await tenant.open(name);
  await tenant.syncNow();
  await expectRowVisible(new RunPage(page).people, { Person: /Nobody Knows Yet/, Outcome: "Updated" });
  await tenant.open(name);
  await expectStays(page, () => tenant.expectSync(name, "Enabled"));
});

test.describe("a database that goes away for ten seconds", () => {
  test.use({ expectedComplaints: /status of 50[03]|ERR_/ });

  test("is told while it is away, and the run in between fails whole", async ({ page, context, server, microsoft, signIn }) => {
    const name = "Litware Logistics";
    await signIn();
    await mappedCustomer(page, name, "litware.example", "Litware");
    const tenant = new TenantPage(page);
    const dialog = await tenant.setUp(name);
    // The run is in the middle of reading when the database goes, however slowly the page tells of it, and has something to
    // write while it is away, more than the five seconds before its end for which a connection is waited for.
    const [someone] = expectedOf(await microsoft.directory("litware"), {}).created;
    await microsoft.updateUser("litware", someone?.user.id ?? "", { jobTitle: "Changed in between" });
    await microsoft.break({ tenant: "litware", path: "/v1.0/users", kind: "delay", delayMs: 5_000, times: 1 });
    await dialog.send("Enable Sync");
    await tenant.expectSync(name, /Syncing….*(Starting|Reading)/);

    await server.databaseProxy.cut();
    const away = new Promise((resolve) => setTimeout(resolve, 10_000));
    const other = await context.newPage();
    const answer = await other.goto("/organizations");
    expect(answer?.status()).toBe(503);
    await expect(other.getByRole("heading", { name: "The database can't be reached" })).toBeVisible();
    await expect(page.getByText("The database can't be reached.")).toBeVisible();
    await away;
    await server.databaseProxy.mend();

    // Both pages go on by themselves.
    await expect(other.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    await tenant.expectSync(name, /^Attention.*the database can't be reached/, 30_000);
    await page.getByRole("link", { name: "Latest run" }).click();
    await expectHydrated(page);
    await expect(page.getByText("This run failed. What it had not finished was not written.")).toBeVisible();
    await expect(page.getByText(/The run stopped: the database can't be reached/)).toBeVisible();
    const people = new EndUsersPage(page);
    await people.open(name);
    expect(await people.rows()).toEqual([]);
    expect(await server.database.query("select 1 from end_user_mapping m join organization o on o.id = m.organization_id where o.name = $1", [name])).toEqual([]);

    await tenant.open(name);
    await tenant.syncNow();
    await tenant.open(name);
    await tenant.expectSync(name, "Enabled");
    await people.open(name);
    const { created } = expectedOf(await microsoft.directory("litware"), {});
    await expectStays(page, () => people.expectPeople(created));
  });
});
