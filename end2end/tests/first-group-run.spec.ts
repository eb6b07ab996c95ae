import { randomUUID } from "node:crypto";
import { expectedOf } from "../fixtures/expected.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { MicrosoftTenantsPage, OrganizationsPage } from "../pages/customers.ts";
import { EndUsersPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=40" } });

test("with a Group filter nobody is synced in sight until all are, and those who were there stay", async ({ page, server, microsoft, signIn }) => {
  const name = "Contoso Crew";
  const directory = await microsoft.directory("contoso");
  const group = directory.groups.find(({ id }) => expectedOf(directory, { group: [id] }).created.length > 3);
  if (!group) throw new Error("the stand-in has no group of more than three");
  const expected = expectedOf(directory, { group: [group.id] });
  await signIn();
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  await test.step("before the groups are read the dialog opens, and says that they are being counted", async () => {
    await microsoft.break({ tenant: "contoso", path: "/v1.0/groups", kind: "delay", delayMs: 10_000, times: 1 });
    const organizations = new OrganizationsPage(page);
    await organizations.open();
    await organizations.add(name);
    const tenants = new MicrosoftTenantsPage(page);
    await tenants.open();
    await tenants.connect("contoso.example", "Contoso");
    await tenants.map("Contoso", name);
    await tenant.open(name);
    const early = await tenant.setUp(name);
    await expect((await early.unfold("Group")).getByText("counting…").first()).toBeVisible();
    await expect(early.dialog.getByText(/more than 25 new people, it holds them until somebody approves them/)).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(early.dialog).toBeHidden();
    await tenants.open();
    await expect(await rowOf(tenants.table, { "Tenant": name, "Last Sync": /ago|now/ })).toBeVisible();
    await tenant.open(name);
  });
  await server.database.query("insert into end_user (id, organization_id, name, email) select $1, id, 'Was Here Before', 'before@elsewhere.example' from organization where name = $2", [randomUUID(), name]);

  const dialog = await tenant.setUp(name);
  await dialog.tick("Group", [String(group["displayName"])]);
  await dialog.expectLine(expected);
  await microsoft.break({ tenant: "contoso", path: "/v1.0/groups", kind: "delay", delayMs: 20_000, times: 1 });
  await dialog.send("Enable Sync");
  await expect(page.getByRole("status").filter({ hasText: "People appear all at once when the first sync is done." })).toBeVisible();
  await tenant.expectSync(name, /Syncing…/);

  await people.open(name);
  const processing = page.getByText("The sync is processing", { exact: true });
  await expect(processing).toBeVisible();
  await expectRowVisible(people.table, { Name: "Was Here Before", Status: "Not synced" });
  expect(await people.rows()).toHaveLength(1);
  await page.reload();
  await expect(processing).toBeVisible();

  // What is first seen of the synced is all of them.
  const synced = people.table.getByText("Synced", { exact: true });
  await expect(synced.first()).toBeVisible();
  await expect(synced).toHaveCount(expected.created.length, { timeout: 1 });
  await expectStays(page, async () => {
    await expect(processing).toBeHidden();
    await expect(synced).toHaveCount(expected.created.length);
    expect(await people.rows()).toHaveLength(expected.created.length + 1);
  });
  await expectNoAxeViolations(page);
});
