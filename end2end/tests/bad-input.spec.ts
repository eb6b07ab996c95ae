import type { Locator, Page } from "@playwright/test";
import { expectedOf, key } from "../fixtures/expected.ts";
import { expectTame, heading, pathOf } from "../fixtures/hostile.ts";
import type { Server } from "../fixtures/server.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectRowVisible, test } from "../fixtures/test.ts";
import { mappedCustomer, OrganizationsPage } from "../pages/customers.ts";
import { EndUserPage, expectNobodyCalled, openEndUsers } from "../pages/end-user.ts";
import { EndUsersPage } from "../pages/people.ts";
import { SearchPage } from "../pages/search.ts";
import { TenantPage } from "../pages/tenant.ts";

// The second of two forms may be refused with 422, and the browser says so.
test.use({ standIn: { tenants: "contoso=4,fabrikam=8" }, expectedComplaints: /status of 422/ });

test.beforeEach(async ({ signIn }) => {
  await signIn();
});

/** Sends the form of a button twice at once, as a hand that does not wait or a browser that tries again, and waits for both answers. */
async function sendTwice(page: Page, button: Locator, to: string): Promise<void> {
  const answers: number[] = [];
  page.on("response", (answer) => {
    if (new URL(answer.url()).pathname.startsWith(`/api/${to}`)) answers.push(answer.status());
  });
  await button.evaluate((element: HTMLButtonElement) => {
    element.form?.requestSubmit(element);
    element.form?.requestSubmit(element);
  });
  await expect.poll(() => answers.length, `answers of ${to}`).toBe(2);
  expect(answers.filter((status) => status !== 200 && status !== 422)).toEqual([]);
}

/** How often the audit log tells of it. */
async function told(server: Server, action: string, name: string): Promise<unknown> {
  const [row] = await server.database.query("select count(*)::int as n from audit_event where action = $1 and subject_name = $2", [action, name]);
  return row?.["n"];
}

test("an address in capitals and decomposed letters is the same address", async ({ page, microsoft, visit }) => {
  const name = "Unicode Clinic";
  const [inMicrosoft, alone] = ["josé.núñez@contoso.example", "zoë@contoso.example"];
  const other = (address: string) => address.normalize("NFD").toUpperCase();
  await microsoft.createUser("contoso", { displayName: "José Núñez", mail: inMicrosoft });
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const details = pathOf(page);
  await openEndUsers(page, name);
  const tab = pathOf(page);
  for (const [called, email] of [["Typed by hand", other(inMicrosoft)], ["Not in Microsoft", other(alone)]] as const) {
    await visit(`${tab}?dialog=new`);
    const dialog = page.getByRole("dialog", { name: "New End User" });
    await dialog.getByLabel("Name").fill(called);
    await dialog.getByLabel("Email", { exact: true }).fill(email);
    await dialog.getByRole("button", { name: "Create End User" }).click();
    await new EndUserPage(page).expectOpen(called);
  }
  const people = new EndUsersPage(page);
  const expected = expectedOf(await microsoft.directory("contoso"), {}, [other(inMicrosoft), other(alone)]);
  expect(expected.linked.map(({ email }) => email)).toEqual([inMicrosoft]);

  await test.step("linked, not doubled", async () => {
    await visit(details);
    const dialog = await new TenantPage(page).setUp(name);
    await dialog.expectLine(expected);
    await dialog.send("Enable Sync");
    await new TenantPage(page).expectSync(name, "Enabled");
    await people.open(name);
    await expectStays(page, async () => {
      await expectRowVisible(people.table, { Name: "José Núñez", Status: "Synced" });
      const rows = await people.rows();
      expect(rows).toHaveLength(expected.created.length + 2);
      expect(rows.filter((row) => key(row["Email"] ?? "") === inMicrosoft)).toHaveLength(1);
    });
  });

  const spellings = [inMicrosoft, inMicrosoft.toUpperCase(), inMicrosoft.normalize("NFD"), other(inMicrosoft)];
  await test.step("found across customers by every spelling", async () => {
    const search = new SearchPage(page);
    for (const words of spellings) {
      await search.search(words);
      await expectRowVisible(search.group("End Users"), { Name: "José Núñez", Organization: name });
    }
    // No account in Microsoft leads to this one.
    await search.search(alone);
    await expect.soft(search.group("End Users").getByRole("link", { name: "Not in Microsoft", exact: true })).toBeVisible();
  });
  await test.step("found on the subtab by every spelling", async () => {
    for (const words of spellings) {
      await visit(tab);
      await people.search(words);
      await expect.soft(people.table.getByRole("link", { name: "José Núñez", exact: true }), words).toBeVisible();
    }
  });
});

test("a form sent twice adds, enables and deletes once", async ({ page, context, server, microsoft, visit }) => {
  const name = "Twice Over";
  const tenant = new TenantPage(page);
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const details = pathOf(page);
  await openEndUsers(page, name);
  const tab = pathOf(page);

  await test.step("New End User", async () => {
    await visit(`${tab}?dialog=new`);
    const dialog = page.getByRole("dialog", { name: "New End User" });
    await dialog.getByLabel("Name").fill("Only Once");
    await sendTwice(page, dialog.getByRole("button", { name: "Create End User" }), "create_end_user");
    await new EndUserPage(page).expectOpen("Only Once");
    expect(await told(server, "create", "Only Once")).toBe(1);
  });
  const typed = pathOf(page);

  const { created } = expectedOf(await microsoft.directory("fabrikam"), {});
  await test.step("Enable Sync", async () => {
    await visit(details);
    const { dialog } = await tenant.setUp(name);
    await sendTwice(page, dialog.getByRole("button", { name: "Enable Sync" }), "save_user_sync");
    await expect(dialog).toBeHidden();
    await tenant.expectSync(name, "Enabled");
    await openEndUsers(page, name);
    await expectStays(page, async () => expect(await new EndUsersPage(page).rows()).toHaveLength(created.length + 1));
  });

  await test.step("Delete, twice at once and once more from an older page", async () => {
    const older = await context.newPage();
    await older.goto(`${typed}?dialog=delete`);
    await visit(`${typed}?dialog=delete`);
    await sendTwice(page, page.getByRole("dialog").getByRole("button", { name: "Delete" }), "delete_end_users");
    await expectHydrated(older);
    await older.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    for (const there of [page, older]) {
      await expectStays(there, async () => {
        await expect(there.getByRole("table", { name: "End Users" })).toBeVisible();
        await expectNobodyCalled(there, "Only Once");
      });
    }
    expect(await told(server, "delete", "Only Once")).toBe(1);
    await older.close();
  });

  await test.step("an older page does not claim to keep out who was deleted without that", async () => {
    const person = created.find(({ name }) => name !== "" && created.filter((twin) => twin.name === name).length === 1);
    await new EndUserPage(page).open(name, person?.name ?? "");
    const older = await context.newPage();
    await older.goto(`${pathOf(page)}?dialog=delete`);
    await expectHydrated(older);
    await new EndUserPage(page).delete(false);
    await older.getByRole("checkbox", { name: "Keep this person out of future syncs" }).check();
    await older.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await expect(older.getByRole("status").filter({ hasText: "Deleted" }).or(older.getByRole("alert")).first()).toBeVisible();
    await expect(older.getByText("kept out of future syncs")).toHaveCount(0);
  });
});

test("New Organization and New Asset sent twice add one", async ({ page, visit }) => {
  await visit("/organizations?dialog=new");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Pressed Twice");
  await dialog.getByRole("button", { name: "Create Organization" }).dblclick();
  await expect(heading(page, "Pressed Twice")).toBeVisible();
  const path = pathOf(page);
  await visit("/organizations?dialog=new");
  await dialog.getByLabel("Name").fill("Sent Twice");
  await sendTwice(page, dialog.getByRole("button", { name: "Create Organization" }), "create_organization");
  await visit(`${path}/assets?dialog=new`);
  await dialog.getByLabel("Name").fill("Asset Sent Twice");
  await sendTwice(page, dialog.getByRole("button", { name: "Create Asset" }), "create_asset");
  for (const [list, words] of [["Organizations", "Pressed Twice"], ["Organizations", "Sent Twice"], ["Assets", "Asset Sent Twice"]] as const) {
    await visit(`/${list.toLowerCase()}?search=${words}`);
    await expect.soft(page.getByRole("table", { name: list }).locator("tbody").getByRole("row"), words).toHaveCount(1);
  }
});

test("an Organization's name that no index holds is kept or refused in words", async ({ page, visit }) => {
  const name = Array.from({ length: 3_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7_919) % 20_000))).join("");
  await visit("/organizations?dialog=new");
  const dialog = page.getByRole("dialog", { name: "New Organization" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Create Organization" }).click();
  const refusal = dialog.getByRole("alert").or(dialog.getByText(/at most/i));
  await expect(refusal.or(heading(page, name)).first()).toBeVisible();
  await expect(page.getByText("Something went wrong on the server")).toHaveCount(0);
  if (await dialog.isVisible()) await expect(dialog.getByRole("textbox", { name: "Name", exact: true })).toHaveValue(name);
});

test("a name that would close the document's title stays in it", async ({ page, visit }) => {
  const name = `</title><img src=x onerror="window.hacked=1"> & Sons`;
  await new OrganizationsPage(page).open();
  await new OrganizationsPage(page).add(name);
  await expect(heading(page, name)).toBeVisible();
  const sent = await page.request.get(pathOf(page));
  expect(await sent.text()).not.toContain("</title><img");
  await visit(pathOf(page));
  await expect(page).toHaveTitle(`${name} · Entrain`);
  await expect(heading(page, name)).toBeVisible();
  await expectTame(page, "closing the title");
});
