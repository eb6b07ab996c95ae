import type { Locator } from "@playwright/test";
import { ARABIC, ASSET, CUSTOMER, DEVICE, KEPT_OUT, LONG, MARKUP, NAMES, OFFICE, QUIET } from "../fixtures/hostile.ts";
import { expectTame, heading, hostileCustomer, type Places, pathOf } from "../fixtures/hostile.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, test } from "../fixtures/test.ts";
import { AssetsPage } from "../pages/assets.ts";
import { MicrosoftTenantsPage, OrganizationsPage } from "../pages/customers.ts";
import { EndUserPage } from "../pages/end-user.ts";
import { SearchPage, WhyPage } from "../pages/search.ts";
import { TenantPage } from "../pages/tenant.ts";

// A form that is refused answers 422, and the browser says so.
test.use({ standIn: { tenants: "fabrikam=3" }, expectedComplaints: /status of 422/ });

/** Made once in each worker. */
let places: Places | undefined;

/** What a script that ran would have said. Nothing of ours asks in such a window. */
const said: string[] = [];

test.beforeEach(async ({ page, signIn }) => {
  page.on("dialog", (dialog) => {
    said.push(dialog.message());
    void dialog.dismiss();
  });
  await signIn();
});

test.afterEach(() => {
  expect(said, "a script spoke").toEqual([]);
});

// Whatever the browser's policy had to stop is an error on its console, and fails the test.
test("attack (stored script): every page shows names from Microsoft as they are, and no wider than the window", async ({ page, microsoft, visit }) => {
  const at = (places ??= await hostileCustomer(page, microsoft));
  const main = page.getByRole("main");
  const link = (name: string) => main.getByRole("link", { name, exact: true }).first();
  const person = (name: string) => at.persons.get(name) ?? "";
  const screens: [string, string, Locator[]][] = [
    ["Organizations", "/organizations", [link(CUSTOMER)]],
    ["Overview", at.customer, [heading(page, CUSTOMER), link(CUSTOMER)]],
    // As a name and as a job title.
    ["End Users", at.people, [...NAMES.map(link), main.getByRole("cell", { name: MARKUP, exact: true }).nth(1)]],
    ...NAMES.map((name): [string, string, Locator[]] => [`End User ${name.slice(0, 9)}`, person(name), [heading(page, name)]]),
    ["Associated Assets", person(MARKUP), [link(ASSET)]],
    ["Kept Out of the Sync", `${at.customer}/excluded`, [main.getByText(KEPT_OUT, { exact: true }).first(), main.getByRole("button", { name: `Let In Again: ${KEPT_OUT}` })]],
    ["Tenant Details", at.tenant, [heading(page, CUSTOMER), link(CUSTOMER)]],
    ["Microsoft Tenant Integrations", "/microsoft-tenants", [link(CUSTOMER)]],
    ["Assets", "/assets", [link(ASSET), link(MARKUP), link(CUSTOMER)]],
    ["Assets of the Organization", `${at.customer}/assets`, [link(ASSET), link(MARKUP)]],
    ["Asset", at.asset, [heading(page, ASSET), link(MARKUP), main.getByText(DEVICE).first()]],
    ["Activity", "/activity", [link(CUSTOMER)]],
    ["Audit", "/activity/audit", [link(CUSTOMER), main.getByText(KEPT_OUT, { exact: true }).first()]],
    ["Run", at.run, [...NAMES.map(link), link(ASSET)]],
  ];
  for (const [where, path, shown] of screens) {
    await test.step(where, async () => {
      await visit(path);
      for (const locator of shown) await expect(locator).toBeVisible();
      await expectTame(page, where);
    });
  }
  await visit(person(LONG));
  await expect(new EndUserPage(page).field("Name")).toHaveValue(LONG);
  await expect(new EndUserPage(page).field("Job Title")).toHaveValue(MARKUP);
});

test("attack (stored script): every dialog shows them as they are, and does not scroll sideways", async ({ page, microsoft, visit }) => {
  const at = (places ??= await hostileCustomer(page, microsoft));
  const tenant = new TenantPage(page);
  await test.step("Set Up", async () => {
    await visit(at.tenant);
    const filters = await tenant.setUp(OFFICE);
    for (const section of ["User Type", "Domain", "Microsoft 365 License Status"]) await filters.unfold(section);
    await expect(filters.box(await filters.unfold("Department"), MARKUP)).toBeVisible();
    await expect(filters.box(await filters.unfold("Office Location"), ARABIC)).toBeVisible();
    for (const group of [MARKUP, LONG]) await expect(filters.box(await filters.unfold("Group"), group)).toBeVisible();
    await filters.unfoldPeople(/ new$/);
    for (const name of [...NAMES, KEPT_OUT]) await expect(filters.dialog.getByRole("link", { name, exact: true })).toBeVisible();
    await expectTame(page, "Set Up");
  });
  await test.step("Edit User Sync Filters", async () => {
    await visit(at.tenant);
    const filters = await tenant.edit(CUSTOMER);
    await filters.tick("Department", [QUIET]);
    await expect(filters.line).toHaveText(/^1 of /);
    await filters.unfoldPeople(/would no longer be updated/);
    for (const name of NAMES) await expect(filters.dialog.getByRole("link", { name, exact: true }).first()).toBeVisible();
    await expectTame(page, "Edit User Sync Filters");
  });
  const ticked = NAMES.map((name) => `user=${at.persons.get(name)?.split("/").at(-1)}`).join("&");
  const dialogs: [string, string, string[]][] = [
    ...NAMES.map((name): [string, string, string[]] => ["Delete End User", `${at.persons.get(name)}?dialog=delete`, [name]]),
    ["Delete End Users", `${at.people}?dialog=delete&${ticked}`, NAMES],
    ["Delete Organization", `${at.customer}?dialog=delete`, [CUSTOMER]],
    ["Move Organization", `${at.customer}?dialog=move&to=`, [CUSTOMER]],
    ["Delete Asset", `${at.asset}?dialog=delete`, [ASSET]],
    ["Undo Run", `${at.run}?dialog=undo`, NAMES],
  ];
  for (const [title, path, names] of dialogs) {
    await test.step(title, async () => {
      await visit(path);
      const dialog = page.getByRole("dialog", { name: title, exact: true });
      for (const name of names) await expect(dialog.getByText(name, { exact: true }).first()).toBeVisible();
      await expectTame(page, title);
    });
  }
  for (const item of ["Unmap Tenant", "Remove Integration"]) {
    await test.step(item, async () => {
      const integrations = new MicrosoftTenantsPage(page);
      await integrations.open();
      await integrations.choose("Fabrikam", item);
      await expect(page.getByRole("dialog", { name: item }).getByRole("listitem").filter({ hasText: CUSTOMER })).toBeVisible();
      await expectTame(page, item);
    });
  }
});

test("the search finds each by the whole name, and Why? shows it", async ({ page, microsoft, visit }) => {
  const at = (places ??= await hostileCustomer(page, microsoft));
  const [search, why] = [new SearchPage(page), new WhyPage(page)];
  const found: [string, string][] = [
    ...NAMES.map((name): [string, string] => ["End Users", name]),
    ["Assets", ASSET],
    ["Organizations", CUSTOMER],
    ["Tenants", CUSTOMER],
    ["Devices in Intune", DEVICE],
    ["In Microsoft only", KEPT_OUT],
  ];
  for (const [group, name] of found) {
    await visit("/search");
    await search.search(name);
    await expect(search.group(group).getByText(name, { exact: true }).first()).toBeVisible();
    await expectTame(page, `${group} found by ${name.slice(0, 9)}`);
  }
  await search.search("Z".repeat(300));
  await expectTame(page, "searched in vain");
  for (const name of NAMES) {
    await visit(at.why.get(name) ?? "");
    await why.expectPerson(name, "In");
    await why.expectSection("Department", "Yes", MARKUP, "All");
    await expect(why.section("Match").getByRole("link", { name, exact: true }).first()).toBeVisible();
    await expectTame(page, `Why? ${name.slice(0, 9)}`);
  }
  await visit(at.why.get(MARKUP) ?? "");
  await expect(why.section("Devices").getByText(DEVICE, { exact: true }).first()).toBeVisible();
});

/** 300 characters each, or as many whole families as fit. */
const TYPED = ["x".repeat(300), "مرحبا".repeat(60), "👩‍👩‍👧‍👦".repeat(42), MARKUP.padEnd(300, "y")];

test("names of 300 characters are kept as they were typed", async ({ page, visit }) => {
  const organizations = new OrganizationsPage(page);
  for (const name of TYPED) {
    const expectKept = async (what: string) => {
      await expect(heading(page, name)).toBeVisible();
      await visit(pathOf(page));
      await expect(heading(page, name)).toBeVisible();
      await expectTame(page, `${what} ${name.slice(0, 9)}`);
    };
    await organizations.open();
    await organizations.add(name);
    await expectKept("Organization");
    const organization = pathOf(page);
    await visit(`${organization}/end-users?dialog=new`);
    await page.getByRole("dialog", { name: "New End User" }).getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Create End User" }).click();
    // The Organization under the dialog has the same heading.
    await page.waitForURL(/\/end-users\/[\w-]{36}/);
    await expectKept("End User");
    await visit(`${organization}/assets`);
    await new AssetsPage(page).add(name, "");
    await page.waitForURL(/\/assets\/[\w-]{36}/);
    await expectKept("Asset");
  }
  await organizations.open();
  await organizations.add("Renamed");
  await page.getByRole("region", { name: "INFORMATION" }).getByRole("link", { name: "Renamed", exact: true }).click();
  const panel = page.getByRole("complementary", { name: "Tenant" });
  for (const name of TYPED) {
    await panel.locator("summary").click();
    await panel.getByLabel("Tenant name").fill(name);
    await panel.getByRole("button", { name: "Save" }).click();
    await expectStays(page, () => expect(heading(page, name)).toBeVisible());
    await expectTame(page, `Tenant ${name.slice(0, 9)}`);
  }
});

test("longer names are refused beside the field, and stay in it", async ({ page, visit }) => {
  await new OrganizationsPage(page).open();
  await new OrganizationsPage(page).add("Too Long");
  await expect(heading(page, "Too Long")).toBeVisible();
  const organization = pathOf(page);
  const forms: [string, string, string, [string, string, string][]][] = [
    ["end-users", "New End User", "Create End User", [
      ["Name", "n".repeat(321), "Name holds at most 320 characters."],
      ["City", "c".repeat(129), "City holds at most 128 characters."],
    ]],
    ["assets", "New Asset", "Create Asset", [
      ["Name", "n".repeat(321), "Name holds at most 320 characters."],
      ["Serial Number", "s".repeat(129), "Serial Number holds at most 128 characters."],
    ]],
  ];
  for (const [tab, title, button, fields] of forms) {
    await visit(`${organization}/${tab}?dialog=new`);
    const dialog = page.getByRole("dialog", { name: title });
    const field = (label: string) => dialog.getByRole("textbox", { name: label, exact: true });
    for (const [label, typed] of fields) await field(label).fill(typed);
    await dialog.getByRole("button", { name: button }).click();
    await expect(dialog.getByRole("alert")).toContainText("Nothing was saved.");
    for (const [label, typed, refusal] of fields) {
      await expect(field(label)).toHaveValue(typed);
      await expect(field(label)).toHaveAccessibleDescription(refusal);
    }
    await expectTame(page, `${title}, refused`);
  }
});
