import { expectedOf } from "../fixtures/expected.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectRowVisible, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { openEndUsers } from "../pages/end-user.ts";
import { EndUsersPage } from "../pages/people.ts";
import { SearchPage } from "../pages/search.ts";
import { TenantPage } from "../pages/tenant.ts";

// No clock: what is tested is that lists of this size can be used at all, in the time that every test has.
test.use({ standIn: { tenants: "contoso=12,fabrikam=0" } });

test("of 5,000 groups one far down is found, ticked and saved", async ({ page, server, microsoft, signIn }) => {
  const [name, far] = ["Contoso Groups", "Zz Far Down"];
  const { created } = expectedOf(await microsoft.directory("contoso"), {});
  const group = await microsoft.createGroup("contoso", { displayName: far, members: created.slice(0, 2).map(({ user }) => user.id) });
  const expected = expectedOf(await microsoft.directory("contoso"), { group: [group.id] });
  const tenant = new TenantPage(page);
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  // As a first read of such a tenant leaves them; to read them one by one takes the stand-in minutes.
  await server.database.query(
    `insert into directory_group (microsoft_tenant_id, id, name)
     select m.id, gen_random_uuid(), 'Team ' || lpad(n::text, 5, '0') from microsoft_tenant m, generate_series(1, 5000) n where m.display_name = 'Contoso'`,
  );

  const dialog = await tenant.setUp(name);
  const groups = await dialog.unfold("Group");
  await test.step("the filter field narrows the list", async () => {
    const field = groups.getByRole("searchbox", { name: "Find in Group" });
    await field.fill("team 0499");
    await expect(groups.getByText("10 shown")).toBeVisible();
    await expect(dialog.box(groups, "Team 04995")).toBeVisible();
    await expect(dialog.box(groups, "Team 00001")).toBeHidden();
    await field.fill("no such group");
    await expect(groups.getByText("No value matches.")).toBeVisible();
    await field.fill("far down");
    await expect(groups.getByText("1 shown")).toBeVisible();
  });

  await test.step("the one is ticked, and the line follows", async () => {
    await dialog.tick("Group", [far]);
    await expect(dialog.dialog.locator("summary", { hasText: /^Group/ })).toHaveText(/1 of 5,\d{3}$/);
    await dialog.expectLine(expected);
    await dialog.send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    await new EndUsersPage(page).open(name);
    await expectStays(page, () => new EndUsersPage(page).expectPeople(expected.created));
  });

  await test.step("it is ticked when the dialog is opened again, by its address too", async () => {
    await tenant.open(name);
    const again = await tenant.edit(name);
    await expectStays(page, async () => {
      // The run has found that the stand-in has none of the 5,000.
      await expect(again.dialog.locator("summary", { hasText: /^Group/ })).toHaveText(/1 of [\d,]+$/);
      const section = await again.unfold("Group");
      // Narrowed first: to ask each of 5,000 boxes for its role and name takes a test two minutes.
      await section.getByRole("searchbox", { name: "Find in Group" }).fill("far down");
      await expect(section.getByText("1 shown")).toBeVisible();
      await expect(again.box(section, "All")).not.toBeChecked();
      await expect(again.box(section, far)).toBeChecked();
    });
    // The first empties the field that has the focus.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await expect(again.dialog).toBeHidden();
  });
});

test("of 100,000 End Users a page is shown, sorted, narrowed and searched", async ({ page, server, microsoft, signIn }) => {
  const name = "Fabrikam Hundred Thousand";
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  await microsoft.setPremium("fabrikam", true);
  for (const [who, days] of [["Ada Active", 2], ["Bo Before", 8]] as const) {
    await microsoft.createUser("fabrikam", { displayName: who, mail: `${who.slice(0, 2).trim().toLowerCase()}@fabrikam.example`, signInActivity: { lastSuccessfulSignInDateTime: daysAgo(days) } });
  }
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  const rows = people.table.locator("tbody").getByRole("row");
  const pages = page.getByRole("navigation", { name: "Pages of End Users" });
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();
  await server.database.query(
    `insert into end_user (id, organization_id, name, email)
     select gen_random_uuid(), o.id, 'Person ' || lpad(n::text, 6, '0'), 'p' || lpad(n::text, 6, '0') || '@rows.example'
     from organization o, generate_series(1, 100000) n where o.name = $1`,
    [name],
  );
  await server.database.query("analyze end_user");

  await test.step("first and second page, and the last names first", async () => {
    await openEndUsers(page, name);
    await expectStays(page, async () => {
      await expect(pages.getByText("1–100 of more than 10,000")).toBeVisible();
      await expect(rows.first()).toContainText("Ada Active");
      await expect(rows).toHaveCount(100);
    });
    await pages.getByRole("link", { name: "Next" }).click();
    await expect(pages.getByText("101–200 of more than 10,000")).toBeVisible();
    await people.table.getByRole("columnheader", { name: "Name" }).getByRole("link").click();
    await expect(rows.first()).toContainText("Person 100000");
  });

  await test.step("by last activity, the latest first", async () => {
    const head = people.table.getByRole("columnheader", { name: "Last Microsoft Activity" });
    await head.getByRole("link").click();
    await expect(head).toHaveAttribute("aria-sort", "ascending");
    await head.getByRole("link").click();
    await expect(head).toHaveAttribute("aria-sort", "descending");
    await expectStays(page, async () => {
      await expect(rows.nth(0)).toContainText("Ada Active");
      await expect(rows.nth(1)).toContainText("Bo Before");
      await expect(rows.nth(2)).toContainText("Person 000001");
    });
  });

  await test.step("one is found on the subtab and across customers", async () => {
    await people.search("p087654@rows");
    await expectStays(page, async () => {
      await expect(page.getByText("1–1 of 1")).toBeVisible();
      await expectRowVisible(people.table, { Name: "Person 087654", Status: "Not synced" });
    });
    const search = new SearchPage(page);
    await search.search("person 087654");
    await expectStays(page, () => expectRowVisible(search.group("End Users"), { Name: "Person 087654", Organization: name }));
  });

  await test.step("and of all those the synced are two", async () => {
    await openEndUsers(page, name);
    await page.getByLabel("Microsoft status").selectOption("Synced");
    await expect(page.getByText("1–2 of 2")).toBeVisible();
    await page.reload();
    await expectHydrated(page);
    await people.expectPeople(expectedOf(await microsoft.directory("fabrikam"), {}).created);
  });
});
