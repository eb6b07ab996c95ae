import { expectedOf } from "../fixtures/expected.ts";
import { tabTo } from "../fixtures/keyboard.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUserPage, expectNobodyCalled, openEndUsers, personRow } from "../pages/end-user.ts";
import { TenantPage } from "../pages/tenant.ts";

// A refused form is answered with 422, and the browser says so on its console.
test.use({ standIn: { tenants: "contoso=12,fabrikam=12" }, expectedComplaints: /status of (422|404)/ });

test("a person is read, added, linked, edited, disabled, deleted, kept out and let in again", async ({ page, context, microsoft, signIn }) => {
  const organization = "Contoso Clinic";
  await signIn();
  await mappedCustomer(page, organization, "contoso.example", "Contoso");
  const directory = await microsoft.directory("contoso");
  const { created } = expectedOf(directory, {});
  const [ana, other] = created.filter(({ name }) => name !== "" && created.filter((twin) => twin.name === name).length === 1);
  if (!ana || !other) throw new Error("the stand-in has too few people");
  await microsoft.updateUser("contoso", ana.user.id, { jobTitle: "Buyer", city: null });
  const person = new EndUserPage(page);

  await test.step("New End User needs a name only, and an address that looks like one", async () => {
    await openEndUsers(page, organization);
    await page.getByRole("link", { name: "New End User" }).click();
    const dialog = page.getByRole("dialog", { name: "New End User" });
    await dialog.getByLabel("Name").fill("Typed by hand");
    await dialog.getByLabel("Email", { exact: true }).fill("no address");
    await dialog.getByLabel("City", { exact: true }).fill("Utrecht");
    await dialog.getByRole("button", { name: "Create End User" }).click();
    await expect(dialog.getByText("This is no email address")).toBeVisible();
    await expect(dialog.getByLabel("City", { exact: true })).toHaveValue("Utrecht");
    await expectNoAxeViolations(page);
    await dialog.getByLabel("Email", { exact: true }).fill(ana.email.toUpperCase());
    await dialog.getByRole("button", { name: "Create End User" }).click();
    await person.expectOpen("Typed by hand");
    await expect(person.toast("End User added.")).toBeVisible();
    await expect(page.getByText("No Microsoft account belongs to this End User")).toBeVisible();
  });

  await test.step("an unsynced person is edited; a page that is out of date is refused and loses nothing", async () => {
    const second = await context.newPage();
    await second.goto(page.url());
    await expectHydrated(second);
    await person.field("Phone").fill("+31 20 555 0100");
    await person.save();
    await expect(person.toast("Changes saved.")).toBeVisible();
    const stale = new EndUserPage(second);
    await stale.field("Phone").fill("+31 20 555 0199");
    await stale.save();
    const refusal = second.getByRole("alert").filter({ hasText: "Somebody or a run changed this End User" });
    await expect(refusal).toContainText("Phone: now +31 20 555 0100, you typed +31 20 555 0199");
    await expect(stale.field("Phone")).toHaveValue("+31 20 555 0199");
    await stale.save();
    await expect(stale.toast("Changes saved.")).toBeVisible();
    await second.close();
    await page.reload();
    await expectHydrated(page);
    await expect(person.field("Phone")).toHaveValue("+31 20 555 0199");
    await expectRowVisible(person.history, { What: "Edited", Changes: /Phone: \+31 20 555 0100 .*\+31 20 555 0199/ });
    await expectRowVisible(person.history, { What: "Created", Changes: /fields/ });
  });

  await test.step("the first sync links the person, keeps what Microsoft leaves empty, and locks the fields", async () => {
    const tenant = new TenantPage(page);
    await tenant.open(organization);
    await (await tenant.setUp(organization)).send("Enable Sync");
    await tenant.expectSync(organization, "Enabled");
    await person.open(organization, ana.name);
    await expect(person.field("City")).toHaveValue("Utrecht");
    await expect(person.field("Job Title")).toHaveValue("Buyer");
    await expect(person.field("Job Title")).not.toBeEditable();
    await expect(page.getByText("Microsoft has the last word on these fields")).toBeVisible();
    // Nobody but people writes the city, so it is theirs.
    await person.field("City").fill("Zeist");
    await person.save();
    await expect(person.toast("Changes saved.")).toBeVisible();
    await page.reload();
    await expectHydrated(page);
    await expect(person.field("City")).toHaveValue("Zeist");
    await expect(person.field("Job Title")).not.toBeEditable();
    const linked = await rowOf(person.history, { What: /^\s*Linked/ });
    await expect(linked.getByRole("link", { name: "Run" })).toHaveAttribute("href", /\/runs\//);
    await expectNoAxeViolations(page);
  });

  await test.step("Sync Now brings this one person", async () => {
    await microsoft.updateUser("contoso", ana.user.id, { jobTitle: "Head of Buying" });
    await microsoft.updateUser("contoso", other.user.id, { displayName: "Not Yet Renamed" });
    await person.syncNow();
    await expect(person.field("Job Title")).toHaveValue("Head of Buying");
    await expectRowVisible(person.history, { What: /^\s*Updated/, By: /one person/, Changes: /Job Title: Buyer .*Head of Buying/ });
    await openEndUsers(page, organization);
    await expectNobodyCalled(page, "Not Yet Renamed");
  });

  await test.step("the badge comes and goes, on the page and in the table", async () => {
    await person.open(organization, ana.name);
    const badge = page.getByText("Disabled in Microsoft", { exact: true });
    const says = (what: string) => page.getByRole("complementary", { name: "End User" }).getByText(new RegExp(`^${what} \\d`));
    await expect(badge).toHaveCount(0);
    await microsoft.updateUser("contoso", ana.user.id, { accountEnabled: false });
    await person.syncNow();
    await expect(badge).toBeVisible();
    await expect(says("Disabled")).toBeVisible();
    await microsoft.deleteUser("contoso", ana.user.id);
    await person.syncNow();
    await expect(says("Deleted")).toBeVisible();
    await page.reload();
    await expect(says("Deleted")).toBeVisible();
    await page.getByRole("link", { name: "Back to End Users" }).click();
    await expectRowVisible(page.getByRole("table", { name: "End Users" }), { Name: ana.name, Status: /Disabled in Microsoft\s*Deleted/ });
    await microsoft.restoreUser("contoso", ana.user.id);
    await microsoft.updateUser("contoso", ana.user.id, { accountEnabled: true });
    await person.open(organization, ana.name);
    await person.syncNow();
    await expect(badge).toHaveCount(0);
    await page.reload();
    await expect(page.getByText("Synced", { exact: true }).first()).toBeVisible();
    await expect(badge).toHaveCount(0);
  });

  const sync = async () => {
    const tenant = new TenantPage(page);
    await tenant.open(organization);
    await tenant.syncNow();
    await openEndUsers(page, organization);
  };
  await test.step("deleted without the box, the next sync creates the person again", async () => {
    await person.open(organization, ana.name);
    await person.delete(false);
    await expectNobodyCalled(page, ana.name);
    await sync();
    await expect(await personRow(page, ana.name)).toBeVisible();
  });

  await test.step("kept out, by keyboard alone, the next sync does not", async () => {
    await person.open(organization, ana.name);
    await tabTo(page, page.getByRole("button", { name: "Actions", exact: true }));
    await page.keyboard.press("Enter");
    await expect(page.getByRole("menuitem").first()).toBeFocused();
    await page.keyboard.press("End");
    await expect(page.getByRole("menuitem", { name: "Delete" })).toBeFocused();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Delete End User" });
    await expect(dialog).toBeVisible();
    const box = dialog.getByRole("checkbox", { name: "Keep this person out of future syncs" });
    await expect(box).toBeVisible();
    await expectNoAxeViolations(page);
    await tabTo(page, box);
    await page.keyboard.press("Space");
    await expect(box).toBeChecked();
    await tabTo(page, dialog.getByRole("button", { name: "Delete" }));
    await page.keyboard.press("Enter");
    await expect(dialog).toBeHidden();
    await sync();
    await expectNobodyCalled(page, ana.name);
  });

  await test.step("let in again, the next sync creates the person", async () => {
    await page.getByRole("link", { name: "1 kept out of the sync" }).click();
    const list = page.getByRole("table", { name: "People kept out of the sync" });
    await expectRowVisible(list, { Name: ana.name, "Microsoft Tenant": /Contoso/ });
    await expectNoAxeViolations(page);
    await list.getByRole("button", { name: `Let In Again: ${ana.name}` }).click();
    await expect(page.getByText("Nobody is kept out")).toBeVisible();
    await page.reload();
    await expect(page.getByText("Nobody is kept out")).toBeVisible();
    await sync();
    await expect(await personRow(page, ana.name)).toBeVisible();
  });

  await test.step("several are deleted at once, with a confirmation that names them", async () => {
    await openEndUsers(page, organization);
    const table = page.getByRole("table", { name: "End Users" });
    const everybody = await table.getByRole("checkbox", { name: /^Select (?!all)/ }).count();
    await table.getByRole("checkbox", { name: "Select all on this page" }).check();
    await expect(page.getByText(`${everybody} selected`)).toBeVisible();
    await table.getByRole("checkbox", { name: "Select all on this page" }).uncheck();
    await table.getByRole("checkbox", { name: `Select ${ana.name}` }).check();
    await table.getByRole("checkbox", { name: "Select Not Yet Renamed" }).check();
    await page.getByRole("button", { name: "Delete Selected" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete End Users" });
    await expect(dialog.getByText("2 End Users")).toBeVisible();
    await expect(dialog.getByRole("listitem").filter({ hasText: ana.name })).toBeVisible();
    await expect(dialog.getByRole("listitem").filter({ hasText: "Not Yet Renamed" })).toBeVisible();
    await expectNoAxeViolations(page);
    await dialog.getByRole("checkbox", { name: "Keep these people out of future syncs" }).check();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect(dialog).toBeHidden();
    const expectGone = async () => {
      await expect(page.getByRole("link", { name: "2 kept out of the sync" })).toBeVisible();
      await expectNobodyCalled(page, ana.name);
      await expectNobodyCalled(page, "Not Yet Renamed");
    };
    await expectStays(page, expectGone);
    await sync();
    await expectStays(page, expectGone);
  });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false, expectedComplaints: /preloaded using link preload/ });

  test.beforeEach(async ({ page, server }) => {
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
  });

  test("people are added, edited and deleted without JavaScript", async ({ page }) => {
    const name = "Plain Person";
    await page.getByRole("link", { name: "New Organization" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Plain Pages");
    await page.getByRole("dialog").getByRole("button", { name: "Create Organization" }).click();
    await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "End Users" }).click();

    for (const email of ["no address", "plain@contoso.example"]) {
      if (email === "no address") await page.getByRole("link", { name: "New End User" }).click();
      const dialog = page.getByRole("dialog", { name: "New End User" });
      await dialog.getByLabel("Name").fill(name);
      await dialog.getByLabel("Email", { exact: true }).fill(email);
      await dialog.getByRole("button", { name: "Create End User" }).click();
    }
    const person = new EndUserPage(page);
    await person.expectOpen(name);
    const stale = await page.context().newPage();
    await stale.goto(page.url());
    await person.field("Phone").fill("1");
    await person.save();
    await expect(page.getByText("Changes saved.")).toBeVisible();
    const other = new EndUserPage(stale);
    await other.field("Phone").fill("2");
    await other.save();
    await expect(stale.getByText("Phone: now 1, you typed 2")).toBeVisible();
    await expect(other.field("Phone")).toHaveValue("2");
    await stale.close();

    await page.getByRole("link", { name: "Back to End Users" }).click();
    await page.getByRole("checkbox", { name: `Select ${name}` }).check();
    await page.getByRole("button", { name: "Delete Selected" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete End User" });
    await expect(dialog.getByText("No Microsoft account belongs to this person")).toBeVisible();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect(page.getByText("Deleted.")).toBeVisible();
    await expect(page.getByText("No End Users yet")).toBeVisible();
  });

  test("a synced person is kept out and let in again without JavaScript", async ({ page, browser, server, microsoft }) => {
    const organization = "Plain Sync";
    const { created } = expectedOf(await microsoft.directory("fabrikam"), {});
    const name = created.find(({ name }) => name !== "" && created.filter((twin) => twin.name === name).length === 1)?.name ?? "";
    const table = page.getByRole("table", { name: "End Users" });
    const person = table.getByRole("link", { name, exact: true });
    /** The next run, and what is there then. */
    const sync = async () => {
      // A worker that is at work at this moment refuses it.
      await expect(() => server.command(["sync", "--all"])).toPass();
      await page.goto(people);
      await expect(table).toBeVisible();
    };

    // The way to a sync without script has a test of its own.
    const scripted = await browser.newContext({ baseURL: server.url, storageState: await page.context().storageState(), javaScriptEnabled: true });
    const there = await scripted.newPage();
    await mappedCustomer(there, organization, "fabrikam.example", "Fabrikam");
    await (await new TenantPage(there).setUp(organization)).send("Enable Sync");
    await new TenantPage(there).expectSync(organization, "Enabled");
    await openEndUsers(there, organization);
    const people = new URL(there.url()).pathname;
    await scripted.close();

    await test.step("Delete with the box", async () => {
      await page.goto(people);
      await person.click();
      await new EndUserPage(page).expectOpen(name);
      await page.getByRole("button", { name: "Actions", exact: true }).click();
      await page.getByRole("link", { name: "Delete" }).click();
      const dialog = page.getByRole("dialog", { name: "Delete End User" });
      await expect(dialog.getByText("not deleted in Microsoft, and will be created again by the next sync")).toBeVisible();
      await dialog.getByRole("checkbox", { name: "Keep this person out of future syncs" }).check();
      await dialog.getByRole("button", { name: "Delete" }).click();
      await expect(page.getByText("Deleted", { exact: false }).first()).toBeVisible();
      await sync();
      await expect(person).toHaveCount(0);
    });

    await test.step("Let In Again", async () => {
      await page.getByRole("link", { name: "1 kept out of the sync" }).click();
      const list = page.getByRole("table", { name: "People kept out of the sync" });
      await expectRowVisible(list, { Name: name, "Microsoft Tenant": /Fabrikam/ });
      await list.getByRole("button", { name: `Let In Again: ${name}` }).click();
      await expect(page.getByText("Nobody is kept out")).toBeVisible();
      await page.reload();
      await expect(page.getByText("Nobody is kept out")).toBeVisible();
      await sync();
      await expect(person).toBeVisible();
      await expect(page.getByRole("link", { name: /kept out of the sync/ })).toHaveCount(0);
    });
  });
});
