import { randomUUID } from "node:crypto";
import { expectedOf } from "../fixtures/expected.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUsersPage, RunPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=24,fabrikam=30,litware=30" } });

test("an End User who was there is linked, and follows the person in Microsoft", async ({ page, server, microsoft, signIn }) => {
  const name = "Contoso Clinic";
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const [known, disabled, deleted] = expectedOf(await microsoft.directory("contoso"), {}).created;
  if (!known || !disabled || !deleted) throw new Error("the stand-in has too few people");

  // No screen adds an End User yet.
  await server.database.query(
    "insert into end_user (id, organization_id, name, email) select $1, id, $2, $3 from organization where name = $4",
    [randomUUID(), "Typed by hand", `  ${known.email.toUpperCase()}`, name],
  );
  const expected = expectedOf(await microsoft.directory("contoso"), {}, [known.email]);
  expect(expected.linked.map(({ email }) => email)).toEqual([known.email]);

  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  await test.step("linked, not doubled", async () => {
    await page.reload();
    const dialog = await tenant.setUp(name);
    await dialog.expectLine(expected);
    await dialog.send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    await people.open(name);
    const rows = await people.rows();
    expect(rows).toHaveLength(expected.created.length + 1);
    expect(rows.filter((row) => row["Email"]?.toLowerCase().trim() === known.email.toLowerCase())).toHaveLength(1);
    await expectRowVisible(people.table, { Name: known.name, Status: "Synced" });
  });

  await test.step("a new name, a disabled and a deleted account show after Sync Now", async () => {
    await microsoft.updateUser("contoso", known.user.id, { displayName: "Renamed Person" });
    await microsoft.updateUser("contoso", disabled.user.id, { accountEnabled: false });
    await microsoft.deleteUser("contoso", deleted.user.id);
    await tenant.open(name);
    await tenant.syncNow();
    const run = new RunPage(page);
    await expectRowVisible(run.people, { Person: /Renamed Person/, Outcome: "Updated", Changes: /Name: .*Renamed Person/ });
    await expectRowVisible(run.people, { Person: new RegExp(disabled.email), Outcome: "Disabled", Reason: "The account is disabled in Microsoft." });
    await expectRowVisible(run.people, { Person: new RegExp(deleted.email), Outcome: "Disabled", Reason: "The account was deleted in Microsoft." });

    await people.open(name);
    await expectStays(page, async () => {
      await expectRowVisible(people.table, { Email: new RegExp(known.email, "i"), Name: "Renamed Person", Status: "Synced" });
      await expectRowVisible(people.table, { Email: disabled.email, Status: /^\s*Disabled in Microsoft\s*Disabled \d/ });
      await expectRowVisible(people.table, { Email: deleted.email, Status: /^\s*Disabled in Microsoft\s*Deleted \d/ });
    });
    await page.getByLabel("Microsoft status").selectOption("Disabled in Microsoft");
    await expectStays(page, () => expect(page.getByText("1–2 of 2")).toBeVisible());
  });

  await test.step("enabled again, the badge goes", async () => {
    await microsoft.updateUser("contoso", disabled.user.id, { accountEnabled: true });
    await tenant.open(name);
    await tenant.syncNow();
    await people.open(name);
    await expectStays(page, () => expectRowVisible(people.table, { Email: disabled.email, Status: "Synced" }));
  });
});

test("filters are edited, naming who joins and who leaves, and cannot be left empty", async ({ page, microsoft, signIn }) => {
  const name = "Fabrikam Freight";
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const directory = await microsoft.directory("fabrikam");
  const before = expectedOf(directory, { licenseStatus: ["licensed"] });
  const after = expectedOf(directory, { licenseStatus: ["unlicensed"] });
  expect(before.created.length).toBeGreaterThan(0);
  expect(after.created.length).toBeGreaterThan(0);

  const tenant = new TenantPage(page);
  const setUp = await tenant.setUp(name);
  await setUp.tick("Microsoft 365 License Status", ["Licensed"]);
  await setUp.expectLine(before);
  await setUp.send("Enable Sync");
  await tenant.expectSync(name, "Enabled");

  const edit = await tenant.edit(name);
  await test.step("a section with nothing ticked says so and keeps the form from being saved", async () => {
    await edit.tick("Microsoft 365 License Status", []);
    const section = edit.section("Microsoft 365 License Status");
    await expect(section.getByText("Tick at least one value, or All.")).toBeVisible();
    await expect(edit.dialog.getByRole("button", { name: "Save" })).toBeDisabled();
  });

  await test.step("the line names who joins and who is no longer updated", async () => {
    await edit.tick("Microsoft 365 License Status", ["Unlicensed"]);
    await edit.unfoldPeople(`${after.created.length} would join`);
    for (const { name: joins } of after.created) await expect(edit.dialog.getByText(joins, { exact: true }).first()).toBeVisible();
    await edit.unfoldPeople(`${before.created.length} would no longer be updated`);
    for (const { name: leaves } of before.created) await expect(edit.dialog.getByText(leaves, { exact: true }).first()).toBeVisible();
    await edit.send("Save");
    await expect(page.getByRole("status").filter({ hasText: "Filters saved." })).toBeVisible();
  });

  await test.step("those who joined are there, those who left too", async () => {
    const people = new EndUsersPage(page);
    await people.open(name);
    await expect(await rowOf(people.table, { Email: after.created[0]?.email ?? "" })).toBeVisible();
    await expectStays(page, () => people.expectPeople([...before.created, ...after.created]));
  });
});

test("a disabled sync keeps people and filters, and can be set up again", async ({ page, microsoft, signIn }) => {
  const name = "Litware Labs";
  await signIn();
  await mappedCustomer(page, name, "litware.example", "Litware");
  const expected = expectedOf(await microsoft.directory("litware"), { userType: ["member"] });

  const tenant = new TenantPage(page);
  const setUp = await tenant.setUp(name);
  await setUp.tick("User Type", ["Member"]);
  await setUp.send("Enable Sync");
  await tenant.expectSync(name, "Enabled");

  await tenant.disable(name);
  await expect(page.getByRole("status").filter({ hasText: "User sync disabled. Existing End Users remain." })).toBeVisible();
  await tenant.expectSync(name, "Set Up");
  const people = new EndUsersPage(page);
  await people.open(name);
  await people.expectPeople(expected.created);

  await tenant.open(name);
  const again = await tenant.setUp(name);
  const section = await again.unfold("User Type");
  await expect(again.box(section, "All")).not.toBeChecked();
  await expect(again.box(section, "Member")).toBeChecked();
  await expect(again.box(section, "Guest")).not.toBeChecked();
  await expect(again.line).toHaveText(`${expected.matching} of ${expected.users} Microsoft users match: ${matched(expected)}`);
  await again.send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  await people.open(name);
  await expectStays(page, () => people.expectPeople(expected.created));
});

/** Whom the first sync brought, and who cannot be told apart as before. */
function matched({ created, conflicts }: { created: unknown[]; conflicts: unknown[] }): string {
  const conflict = conflicts.length === 0 ? "" : `, ${conflicts.length} ${conflicts.length === 1 ? "conflict" : "conflicts"}`;
  return `${created.length} unchanged${conflict}`;
}
