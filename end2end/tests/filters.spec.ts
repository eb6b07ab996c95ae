import { expectedOf } from "../fixtures/expected.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUsersPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

// The browser tells of the refusal that a dialog out of date gets.
test.use({ standIn: { tenants: "contoso=60" }, expectedComplaints: /status of 422/ });

test("filters are set up, edited and disabled, and keep their word", async ({ page, browser, signIn, microsoft, server }) => {
  const name = "Filter Foods";
  await signIn();
  const group = await microsoft.createGroup("contoso", { displayName: "Expedition Fram" });
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const tenant = new TenantPage(page);
  const details = page.url();
  const people = new EndUsersPage(page);
  const syncNow = async () => {
    await tenant.syncNow();
    await page.goto(details);
    await expectHydrated(page);
  };

  await test.step("Set Up: closed sections tell their choice, long lists are searched", async () => {
    const dialog = await tenant.setUp(name);
    for (const section of ["User Type", "Domain", "Office Location", "Department", "Group", "Microsoft 365 License Status"]) {
      await expect(dialog.dialog.locator("summary", { hasText: new RegExp(`^${section}`) })).toHaveText(new RegExp(`^${section}\\s*All$`));
    }
    const groups = await dialog.unfold("Group");
    await groups.getByRole("searchbox", { name: "Find in Group" }).fill("fram");
    await expect(groups.getByText("1 shown")).toBeVisible();
    await expect(dialog.box(groups, "Expedition Fram")).toBeVisible();
    await expect(dialog.box(groups, "All Staff")).toBeHidden();
    await dialog.tick("Department", ["Sales"]);
    await expect(dialog.dialog.locator("summary", { hasText: /^Department/ })).toHaveText(/1 of \d+/);
    // Close leaves without change.
    await dialog.dialog.getByRole("button", { name: "Close" }).click();
    await expect(dialog.dialog).toBeHidden();
    await expect((await tenant.row(name)).getByRole("link", { name: "Set Up" })).toBeVisible();
    const again = await tenant.setUp(name);
    await expect(again.dialog.locator("summary", { hasText: /^Department/ })).toHaveText(/All$/);
    await again.send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
  });

  await test.step("All accepts a value that appears later", async () => {
    const new1 = { displayName: "Nansen Fridtjof", userPrincipalName: "nansen@contoso.example", mail: "nansen@contoso.example", officeLocation: "Framheim", department: "Expeditions" };
    await microsoft.createUser("contoso", { ...new1, accountEnabled: true, userType: "Member" });
    await syncNow();
    await people.open(name);
    await people.search("nansen");
    await expectStays(page, () => expectRowVisible(people.table, { Name: "Nansen Fridtjof", Status: "Synced" }));
    await page.goto(details);
    await expectHydrated(page);
  });

  const synced = expectedOf(await microsoft.directory("contoso"), {}).created;
  const leaver = synced.find(({ user }) => user.officeLocation && user.officeLocation !== "Framheim");
  const address = leaver?.email ?? "nobody";
  await test.step("Edit names who leaves before saving; those stay and are no longer updated", async () => {
    const dialog = await tenant.edit(name);
    await dialog.tick("Office Location", ["Framheim", "(none)"]);
    await dialog.unfoldPeople(/would no longer be updated/);
    await expect(dialog.dialog.getByText(address).first()).toBeVisible();
    await expectNoAxeViolations(page);
    // Escape leaves without change.
    await page.keyboard.press("Escape");
    await expect(dialog.dialog).toBeHidden();
    const again = await tenant.edit(name);
    await expect(again.dialog.locator("summary", { hasText: /^Office Location/ })).toHaveText(/All$/);
    await again.tick("Office Location", ["Framheim", "(none)"]);
    await again.send("Save");
    await microsoft.updateUser("contoso", leaver?.user.id ?? "", { displayName: "Changed Since" });
    await syncNow();
    await people.open(name);
    await people.search(address);
    await expectStays(page, async () => {
      await expectRowVisible(people.table, { Email: new RegExp(`^\\s*${address}`, "i"), Status: /Out of scope/ });
      await expect(people.table.getByText("Changed Since")).toHaveCount(0);
    });
    await page.goto(details);
    await expectHydrated(page);
  });

  await test.step("a group deleted in Microsoft keeps its row, is marked as gone and accepts nobody", async () => {
    const first = await tenant.edit(name);
    await first.tick("Office Location", ["Framheim"]);
    await first.box(await first.unfold("Office Location"), "All").check();
    await first.tick("Group", ["Expedition Fram"]);
    await expect(first.line).toHaveText(/^0 of \d+ Microsoft users match/);
    await first.send("Save");
    await microsoft.deleteGroup("contoso", group.id);
    await syncNow();
    const dialog = await tenant.edit(name);
    await expectStays(page, async () => {
      const groups = await dialog.unfold("Group");
      await expect(dialog.box(groups, "Expedition Fram")).toBeChecked();
      await expect(dialog.box(groups, "Expedition Fram")).toHaveAccessibleDescription(/deleted in Microsoft/);
      await expect(dialog.line).toHaveText(/^0 of \d+ Microsoft users match/);
    });
    await page.keyboard.press("Escape");
    await expect(dialog.dialog).toBeHidden();
  });

  await test.step("a dialog that is out of date is refused and keeps its choice", async () => {
    const mine = await tenant.edit(name);
    await mine.box(await mine.unfold("Group"), "All").check();
    await mine.tick("Department", ["Sales"]);
    const other = await browser.newContext({ storageState: await page.context().storageState() });
    const theirs = await other.newPage();
    await theirs.goto(details);
    await expectHydrated(theirs);
    const there = await new TenantPage(theirs).edit(name);
    await there.box(await there.unfold("Group"), "All").check();
    await there.send("Save");
    await other.close();
    await mine.dialog.getByRole("button", { name: "Save" }).click();
    await expect(mine.dialog.getByText("Somebody else changed this user sync while the dialog was open.")).toBeVisible();
    await expect(mine.dialog.locator("summary", { hasText: /^Department/ })).toHaveText(/1 of \d+/);
    await mine.send("Save");
    await page.reload();
    await expectHydrated(page);
    const after = await tenant.edit(name);
    await expect(after.dialog.locator("summary", { hasText: /^Department/ })).toHaveText(/1 of \d+/);
    await page.keyboard.press("Escape");
  });

  await test.step("Disable keeps the people, and Set Up starts from the last filters and finds the same people", async () => {
    const ids = () => server.database.query("select id from end_user order by id");
    const shown = async () => {
      await people.open(name);
      // By address: a run may be at work that brings a new name.
      const addresses = (await people.rows()).map((row) => row["Email"]).sort();
      await page.goto(details);
      await expectHydrated(page);
      return addresses;
    };
    const [before, there] = [await ids(), await shown()];
    await tenant.disable(name);
    await expectStays(page, async () => expect((await tenant.row(name)).getByRole("link", { name: "Set Up" })).toBeVisible());
    expect(await shown()).toEqual(there);
    const dialog = await tenant.setUp(name);
    await expect(dialog.dialog.locator("summary", { hasText: /^Department/ })).toHaveText(/1 of \d+/);
    await dialog.send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    expect(await ids()).toEqual(before);
    expect(await shown()).toEqual(there);
  });

  await test.step("the audit log has each with the choice in words", async () => {
    const rows = await server.database.query("select action, changes::text as changes from audit_event where action in ('set_up', 'edit_filters', 'disable') order by at");
    expect(rows.map((row) => row["action"])).toEqual(["set_up", "edit_filters", "edit_filters", "edit_filters", "edit_filters", "disable", "set_up"]);
    expect(rows[1]?.["changes"]).toMatch(/"new": "[^"]*Framheim[^"]*", "old": "All"/);
    expect(rows[1]?.["changes"]).toContain("(none)");
    expect(rows[2]?.["changes"]).toContain('"new": "Expedition Fram"');
  });
});
