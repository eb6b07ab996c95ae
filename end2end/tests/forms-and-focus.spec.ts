import type { Locator, Page } from "@playwright/test";
import { heading, pathOf } from "../fixtures/hostile.ts";
import { expect, expectHydrated, test } from "../fixtures/test.ts";
import { AssetPage } from "../pages/assets.ts";
import { MicrosoftTenantsPage, mappedCustomer } from "../pages/customers.ts";
import { EndUserPage } from "../pages/end-user.ts";
import { TenantPage } from "../pages/tenant.ts";

// A server that can't be reached, a session that is over and a form that is refused are the point here.
test.use({ standIn: { tenants: "contoso=12" }, expectedComplaints: /Failed to load resource/ });

/** Adds something by its dialog over a list, and ends on its page; that page's path. */
async function add(page: Page, list: string, title: "New Organization" | "New End User" | "New Asset", name: string): Promise<string> {
  await page.goto(`${list}?dialog=new`);
  await expectHydrated(page);
  const dialog = page.getByRole("dialog", { name: title });
  await dialog.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await dialog.getByRole("button", { name: title.replace("New", "Create") }).click();
  await expect(heading(page, name)).toBeVisible();
  return pathOf(page);
}

/** Waits until the dialog has the focus, leaves it with Escape, and finds the focus there. */
async function expectGivenBack(page: Page, dialog: string, to: Locator): Promise<void> {
  await expect(page.getByRole("dialog", { name: dialog }).getByRole("heading", { name: dialog })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(to).toBeFocused();
}

test("a save that fails takes nothing away that was typed", async ({ page, context, signIn, visit }) => {
  await signIn();
  const path = await add(page, "/organizations", "New Organization", "Typed In Vain");
  const [person, asset] = [new EndUserPage(page), new AssetPage(page)];
  const forms = [
    ["New End User", "end-users", person.field("Phone"), "+31 20 555 0100"],
    ["New Asset", "assets", page.getByLabel("Serial Number"), "PF900"],
  ] as const;
  for (const [title, tab, field, typed] of forms) {
    await test.step(title.replace("New ", ""), async () => {
      await add(page, `${path}/${tab}`, title, "Somebody's");
      await field.fill(typed);
      await page.route("**/api/**", (route) => route.abort());
      await person.save();
      await expect(page.getByRole("alert").filter({ hasText: "The server can't be reached" })).toBeVisible();
      await expect(field).toHaveValue(typed);
      await page.unroute("**/api/**");
      await context.clearCookies();
      await person.save();
      await expect(page.getByRole("alert").filter({ hasText: "Your session is over" })).toBeVisible();
      await expect(field).toHaveValue(typed);
      await signIn();
      await person.save();
      await expect(person.toast("Changes saved.")).toBeVisible();
      await visit(pathOf(page));
      await expect(field).toHaveValue(typed);
    });
  }
  await test.step("an Asset that is assigned meanwhile", async () => {
    const serial = page.getByLabel("Serial Number");
    await serial.fill("PF901");
    await asset.owner.getByRole("button", { name: "Assign" }).click();
    await expect(asset.owner.getByText(/By hand, by/)).toBeVisible();
    await expect(serial).toHaveValue("PF901");
    await asset.owner.getByRole("button", { name: "Let the sync decide" }).click();
    await expect(asset.owner.getByText("Nobody has decided")).toBeVisible();
    await expect(serial).toHaveValue("PF901");
    // What the server makes of it stands there once it is saved.
    await page.getByLabel("MAC Addresses").fill("001a.2b3c.4d5e");
    await person.save();
    await expect(page.getByLabel("MAC Addresses")).toHaveValue("00:1A:2B:3C:4D:5E");
    await expect(serial).toHaveValue("PF901");
  });
});

test("a suggestion is taken by a key only when it answers to what was typed", async ({ page, signIn }) => {
  await signIn();
  const path = await add(page, "/organizations", "New Organization", "Slow Suggestions");
  for (const name of ["Abel First", "Woodrow Last"]) await add(page, `${path}/end-users`, "New End User", name);
  await add(page, `${path}/assets`, "New Asset", "Laptop");
  const { owner } = new AssetPage(page);
  const contact = owner.getByRole("combobox", { name: "Assigned Contact" });
  const suggestion = (name: string) => owner.getByRole("option", { name });
  await page.route("**/api/assignable*", (route) => setTimeout(() => void route.continue(), 1_000));
  await contact.fill("Woodrow");
  await page.keyboard.press("Enter");
  await expect(contact).toHaveValue("Woodrow");
  await expect(suggestion("Woodrow Last")).toHaveAttribute("aria-selected", "true");
  await expect(suggestion("Abel First")).toHaveCount(0);
  await page.keyboard.press("Enter");
  await expect(contact).toHaveValue("Woodrow Last");
  await contact.fill("abel");
  await expect(suggestion("Abel First")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Tab");
  await expect(contact).toHaveValue("Abel First");
  await owner.getByRole("button", { name: "Assign" }).click();
  await expect(owner.getByRole("link", { name: "Abel First" })).toBeVisible();
});

test("another page starts at its heading, and a search leaves the focus where it is", async ({ page, signIn, visit }) => {
  await signIn();
  const path = await add(page, "/organizations", "New Organization", "Focus Forwarders");
  await visit("/organizations");
  const main = page.getByRole("navigation", { name: "Main" });
  await main.getByRole("link", { name: "Activity" }).click();
  await expect(heading(page, "Activity")).toBeFocused();
  await main.getByRole("link", { name: "Organizations" }).click();
  await expect(heading(page, "Organizations")).toBeFocused();
  const search = page.getByRole("searchbox", { name: "Search Organizations" });
  await search.fill("Focus");
  await search.press("Enter");
  await page.waitForURL((url) => url.searchParams.get("search") === "Focus");
  await expect(search).toBeFocused();
  await page.getByRole("link", { name: "Focus Forwarders", exact: true }).first().click();
  await expect(heading(page, "Focus Forwarders")).toBeFocused();
  await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "End Users" }).click();
  await page.waitForURL(`${path}/end-users`);
  await expect(heading(page, "Focus Forwarders")).toBeFocused();
  await page.goBack();
  await expect(heading(page, "Focus Forwarders")).toBeFocused();
});

test("dialogs give the focus back, also when they were opened from a menu or took their button away", async ({ page, signIn, microsoft, visit }) => {
  const name = "Boomerang Bakery";
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const [details, tenant] = [pathOf(page), new TenantPage(page)];
  const [setUp, actions] = [page.getByRole("link", { name: "Set Up", exact: true }), page.getByRole("button", { name: `Actions for ${name}` })];
  await test.step("Microsoft Tenant Integrations", async () => {
    const integrations = new MicrosoftTenantsPage(page);
    await integrations.open();
    for (const item of ["Check Permissions", "Unmap Tenant", "Remove Integration"]) {
      await integrations.choose("Contoso", item);
      await expectGivenBack(page, item, page.getByRole("button", { name: "Actions for Contoso" }));
    }
    await page.getByRole("button", { name: "Integrate" }).click();
    await page.getByRole("menuitem", { name: "Single Tenant" }).click();
    await expectGivenBack(page, "Single Tenant", page.getByRole("button", { name: "Integrate" }));
  });
  await test.step("Set Up from the End Users", async () => {
    await visit(details);
    await tenant.table.getByRole("link", { name, exact: true }).click();
    await page.getByRole("link", { name: "Set Up Microsoft User Sync" }).click();
    await expectGivenBack(page, "Set Up Microsoft Entra ID User Sync", setUp);
  });
  await test.step("Enable Sync, Edit and Disable", async () => {
    await (await tenant.setUp(name)).send("Enable Sync");
    await expect(actions).toBeFocused();
    await tenant.expectSync(name, "Enabled");
    for (const item of ["Edit User Sync Filters", "Disable User Sync"]) {
      await tenant.choose(name, item);
      await expectGivenBack(page, item, actions);
    }
  });
  await test.step("the Tenant is renamed while a run is at work", async () => {
    await microsoft.break({ path: "/v1.0/users", kind: "delay", delayMs: 15_000, times: 1 });
    await page.getByRole("button", { name: "Sync Now" }).click();
    await page.locator("summary", { hasText: "Edit name" }).click();
    // What is typed while an answer is under way: the view in sight is the former one then.
    let release = () => {};
    const typed = new Promise<void>((resolve) => (release = resolve));
    await page.route(/\/api\/tenant\d/, async (route) => {
      await typed;
      await route.continue();
    });
    await page.waitForRequest(/\/api\/tenant\d/);
    await page.getByLabel("Tenant name").fill("Boomerang Group");
    release();
    await page.unrouteAll({ behavior: "wait" });
    for (let answer = 0; answer < 2; answer += 1) await page.waitForResponse((response) => /\/api\/tenant\d/.test(response.url()));
    await expect(page.getByLabel("Tenant name")).toHaveValue("Boomerang Group");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(heading(page, "Boomerang Group")).toBeVisible();
    await microsoft.mend();
    await tenant.expectSync(name, "Enabled", 30_000);
  });
  await test.step("Disable User Sync takes the menu away", async () => {
    await tenant.disable(name);
    await expect(setUp).toBeFocused();
  });
});

test.describe("without script", () => {
  // The browser fetches our script ahead, is told not to run it, and wonders.
  test.use({ javaScriptEnabled: false, expectedComplaints: /preloaded using link preload|Failed to load resource/ });

  test("a refused dialog says why", async ({ page, server }) => {
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    const dialog = page.getByRole("dialog");
    for (const again of [false, true]) {
      await page.goto("/organizations?dialog=new");
      await dialog.getByLabel("Name").fill("Same Again");
      await dialog.getByRole("button", { name: "Create Organization" }).click();
      if (again) await expect(dialog.getByRole("alert")).toContainText("There is an Organization of this name already.");
      else await expect(heading(page, "Same Again")).toBeVisible();
    }
    await expect(dialog.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Same Again");
    await dialog.getByRole("checkbox", { name: "Add a second Organization of this name" }).check();
    await dialog.getByRole("button", { name: "Create Organization" }).click();
    await expect(dialog).toHaveCount(0);
    await page.goto("/microsoft-tenants?dialog=integrate");
    await dialog.getByLabel("Microsoft tenant ID or domain").fill("nobody has this");
    await dialog.getByRole("button", { name: "Connect" }).click();
    await expect(dialog.getByRole("alert")).toBeVisible();
  });
});
