import { addressOf, expectedOf } from "../fixtures/expected.ts";
import type { Directory } from "../fixtures/microsoft.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, test } from "../fixtures/test.ts";
import { MicrosoftTenantsPage, mappedCustomer, OrganizationsPage } from "../pages/customers.ts";
import { EndUsersPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=24,fabrikam=40,litware=6" } });

test("a group is chosen and saved while its members are being counted, and the run waits for them", async ({ page, server, microsoft, signIn }) => {
  const [name, team] = ["Contoso Counting", "Ice Core Team"];
  const { created } = expectedOf(await microsoft.directory("contoso"), {});
  const members = created.slice(0, 3).map(({ user }) => user.id);
  const group = await microsoft.createGroup("contoso", { displayName: team, members });
  const expected = expectedOf(await microsoft.directory("contoso"), { group: [group.id] });
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  await signIn();

  await test.step("the names of the groups are there, and Microsoft takes its time before it can be told who is in them", async () => {
    await microsoft.break({ tenant: "contoso", path: "/v1.0/subscribedSkus", kind: "delay", delayMs: 45_000, times: 1 });
    const organizations = new OrganizationsPage(page);
    await organizations.open();
    await organizations.add(name);
    const tenants = new MicrosoftTenantsPage(page);
    await tenants.open();
    await tenants.connect("contoso.example", "Contoso");
    await tenants.map("Contoso", name);
    const named = () => server.database.query("select 1 from directory_group where name = $1", [team]);
    await expect.poll(async () => (await named()).length).toBe(1);
    await tenant.open(name);
  });

  await test.step("Set Up with that group", async () => {
    const dialog = await tenant.setUp(name);
    const groups = await dialog.unfold("Group");
    await expect(dialog.box(groups, team)).toHaveAccessibleDescription(/counting…/);
    await expectNoAxeViolations(page);
    await dialog.tick("Group", [team]);
    await dialog.send("Enable Sync");
    await expect(page.getByRole("status").filter({ hasText: "People appear all at once when the first sync is done." })).toBeVisible();
    await tenant.expectSync(name, /Syncing…/);
    await people.open(name);
    await expect(page.getByText("The sync is processing", { exact: true })).toBeVisible();
    expect(await people.rows()).toEqual([]);
  });

  await test.step("its members come when they were read, and nobody else", async () => {
    await expect(people.table.getByText("Synced", { exact: true }).first()).toBeVisible();
    await expectStays(page, () => people.expectPeople(expected.created));
    await tenant.open(name);
    await page.reload();
    await expectHydrated(page);
    const dialog = await tenant.edit(name);
    await expect(dialog.dialog.locator("summary", { hasText: /^Group/ })).toHaveText(/1 of \d+/);
    const groups = await dialog.unfold("Group");
    await expect(dialog.box(groups, team)).toBeChecked();
    await expect(dialog.box(groups, team)).not.toHaveAccessibleDescription(/counting…/);
  });
});

/** Domains of which a sync brings somebody, the smallest first, without those of several spellings. */
function domainsOf(directory: Directory): string[] {
  const spelled = [...new Set(directory.users.map((user) => (addressOf(user) ?? "").split("@").at(-1) ?? ""))];
  const alone = spelled.filter((one) => spelled.filter((other) => other.toLowerCase() === one.toLowerCase()).length === 1);
  const size = (domain: string) => expectedOf(directory, { domain: [domain] }).created.length;
  return alone.filter((domain) => domain !== "" && size(domain) > 0).sort((a, b) => size(a) - size(b));
}

test("domains are chosen, the second one in a dialog that was opened by its address", async ({ page, microsoft, signIn }) => {
  const name = "Fabrikam Domains";
  const directory = await microsoft.directory("fabrikam");
  const [first, second] = domainsOf(directory);
  if (!first || !second) throw new Error("the stand-in has too few domains");
  const before = expectedOf(directory, { domain: [first] });
  const after = expectedOf(directory, { domain: [first, second] });
  const joins = after.created.filter(({ user }) => !before.created.some((person) => person.user.id === user.id));
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");

  await test.step("Set Up with one domain", async () => {
    const dialog = await tenant.setUp(name);
    await dialog.tick("Domain", [first]);
    await expect(dialog.dialog.locator("summary", { hasText: /^Domain/ })).toHaveText(/1 of \d+/);
    await dialog.expectLine(before);
    await dialog.send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    await people.open(name);
    await expectStays(page, () => people.expectPeople(before.created));
  });

  await test.step("Edit after a reload, with the other domain too", async () => {
    await tenant.open(name);
    const dialog = await tenant.edit(name);
    await expectStays(page, async () => {
      await expect(dialog.dialog).toBeVisible();
      await expect(dialog.dialog.locator("summary", { hasText: /^Domain/ })).toHaveText(/1 of \d+/);
      await expect(dialog.line).toHaveText(new RegExp(`^${before.matching} of ${before.users} Microsoft users match`));
    });
    const domains = await dialog.unfold("Domain");
    await expect(dialog.box(domains, "All")).not.toBeChecked();
    await expect(dialog.box(domains, first)).toBeChecked();
    await expect(dialog.box(domains, second)).not.toBeChecked();
    await dialog.box(domains, second).check();
    await expect(dialog.line).toHaveText(new RegExp(`^${after.matching} of ${after.users} Microsoft users match`));
    await dialog.unfoldPeople(`${joins.length} would join`);
    for (const { email } of joins) await expect(dialog.dialog.getByText(email, { exact: true }).first()).toBeVisible();
    await dialog.send("Save");
    await expect(page.getByRole("status").filter({ hasText: "Filters saved." })).toBeVisible();
    await people.open(name);
    await expect(async () => {
      await page.reload();
      await expectHydrated(page);
      await people.expectPeople(after.created);
    }).toPass();
  });
});

test("a dialog that was opened by its address is closed, and changes nothing", async ({ page, signIn, visit, microsoft }) => {
  const name = "Litware By Address";
  await signIn();
  await mappedCustomer(page, name, "litware.example", "Litware");
  const tenant = new TenantPage(page);
  const { dialog, line } = await tenant.setUp(name);
  const address = new URL(page.url());
  await visit(address.pathname + address.search);
  await expect(dialog).toBeVisible();
  await expect(line).toHaveText(new RegExp(` of ${(await microsoft.directory("litware")).users.length} Microsoft users match`));
  await expectNoAxeViolations(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expectStays(page, async () => expect((await tenant.row(name)).getByRole("link", { name: "Set Up" })).toBeVisible());
});
