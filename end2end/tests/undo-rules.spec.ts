import { pathOf } from "../fixtures/hostile.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { AssetPage, AssetsPage } from "../pages/assets.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUserPage, expectNobodyCalled, openEndUsers } from "../pages/end-user.ts";
import { FilesPage } from "../pages/files.ts";
import { RunPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "fabrikam=0" } });

test("Undo Run leaves and lists what was touched since, and puts back values, links, marks and assignments", async ({ page, microsoft, signIn, visit }) => {
  const name = "Fabrikam Second Thoughts";
  const hire = (given: string, more = {}) =>
    microsoft.createUser("fabrikam", { displayName: `${given} Lind`, mail: `${given.toLowerCase()}@fabrikam.example`, ...more });
  const ana = await hire("Ana");
  await hire("Ben");
  const cleo = await hire("Cleo", { jobTitle: "Clerk" });
  const dora = await hire("Dora", { jobTitle: "Clerk" });
  const tenant = new TenantPage(page);
  const person = new EndUserPage(page);
  const asset = new AssetPage(page);
  const assets = new AssetsPage(page);
  const run = new RunPage(page);
  const table = page.getByRole("table", { name: "End Users" });
  const dialog = page.getByRole("dialog", { name: "Undo Run" });
  const listed = (list: string, who: string) => dialog.getByRole("list", { name: list }).locator("> li").filter({ hasText: who });
  const box = dialog.getByRole("checkbox", { name: `Disable the user sync of ${name}` });
  const undone = page.getByText(/^Undoes the run of/);
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const details = pathOf(page);

  await test.step("a run creates three people and links one who was there", async () => {
    await visit("/import/end-users");
    await new FilesPage(page).send("before.csv", `Organization,Name,Email,Phone\n${name},Typed by hand,cleo@fabrikam.example,+41 44 555 01 00\n`);
    await new FilesPage(page).expectResult("1 created.");
    await visit(details);
    await (await tenant.setUp(name)).send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();
  });
  const first = (await page.getByRole("link", { name: "Latest run" }).getAttribute("href")) ?? "";

  await test.step("since then an Asset was assigned by hand, and a later run wrote two of them", async () => {
    await assets.openOf(name);
    await assets.add("Typewriter", "");
    await asset.assign("Ben Lind");
    for (const user of [cleo, dora]) await microsoft.updateUser("fabrikam", user.id, { jobTitle: "Head of Desk" });
    await visit(details);
    await tenant.syncNow();
    await expectRowVisible(run.people, { Person: /Dora Lind/, Outcome: "Updated" });
  });

  await test.step("the plan names what goes back, and what was touched and is left", async () => {
    await visit(first);
    await page.getByRole("link", { name: "Undo Run" }).click();
    await expectStays(page, async () => {
      await expect(dialog.getByRole("status")).toHaveText(
        "What the run wrote of 2 people goes back. Of 3 people something was touched since and is left.",
      );
      await expect(listed("Goes back", "Ana Lind")).toContainText("The End User goes.");
      await expect(listed("Goes back", "Cleo Lind")).toContainText("The link to the Microsoft account goes. Values go back.");
      await expect(listed("Goes back", "Cleo Lind")).toContainText(/Name: Cleo Lind.*Typed by hand/s);
      await expect(listed("Touched since, and left", "Ben Lind")).toContainText("End User: an Asset was assigned to it by hand.");
      await expect(listed("Touched since, and left", "Dora Lind")).toContainText("End User: a later run wrote it.");
      await expect(listed("Touched since, and left", "Cleo Lind")).toContainText("Job Title: a later run wrote it.");
      await expect(box).toBeChecked();
    });
    await expectNoAxeViolations(page);
  });

  await test.step("undone with the box unticked: the sync stays enabled", async () => {
    await box.uncheck();
    await dialog.getByRole("button", { name: "Undo Run" }).click();
    await expect(undone).toBeVisible();
    await expectStays(page, async () => {
      await expect(undone).toBeVisible();
      await expectRowVisible(run.people, { Person: /Ben Lind/, Reason: /Left as it is\..*assigned to it by hand/s });
      await expectRowVisible(run.people, { Person: /Ana Lind/, Reason: "What the run wrote went back." });
    });
    await openEndUsers(page, name);
    await expectStays(page, async () => {
      await expectRowVisible(table, { Name: "Typed by hand", Phone: "+41 44 555 01 00", "Job Title": "Head of Desk", Status: "Not synced" });
      for (const who of ["Ben Lind", "Dora Lind"]) await expectRowVisible(table, { Name: who, Status: "Synced" });
      await expectNobodyCalled(page, "Ana Lind");
      await expectNobodyCalled(page, "Cleo Lind");
    });
    await assets.openOf(name);
    await expectRowVisible(assets.table, { Asset: "Typewriter", "Assigned Contact": /^\s*Ben Lind/ });
    await visit(details);
    await tenant.expectSync(name, "Enabled");
  });

  await test.step("so the next run does the same again", async () => {
    await tenant.syncNow();
    await expectRowVisible(run.people, { Person: /Ana Lind/, Outcome: "Created" });
    await expectRowVisible(run.people, { Person: /Cleo Lind/, Outcome: "Linked" });
  });

  await test.step("a mark and an assignment by the sync go back too", async () => {
    await assets.openOf(name);
    await assets.add("Ana's laptop", "04:1A:2B:3C:4D:5E");
    await microsoft.createDevice("fabrikam", { deviceName: "FAB-LT-1", userId: ana.id, wiFiMacAddress: "04:1A:2B:3C:4D:5E" });
    await microsoft.updateUser("fabrikam", dora.id, { accountEnabled: false });
    await visit(details);
    await tenant.syncNow();
    await expectRowVisible(run.people, { Person: /Dora Lind/, Outcome: "Disabled" });
    await expectRowVisible(page.getByRole("table", { name: "Assets of this run" }), { Asset: "Ana's laptop", What: /Assigned by the sync/ });
    await page.getByRole("link", { name: "Undo Run" }).click();
    await expect(dialog.getByRole("status")).toHaveText(/^What the run wrote of 1 person and 1 Asset goes back\./);
    await expect(listed("Goes back", "Dora Lind")).toContainText("The mark Disabled in Microsoft goes.");
    await expect(listed("Goes back", "Ana's laptop")).toContainText("The assignment of this Asset goes back.");
    await dialog.getByRole("button", { name: "Undo Run" }).click();
    await expect(undone).toBeVisible();

    await person.open(name, "Dora Lind");
    await expectStays(page, () => expect(page.getByText("Disabled in Microsoft", { exact: true })).toHaveCount(0));
    await assets.openOf(name);
    await assets.table.getByRole("link", { name: "Ana's laptop" }).click();
    await asset.expectOwner("Nobody has decided");
    await visit(details);
    await expectHydrated(page);
    await expectStays(page, async () => expect((await tenant.row(name)).getByRole("link", { name: "Set Up" })).toBeVisible());
  });
});
