import { expectedOf } from "../fixtures/expected.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { MicrosoftTenantsPage, mappedCustomer, OrganizationsPage } from "../pages/customers.ts";
import { EndUserPage, openEndUsers } from "../pages/end-user.ts";
import { TenantPage } from "../pages/tenant.ts";

// The browser tells of the refusal of a wrong name.
test.use({ standIn: { tenants: "contoso=30,fabrikam=25" }, expectedComplaints: /status of 422/ });

test("a customer on the wrong Microsoft tenant is unmapped, remapped, moved and brought back", async ({ page, signIn, visit, server, microsoft }) => {
  const name = "Tailored Travel";
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const tenant = new TenantPage(page);
  const details = page.url();
  const integrations = new MicrosoftTenantsPage(page);
  const mapped = async () => (await server.database.query("select end_user_id, directory_user_id from end_user_mapping order by 1"));
  const people = async () => (await server.database.query("select id, name, email from end_user order by 1"));

  await test.step("set up with the wrong one", async () => {
    const dialog = await tenant.setUp(name);
    await dialog.tick("Microsoft 365 License Status", ["Licensed"]);
    await dialog.send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
  });
  const { created } = expectedOf(await microsoft.directory("contoso"), { licenseStatus: ["licensed"] });
  const [disabled, excluded] = created.filter(({ name }) => name !== "" && created.filter((twin) => twin.name === name).length === 1);
  if (!disabled || !excluded) throw new Error("the stand-in has too few people");
  const endUsers = page.getByRole("table", { name: "End Users" });
  const keptOut = page.getByRole("link", { name: "1 kept out of the sync" });
  /** Under the Microsoft tenant that they belong to, one has the badge and the others are synced. */
  const expectTheirs = async () => {
    await openEndUsers(page, name);
    await expectStays(page, async () => {
      await expectRowVisible(endUsers, { Email: disabled.email, Status: /Disabled in Microsoft/ });
      await expect(endUsers.getByText("Synced", { exact: true })).toHaveCount(created.length - 2);
      await expect(keptOut).toBeVisible();
    });
  };
  /** Under another one no badge is shown, nobody is synced, and who is kept out is kept out under the former one. */
  const expectFormer = async () => {
    await openEndUsers(page, name);
    await expectStays(page, async () => {
      await expectRowVisible(endUsers, { Email: disabled.email, Status: "Not synced" });
      await expect(endUsers.getByText("Disabled in Microsoft")).toHaveCount(0);
      await expect(endUsers.getByText("Synced", { exact: true })).toHaveCount(0);
    });
    await keptOut.click();
    const list = page.getByRole("table", { name: "People kept out of the sync" });
    await expectStays(page, () => expectRowVisible(list, { Name: excluded.name, "Microsoft Tenant": /Contoso\s*Former Microsoft tenant of this Organization/ }));
  };
  await test.step("one is disabled in Microsoft, and one is kept out", async () => {
    await microsoft.updateUser("contoso", disabled.user.id, { accountEnabled: false });
    await tenant.syncNow();
    await new EndUserPage(page).open(name, excluded.name);
    await new EndUserPage(page).delete(true);
    await expectTheirs();
  });
  const [synced, before] = [await mapped(), await people()];
  expect(synced.length).toBeGreaterThan(3);

  await test.step("the menu of a row has exactly five items", async () => {
    await integrations.open();
    await page.getByRole("button", { name: "Actions for Contoso", exact: true }).click();
    const items = page.getByRole("menuitem");
    await expect(items).toHaveText(["Map Tenant", "Unmap Tenant", "Sync Now", "Check Permissions", "Remove Integration"]);
    await expect(items.nth(0)).toHaveAttribute("aria-disabled", "true");
    await page.keyboard.press("Escape");
  });

  await test.step("Check Permissions tells what can be read", async () => {
    await integrations.choose("Contoso", "Check Permissions");
    const dialog = page.getByRole("dialog", { name: "Check Permissions" });
    await expectRowVisible(dialog.getByRole("table", { name: "Permissions and licenses" }), { Permission: /^Groups and their members/, State: "Works", "Last Success": /ago|now/ });
    await expectNoAxeViolations(page);
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
  });

  await test.step("Unmap Tenant names whose sync stops", async () => {
    await integrations.choose("Contoso", "Unmap Tenant");
    const dialog = page.getByRole("dialog", { name: "Unmap Tenant" });
    await expect(dialog.getByRole("listitem").filter({ hasText: name })).toBeVisible();
    await dialog.getByRole("button", { name: "Unmap Tenant" }).click();
    await expect(dialog).toBeHidden();
    await visit(new URL(details).pathname);
    await expect(await tenant.row(name, /Not mapped to a Microsoft tenant/)).toBeVisible();
    expect(await people()).toEqual(before);
  });

  await test.step("another Microsoft tenant starts at All, with the old choice for reference", async () => {
    await integrations.open();
    await integrations.connect("fabrikam.example", "Fabrikam");
    await integrations.map("Fabrikam", name);
    await visit(new URL(details).pathname);
    const dialog = await tenant.setUp(name);
    await expect(dialog.dialog.getByText("Chosen before, with Contoso")).toBeVisible();
    await expect(dialog.dialog.getByText("Microsoft 365 License Status: Licensed")).toBeVisible();
    await expect(dialog.dialog.locator("summary", { hasText: /^Microsoft 365 License Status/ })).toHaveText(/All$/);
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByLabel("Microsoft status").selectOption("Synced");
    await expect(page.getByText("Nobody matches")).toBeVisible();
    await expectFormer();
  });

  await test.step("the same one again revives everything", async () => {
    await integrations.open();
    await integrations.choose("Fabrikam", "Unmap Tenant");
    const dialog = page.getByRole("dialog", { name: "Unmap Tenant" });
    await expect(dialog.getByText("No Organization is synced from it now.")).toBeVisible();
    await dialog.getByRole("button", { name: "Unmap Tenant" }).click();
    await expect(dialog).toBeHidden();
    await integrations.map("Contoso", name);
    await visit(new URL(details).pathname);
    const again = await tenant.setUp(name);
    await expect(again.dialog.locator("summary", { hasText: /^Microsoft 365 License Status/ })).toHaveText(/1 of 2$/);
    await again.send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    expect(await mapped()).toEqual(synced);
    await expectTheirs();
  });

  const organizations = new OrganizationsPage(page);
  const settings = page.getByRole("region", { name: "ORGANIZATION SETTINGS" });
  const toOverview = async () => {
    await organizations.open();
    await organizations.table.getByRole("link", { name, exact: true }).first().click();
    await expect(settings).toBeVisible();
  };
  const moveTo = async (where: string) => {
    await settings.getByRole("combobox", { name: "Tenant" }).fill(where);
    // The list has another order once the server has answered.
    await expect(settings.getByRole("status").filter({ hasText: "to choose from" })).toBeVisible();
    await settings.getByRole("option", { name: new RegExp(where) }).first().click();
    await settings.getByRole("button", { name: "Move to this Tenant" }).click();
    const dialog = page.getByRole("dialog", { name: "Move Organization" });
    await expect(dialog).toBeVisible();
    return dialog;
  };

  await test.step("an Organization moves to the Tenant of another Microsoft tenant after a warning, and back", async () => {
    await organizations.open();
    await organizations.add("Second Office");
    await integrations.open();
    await integrations.map("Fabrikam", "Second Office");
    await toOverview();
    const dialog = await moveTo("Second Office");
    await expect(dialog.getByRole("listitem").filter({ hasText: `${name}, synced from Contoso` })).toBeVisible();
    await expect(dialog.getByText("The new Tenant is mapped to Fabrikam")).toBeVisible();
    await expectNoAxeViolations(page);
    await dialog.getByRole("button", { name: "Move Organization" }).click();
    await expect(dialog).toBeHidden();
    const information = page.getByRole("region", { name: "INFORMATION" });
    await expect(information.getByRole("link", { name: "Second Office" })).toBeVisible();
    await expectStays(page, async () => {
      await expect(information.getByRole("link", { name: "Second Office" })).toBeVisible();
      await expect(information.getByText("Not set up")).toBeVisible();
    });
    expect(await people()).toEqual(before);
    await expectFormer();
    await toOverview();
    const back = await moveTo(name);
    await back.getByRole("button", { name: "Move Organization" }).click();
    await expect(back).toBeHidden();
    await visit(new URL(details).pathname);
    await (await tenant.setUp(name)).send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    expect(await mapped()).toEqual(synced);
  });

  await test.step("Remove Integration names whose sync stops, deletes the copy and keeps the people", async () => {
    await integrations.open();
    await integrations.choose("Contoso", "Remove Integration");
    const dialog = page.getByRole("dialog", { name: "Remove Integration" });
    await expect(dialog.getByRole("listitem").filter({ hasText: name })).toBeVisible();
    await expectNoAxeViolations(page);
    await dialog.getByRole("button", { name: "Remove Integration" }).click();
    await expect(dialog).toBeHidden();
    await expect(integrations.table.getByText("Contoso", { exact: true })).toHaveCount(0);
    const [left] = await server.database.query("select count(*)::int as n from directory_user u join microsoft_tenant m on m.id = u.microsoft_tenant_id where m.removed_at is not null");
    expect(left?.["n"]).toBe(0);
    expect(await people()).toEqual(before);
    await page.reload();
    await expectHydrated(page);
    await expect(integrations.table.getByText("Contoso", { exact: true })).toHaveCount(0);
    await integrations.connect("contoso.example", "Contoso");
    await integrations.map("Contoso", name);
    await expect(await rowOf(integrations.table, { Tenant: name, "Last Sync": /ago|now/ })).toBeVisible();
    await visit(new URL(details).pathname);
    await (await tenant.setUp(name)).send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    expect(await mapped()).toEqual(synced);
  });

  await test.step("Delete Organization wants the name and keeps the audit", async () => {
    await toOverview();
    await settings.getByRole("link", { name: "Delete Organization" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete Organization" });
    await expect(dialog.getByText(`Its ${before.length} End Users are deleted with it.`)).toBeVisible();
    await expect(dialog.getByRole("link", { name: "Export them first" })).toBeVisible();
    await dialog.getByLabel("Type the name of the Organization to confirm").fill("Somebody Else");
    await dialog.getByRole("button", { name: "Delete Organization" }).click();
    await expect(dialog.getByText("The name does not match, so nothing was deleted.")).toBeVisible();
    await dialog.getByLabel("Type the name of the Organization to confirm").fill(name);
    await dialog.getByRole("button", { name: "Delete Organization" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
    await expectStays(page, async () => {
      await expect(organizations.table.getByRole("link", { name: "Second Office" }).first()).toBeVisible();
      await expect(organizations.table.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) })).toHaveCount(0);
    });
    const told = await server.database.query("select action from audit_event where subject_name = $1 order by at", [name]);
    expect(told.map((row) => row["action"])).toEqual(["create", "set_up", "set_up", "move", "move", "set_up", "set_up", "delete"]);
  });
});
