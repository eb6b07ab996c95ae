import { expectedOf, type Filters } from "../fixtures/expected.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, rowOf, test } from "../fixtures/test.ts";
import { MicrosoftTenantsPage, OrganizationsPage } from "../pages/customers.ts";
import { EndUsersPage, RunPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=60" } });

test("a customer is connected, mapped and set up, and exactly the right people appear", async ({ page, server, microsoft, visit }) => {
  const name = "Contoso Dental";
  const directory = await microsoft.directory("contoso");
  const groupId = directory.groups.find((group) => group["displayName"] === "All Staff")?.id ?? "";

  await test.step("sign in through the form", async () => {
    await visit("/");
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
    await expectHydrated(page);
  });

  await test.step("New Organization", () => new OrganizationsPage(page).add(name));

  const integrations = new MicrosoftTenantsPage(page);
  await test.step("Integrate, Single Tenant, Map Tenant", async () => {
    await page.getByRole("link", { name: "Microsoft Tenant Integrations" }).click();
    await integrations.connect("contoso.example", "Contoso");
    await integrations.map("Contoso", name);
    const members = directory.users.filter((user) => user.userType?.toLowerCase() !== "guest").length;
    await integrations.expectRead("Contoso", members);
    await page.getByRole("link", { name, exact: true }).click();
  });

  const tenant = new TenantPage(page);
  const filters: Filters = {};
  const dialog = await test.step("Set Up says what each choice does", async () => {
    const dialog = await tenant.setUp(name);
    await dialog.expectLine(expectedOf(directory, filters));
    filters.department = ["Sales", "Finance", "Support", "Operations", null];
    await dialog.tick("Department", ["Sales", "Finance", "Support", "Operations", "(none)"]);
    await dialog.expectLine(expectedOf(directory, filters));
    filters.officeLocation = ["München", "東京", "London HQ", "São Paulo"];
    await dialog.tick("Office Location", ["München", "東京", "London HQ", "São Paulo"]);
    await dialog.expectLine(expectedOf(directory, filters));
    filters.group = [groupId];
    await dialog.tick("Group", ["All Staff"]);
    await dialog.expectLine(expectedOf(directory, filters));
    return dialog;
  });
  const expected = expectedOf(directory, filters);
  expect(expected.created.length, "the choice is a real one").toBeGreaterThan(3);
  expect(expected.matching).toBeLessThan(directory.users.length / 2);

  await test.step("Enable Sync, Syncing…, Enabled", async () => {
    await microsoft.break({ path: "/v1.0/users", kind: "delay", delayMs: 3_000 });
    await dialog.send("Enable Sync");
    await expect(page.getByRole("status").filter({ hasText: "People appear all at once when the first sync is done." })).toBeVisible();
    await tenant.expectSync(name, /Syncing…/);
    await microsoft.mend();
    await tenant.expectSync(name, "Enabled");
  });

  await test.step("End Users shows exactly those people", async () => {
    await page.getByRole("link", { name, exact: true }).click();
    const people = new EndUsersPage(page);
    await expect(await rowOf(people.table, { Email: expected.created[0]?.email ?? "" })).toBeVisible();
    await expectStays(page, () => people.expectPeople(expected.created));
    await page.getByRole("link", { name: "Manage" }).click();
  });

  await test.step("running again writes nothing", async () => {
    await tenant.syncNow();
    await expectStays(page, () => new RunPage(page).expectNothingWritten());
  });
});
