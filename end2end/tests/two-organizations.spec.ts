import { expectedOf, type Person } from "../fixtures/expected.ts";
import { pathOf } from "../fixtures/hostile.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer, OrganizationsPage } from "../pages/customers.ts";
import { EndUserPage } from "../pages/end-user.ts";
import { FilesPage } from "../pages/files.ts";
import { EndUsersPage, RunPage } from "../pages/people.ts";
import { SearchPage } from "../pages/search.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=16" } });

const [NORTH, SOUTH, OTHER] = ["North Office", "South Office", "Unrelated GmbH"];

test("two Organizations of one Tenant each have the same people, and a match never looks outside of its Organization", async ({ page, microsoft, signIn, visit }) => {
  const ana = await microsoft.createUser("contoso", { displayName: "Ana Twice", mail: "ana.twice@contoso.example", jobTitle: "Clerk" });
  const ben = await microsoft.createUser("contoso", { displayName: "Ben Linked", mail: "ben.linked@contoso.example" });
  const directory = await microsoft.directory("contoso");
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  const person = new EndUserPage(page);
  const search = new SearchPage(page);
  await signIn();
  await mappedCustomer(page, NORTH, "contoso.example", "Contoso");
  const details = pathOf(page);

  await test.step("a second Organization of the Tenant, and one that has nothing to do with it", async () => {
    const organizations = new OrganizationsPage(page);
    await organizations.open();
    await organizations.add(SOUTH, NORTH);
    await organizations.open();
    await organizations.add(OTHER);
    await visit("/import/end-users");
    const files = new FilesPage(page);
    await files.send("before.csv", `Organization,Name,Email,City\n${SOUTH},Typed by hand,${ben.mail},Ghent\n${OTHER},Ana Elsewhere,${ana.mail},Oslo\n`);
    await files.expectResult("2 created.");
  });

  const north = expectedOf(directory, {});
  await test.step("without a Group filter people appear when their run commits, on the page that is open", async () => {
    await visit(details);
    const dialog = await tenant.setUp(NORTH);
    // Neither of the two with an address of these is in this Organization.
    await dialog.expectLine(north);
    await microsoft.break({ tenant: "contoso", path: "/v1.0/users", kind: "delay", delayMs: 8_000, times: 1 });
    await dialog.send("Enable Sync");
    await expect(page.getByRole("status").filter({ hasText: "The sync is in progress. You may leave this page." })).toBeVisible();
    await people.open(NORTH);
    await expect(people.table.getByText("People appear here when it is done.")).toBeVisible();
    await expect(page.getByText("The sync is processing", { exact: true })).toHaveCount(0);
    await expect(people.table.getByText("Synced", { exact: true }).first()).toBeVisible();
    await people.expectPeople(north.created);
    await page.reload();
    await expectHydrated(page);
    await people.expectPeople(north.created);
  });

  await test.step("the other office links its own End User and creates the rest once more", async () => {
    const south = expectedOf(directory, {}, [ben.mail ?? ""]);
    expect(south.linked.map(({ name }) => name)).toEqual(["Ben Linked"]);
    await visit(details);
    const dialog = await tenant.setUp(SOUTH);
    await dialog.expectLine(south);
    await dialog.send("Enable Sync");
    await tenant.expectSync(SOUTH, "Enabled");
    await tenant.expectSync(NORTH, "Enabled");
    for (const [office, expected] of [[SOUTH, [...south.created, ...south.linked]], [NORTH, north.created]] satisfies [string, Person[]][]) {
      await people.open(office);
      await people.expectPeople(expected);
    }
    await person.open(SOUTH, "Ben Linked");
    // What Microsoft leaves empty is kept.
    await expectStays(page, () => expect(person.field("City")).toHaveValue("Ghent"));
    await person.open(NORTH, "Ben Linked");
    await expect(person.field("City")).toHaveValue("");
  });

  await test.step("one person, two End Users, and a third of that address who is nobody's", async () => {
    await search.search("ana.twice@contoso.example");
    await expectStays(page, async () => {
      const found = search.group("End Users");
      for (const office of [NORTH, SOUTH]) await expectRowVisible(found, { Name: "Ana Twice", Organization: office, Status: "Synced" });
      await expectRowVisible(found, { Name: "Ana Elsewhere", Organization: OTHER, Status: "Not synced" });
      await expect(found.locator("tbody").getByRole("row")).toHaveCount(3);
    });
    const links = await Promise.all([NORTH, SOUTH].map(async (office) =>
      (await rowOf(search.group("End Users"), { Name: "Ana Twice", Organization: office })).getByRole("link", { name: "Ana Twice", exact: true }).getAttribute("href")));
    expect(new Set(links).size, "pages of their own").toBe(2);
  });

  await test.step("both follow Microsoft, and the third does not", async () => {
    await microsoft.updateUser("contoso", ana.id, { jobTitle: "Head of Desk" });
    await visit(details);
    await tenant.syncNow();
    const run = new RunPage(page);
    for (const office of [NORTH, SOUTH]) {
      await expectRowVisible(run.people, { Person: /Ana Twice/, Organization: office, Outcome: "Updated", Changes: /Job Title: Clerk.*Head of Desk/s });
    }
    for (const office of [NORTH, SOUTH]) {
      await person.open(office, "Ana Twice");
      await expectStays(page, () => expect(person.field("Job Title")).toHaveValue("Head of Desk"));
    }
    await person.open(OTHER, "Ana Elsewhere");
    await expect(person.field("Job Title")).toHaveValue("");
    await expect(person.field("City")).toHaveValue("Oslo");
  });

  await test.step("kept out of one office, the person stays in the other", async () => {
    await person.open(SOUTH, "Ana Twice");
    await person.delete(true);
    await visit(details);
    await tenant.syncNow();
    await people.open(NORTH);
    await expectStays(page, () => expectRowVisible(people.table, { Name: "Ana Twice", Status: "Synced" }));
    await people.open(SOUTH);
    await expectStays(page, () => expect(people.table.getByText("Ana Twice")).toHaveCount(0));
  });
});
