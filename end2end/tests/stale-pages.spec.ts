import type { Locator, Page } from "@playwright/test";
import { expectedOf } from "../fixtures/expected.ts";
import { heading, pathOf } from "../fixtures/hostile.ts";
import { expect, expectHydrated, test } from "../fixtures/test.ts";
import { AssetPage } from "../pages/assets.ts";
import { MicrosoftTenantsPage, mappedCustomer, OrganizationsPage } from "../pages/customers.ts";
import { EndUserPage } from "../pages/end-user.ts";
import { TenantPage } from "../pages/tenant.ts";

// What is refused or gone is answered with 422 and 404, and the browser says so.
test.use({ standIn: { tenants: "contoso=6,fabrikam=16" }, expectedComplaints: /status of (404|422)/ });

test.beforeEach(async ({ signIn }) => {
  await signIn();
});

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expectHydrated(page);
}

/** Adds an Organization; its path. */
async function organization(page: Page, name: string): Promise<string> {
  await new OrganizationsPage(page).open();
  await new OrganizationsPage(page).add(name);
  await expect(heading(page, name)).toBeVisible();
  return pathOf(page);
}

/** Adds something by its dialog on a tab of an Organization; its path. */
async function added(page: Page, tab: string, title: "New End User" | "New Asset", fields: Record<string, string>): Promise<string> {
  await open(page, `${tab}?dialog=new`);
  const dialog = page.getByRole("dialog", { name: title });
  for (const [label, value] of Object.entries(fields)) await dialog.getByRole("textbox", { name: label, exact: true }).fill(value);
  await dialog.getByRole("button", { name: title.replace("New", "Create") }).click();
  await page.waitForURL(/(end-users|assets)\/[\w-]{36}/);
  return pathOf(page);
}

async function deleteOrganization(page: Page, path: string, name: string): Promise<void> {
  await open(page, `${path}?dialog=delete`);
  const dialog = page.getByRole("dialog", { name: "Delete Organization" });
  await dialog.getByLabel("Type the name of the Organization to confirm").fill(name);
  await dialog.getByRole("button", { name: "Delete Organization" }).click();
  await expect(heading(page, "Organizations")).toBeVisible();
}

test("a page of what somebody deleted meanwhile says so", async ({ page, context }) => {
  const name = "Gone Meanwhile";
  const path = await organization(page, name);
  const theirs = await context.newPage();
  const expectGone = (what: string) => expect(page.getByText(`${what} does not exist any more`).first()).toBeVisible();
  const remove = async (at: string) => {
    await open(theirs, `${at}?dialog=delete`);
    const dialog = theirs.getByRole("dialog");
    await dialog.getByRole("button", { name: /^Delete/ }).click();
    await expect(dialog).toBeHidden();
  };

  await test.step("End User details", async () => {
    await remove(await added(page, `${path}/end-users`, "New End User", { Name: "Deleted Person" }));
    await new EndUserPage(page).field("Phone").fill("+31 20 555 0100");
    await new EndUserPage(page).save();
    await expectGone("This End User");
  });
  await test.step("Asset details, first without the contact", async () => {
    const person = await added(page, `${path}/end-users`, "New End User", { Name: "Former Contact" });
    const asset = await added(page, `${path}/assets`, "New Asset", { Name: "Deleted Asset" });
    const { owner } = new AssetPage(page);
    await owner.getByRole("combobox", { name: "Assigned Contact" }).fill("Former");
    await owner.getByRole("option", { name: "Former Contact" }).click();
    await remove(person);
    await owner.getByRole("button", { name: "Assign" }).click();
    await expectGone("This End User");
    await remove(asset);
    await page.getByLabel("Serial Number").fill("PF900");
    await page.getByRole("button", { name: "Save Changes" }).click();
    await expectGone("This Asset");
  });
  await test.step("Edit and Delete Organization", async () => {
    const older = await context.newPage();
    await open(older, `${path}?dialog=delete`);
    await open(page, `${path}?dialog=edit`);
    await page.getByRole("dialog").getByLabel("Phone").fill("+31 20 555 0100");
    await deleteOrganization(theirs, path, name);
    await page.getByRole("dialog").getByRole("button", { name: "Save Changes" }).click();
    await expect(page.getByRole("dialog").getByRole("alert")).toContainText("This Organization does not exist any more");
    await older.getByRole("dialog").getByLabel("Type the name of the Organization to confirm").fill(name);
    await older.getByRole("dialog").getByRole("button", { name: "Delete Organization" }).click();
    await expect(older.getByRole("dialog").getByRole("alert")).toContainText("This Organization does not exist any more");
  });
});

test("nobody is added to an Organization that somebody deleted meanwhile", async ({ page, context, visit }) => {
  const path = await organization(page, "Gone Before");
  await visit(`${path}/end-users?dialog=new`);
  const dialog = page.getByRole("dialog", { name: "New End User" });
  await dialog.getByLabel("Name").fill("Too Late");
  await deleteOrganization(await context.newPage(), path, "Gone Before");
  await dialog.getByRole("button", { name: "Create End User" }).click();
  await expect(page.getByText("This Organization does not exist any more").first()).toBeVisible();
  await expect(page.getByText("End User added.")).toHaveCount(0);
});

test("an older form takes nothing back that somebody else saved", async ({ page, context, visit }) => {
  const path = await organization(page, "Two Editors");
  const theirs = await context.newPage();
  /** Either it is told and what was typed is still there, or both changes are kept. */
  const expectTold = async (field: Locator, typed: string) => {
    await expect(page.getByRole("alert").or(page.getByRole("status").filter({ hasText: /saved/i })).first()).toBeVisible();
    if (await page.getByRole("alert").isVisible()) await expect(field).toHaveValue(typed);
  };
  await test.step("Edit Organization", async () => {
    for (const there of [page, theirs]) await open(there, `${path}?dialog=edit`);
    const [mine, other] = [page.getByRole("dialog"), theirs.getByRole("dialog")];
    await other.getByLabel("Email").fill("office@editors.example");
    await other.getByRole("button", { name: "Save Changes" }).click();
    await expect(other).toBeHidden();
    await mine.getByLabel("Phone").fill("+31 20 555 0100");
    await mine.getByRole("button", { name: "Save Changes" }).click();
    await expectTold(mine.getByLabel("Phone"), "+31 20 555 0100");
    await theirs.reload();
    await expect.soft(theirs.getByRole("region", { name: "INFORMATION" }).getByText("office@editors.example")).toBeVisible();
  });
  await test.step("Asset details", async () => {
    const asset = await added(page, `${path}/assets`, "New Asset", { Name: "Shared Laptop" });
    for (const there of [page, theirs]) await open(there, asset);
    await theirs.getByLabel("Serial Number").fill("PF901");
    await theirs.getByRole("button", { name: "Save Changes" }).click();
    await expect(theirs.getByRole("status").filter({ hasText: "Changes saved." }).first()).toBeVisible();
    await page.getByLabel("MAC Addresses").fill("00:1A:2B:3C:4D:5E");
    await page.getByRole("button", { name: "Save Changes" }).click();
    await expectTold(page.getByLabel("MAC Addresses"), "00:1A:2B:3C:4D:5E");
    await visit(asset);
    await expect.soft(page.getByLabel("Serial Number")).toHaveValue("PF901");
  });
  await test.step("Assigned Contact", async () => {
    await added(page, `${path}/end-users`, "New End User", { Name: "First Contact" });
    const asset = await added(page, `${path}/assets`, "New Asset", { Name: "Wanted Laptop" });
    await open(theirs, asset);
    await new AssetPage(theirs).assign("First Contact");
    const mine = new AssetPage(page);
    await mine.owner.getByRole("button", { name: "Assign" }).click();
    await expect(mine.owner.getByRole("alert")).toContainText("assigned this Asset otherwise after you opened this page");
    await visit(asset);
    await mine.expectOwner("First Contact");
  });
  await test.step("Tenant name", async () => {
    await open(page, path);
    await page.getByRole("region", { name: "INFORMATION" }).getByRole("link", { name: "Two Editors", exact: true }).click();
    await page.waitForURL(/\/tenants\//);
    await open(theirs, pathOf(page));
    const rename = async (there: Page, name: string) => {
      const panel = there.getByRole("complementary", { name: "Tenant" });
      await panel.locator("summary").click();
      await panel.getByLabel("Tenant name").fill(name);
      await panel.getByRole("button", { name: "Save" }).click();
    };
    await rename(theirs, "Editors Group");
    await expect(heading(theirs, "Editors Group")).toBeVisible();
    await rename(page, "Editors Holding");
    await expect(page.getByText("Somebody renamed this Tenant after you opened this page")).toBeVisible();
    await expect(page.getByLabel("Tenant name")).toHaveValue("Editors Holding");
    await visit(pathOf(page));
    await expect(heading(page, "Editors Group")).toBeVisible();
  });
});

test("a Tenant unmapped while its filters are chosen is told of, and the choice waits", async ({ page, context }) => {
  const name = "Unmapped Meanwhile";
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const tenant = new TenantPage(page);
  const filters = await tenant.setUp(name);
  await filters.tick("User Type", ["Member"]);
  const theirs = await context.newPage();
  const integrations = new MicrosoftTenantsPage(theirs);
  await integrations.open();
  await integrations.choose("Contoso", "Unmap Tenant");
  await theirs.getByRole("dialog").getByRole("button", { name: "Unmap Tenant" }).click();
  await expect(theirs.getByRole("dialog")).toBeHidden();

  await filters.dialog.getByRole("button", { name: "Enable Sync" }).click();
  await expect(filters.dialog.getByRole("alert")).toContainText("This Organization's Tenant is not mapped to a Microsoft tenant. Map it in Microsoft Tenant Integrations first.");
  await expect(filters.dialog.locator("summary", { hasText: /^User Type/ })).toHaveText(/1 of 2/);
  await integrations.map("Contoso", name);
  await filters.send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  await expect((await tenant.edit(name)).dialog.locator("summary", { hasText: /^User Type/ })).toHaveText(/1 of 2/);
});

test("held changes that somebody dropped meanwhile can't be approved, and the page says so", async ({ page, context, microsoft }) => {
  const name = "Dropped Meanwhile";
  const tenant = new TenantPage(page);
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  const { created } = expectedOf(await microsoft.directory("fabrikam"), {});
  for (const { user } of created.slice(0, Math.ceil(created.length / 2))) await microsoft.updateUser("fabrikam", user.id, { accountEnabled: false });
  await tenant.syncNow();
  await expect(page.getByRole("table", { name: "Held changes" })).toBeVisible();
  const theirs = await context.newPage();
  await open(theirs, pathOf(page));
  await theirs.getByRole("button", { name: "Drop All" }).click();
  const dropped = (there: Page) => there.getByRole("table", { name: "Dropped changes" });
  await expect(dropped(theirs)).toBeVisible();

  await page.getByRole("button", { name: "Approve All" }).click();
  await expect(dropped(page)).toBeVisible();
  await expect(page.getByText("None of these rows is held any more")).toBeVisible();
});
