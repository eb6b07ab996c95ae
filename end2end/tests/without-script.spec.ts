import { expectedOf } from "../fixtures/expected.ts";
import { expect, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { lineOf } from "../pages/tenant.ts";

// The browser fetches our script ahead, is told not to run it, and wonders.
test.use({ standIn: { tenants: "contoso=30" }, javaScriptEnabled: false, expectedComplaints: /preloaded using link preload/ });

test("a sync is set up, previewed, read and disabled without JavaScript", async ({ page, server, microsoft }) => {
  const name = "Plain Pages";
  const directory = await microsoft.directory("contoso");

  await test.step("sign in, wrong and right", async () => {
    await page.goto("/runs");
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("Email or password is wrong.")).toBeVisible();
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Activity" })).toBeVisible();
  });

  await test.step("New Organization", async () => {
    await page.getByRole("link", { name: "Organizations" }).first().click();
    await page.getByRole("link", { name: "New Organization" }).click();
    const dialog = page.getByRole("dialog", { name: "New Organization" });
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByRole("button", { name: "Create Organization" }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    await expect(page.getByRole("main").getByRole("link", { name, exact: true })).toBeVisible();
  });

  await test.step("connect and map", async () => {
    await page.getByRole("link", { name: "Microsoft Tenant Integrations" }).click();
    await page.getByRole("button", { name: "Integrate" }).click();
    await page.getByRole("link", { name: "Single Tenant" }).click();
    const connect = page.getByRole("dialog", { name: "Single Tenant" });
    await connect.getByLabel("Microsoft tenant ID or domain").fill("contoso.example");
    await connect.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("button", { name: "Actions for Contoso" }).click();
    await page.getByRole("link", { name: "Map Tenant", exact: true }).click();
    const map = page.getByRole("dialog", { name: "Start Tenant Mapping" });
    await map.getByRole("combobox", { name: "Tenant" }).selectOption({ label: name });
    await map.getByRole("button", { name: "Start Tenant Mapping" }).click();
    // The page does not ask again by itself here.
    await expect(async () => {
      await page.reload();
      expect(await (await rowOf(page.getByRole("table", { name: "Microsoft tenants" }), { Tenant: name, "Last Sync": /ago|now/ })).count()).toBe(1);
    }).toPass();
  });

  const filters = { licenseStatus: ["licensed"] };
  const organizations = page.getByRole("table", { name: "Customer Organizations" });
  await test.step("Set Up with Preview and Enable Sync", async () => {
    await page.getByRole("link", { name, exact: true }).click();
    await (await rowOf(organizations, { Organization: name })).getByRole("link", { name: "Set Up" }).click();
    const dialog = page.getByRole("dialog", { name: "Set Up Microsoft Entra ID User Sync" });
    const line = dialog.getByRole("status").filter({ hasText: "Microsoft users match" });
    await expect(line).toHaveText(lineOf(expectedOf(directory, {})));
    // Nothing clears All here when a value is ticked: what was ticked last counts.
    await dialog.locator("summary", { hasText: "Microsoft 365 License Status" }).click();
    await dialog.getByRole("checkbox", { name: "Licensed", exact: true }).check();
    await dialog.getByRole("button", { name: "Preview" }).click();
    await expect(line).toHaveText(lineOf(expectedOf(directory, filters)));
    await expect(dialog.locator("summary", { hasText: "Microsoft 365 License Status" })).toHaveText(/1 of 2$/);
    await dialog.locator("summary", { hasText: "Microsoft 365 License Status" }).click();
    const section = dialog.getByRole("group", { name: "Microsoft 365 License Status", exact: true });
    await section.getByRole("checkbox", { name: "All", exact: true }).uncheck();
    for (const box of await section.getByRole("checkbox").all()) if (await box.isChecked()) await box.uncheck();
    await section.getByRole("checkbox", { name: "Licensed", exact: true }).check();
    await dialog.getByRole("button", { name: "Preview" }).click();
    await expect(line).toHaveText(lineOf(expectedOf(directory, filters)));
    await dialog.getByRole("button", { name: "Enable Sync" }).click();
    await expect(page.getByText("The sync is in progress. You may leave this page.")).toBeVisible();
    await expect(async () => {
      await page.reload();
      expect(await (await rowOf(organizations, { Organization: name, "Microsoft User Sync": "Enabled" })).count()).toBe(1);
    }).toPass();
  });

  await test.step("read and search the people", async () => {
    const { created } = expectedOf(directory, filters);
    await page.getByRole("link", { name, exact: true }).click();
    await expect(page.getByText(`1–${created.length} of ${created.length}`)).toBeVisible();
    const one = created[0]?.email ?? "";
    await page.getByRole("searchbox", { name: "Search End Users" }).fill(one);
    await page.keyboard.press("Enter");
    await expect(page.getByText("1–1 of 1")).toBeVisible();
    await expectRowVisible(page.getByRole("table", { name: "End Users" }), { Email: one });
    await page.getByLabel("Microsoft status").selectOption("Not synced");
    await page.getByRole("button", { name: "Show" }).click();
    await expect(page.getByText("Nobody matches")).toBeVisible();
    await page.getByRole("link", { name: "Manage" }).click();
  });

  await test.step("an empty section is refused with its name", async () => {
    await page.getByRole("button", { name: `Actions for ${name}` }).click();
    await page.getByRole("link", { name: "Edit User Sync Filters" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit User Sync Filters" });
    await dialog.locator("summary", { hasText: "Microsoft 365 License Status" }).click();
    await dialog.getByRole("checkbox", { name: "Licensed", exact: true }).uncheck();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByText("Microsoft 365 License Status: nothing is ticked")).toBeVisible();
    // The choice that was sent is there, unfolded, with the message at the section; ticking a value mends it.
    const section = dialog.getByRole("group", { name: "Microsoft 365 License Status", exact: true });
    await expect(section.getByText("Tick at least one value, or All.")).toBeVisible();
    await section.getByRole("checkbox", { name: "Licensed", exact: true }).check();
    await section.getByRole("checkbox", { name: "Unlicensed", exact: true }).check();
    await dialog.getByRole("button", { name: "Preview" }).click();
    await expect(dialog.locator("summary", { hasText: "would join" })).toBeVisible();
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Filters saved.")).toBeVisible();
  });

  await test.step("a choice made on a page that is out of date is refused and comes back", async () => {
    await page.getByRole("button", { name: `Actions for ${name}` }).click();
    await page.getByRole("link", { name: "Edit User Sync Filters" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit User Sync Filters" });
    await dialog.locator("summary", { hasText: "User Type" }).click();
    await dialog.getByRole("group", { name: "User Type", exact: true }).getByRole("checkbox", { name: "All", exact: true }).uncheck();
    await dialog.getByRole("checkbox", { name: "Member", exact: true }).check();
    await server.database.query("update user_sync set updated_at = now()");
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(dialog.getByText("Somebody else changed this user sync while the dialog was open.")).toBeVisible();
    await expect(dialog.locator("summary", { hasText: "User Type" })).toHaveText(/1 of 2/);
    await dialog.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Filters saved.")).toBeVisible();
  });

  await test.step("Disable User Sync", async () => {
    await page.goto(page.url().split("?")[0] ?? "");
    await page.getByRole("button", { name: `Actions for ${name}` }).click();
    await page.getByRole("link", { name: "Disable User Sync" }).click();
    await page.getByRole("dialog", { name: "Disable User Sync" }).getByRole("button", { name: "Disable User Sync" }).click();
    await expect(page.getByText("User sync disabled. Existing End Users remain.")).toBeVisible();
    await expect((await rowOf(organizations, { Organization: name })).getByRole("link", { name: "Set Up" })).toBeVisible();
  });

  await test.step("a form that is sent when the session is over leads to the sign-in and back to its page", async () => {
    await page.goto("/organizations?dialog=new");
    const dialog = page.getByRole("dialog", { name: "New Organization" });
    await dialog.getByLabel("Name").fill("Too Late");
    await page.context().clearCookies();
    await dialog.getByRole("button", { name: "Create Organization" }).click();
    await expect(page.getByText("Your session was over, so nothing was saved.")).toBeVisible();
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(dialog).toBeVisible();
    await page.goto("/organizations");
    await expect(page.getByRole("link", { name: "Too Late" })).toHaveCount(0);
  });

  await test.step("sign out", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  });
});
