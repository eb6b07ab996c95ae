import { expect, expectHydrated, expectNoAxeViolations, rowOf, test } from "../fixtures/test.ts";
import { AssetPage, AssetsPage } from "../pages/assets.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { RunPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

// A form that is refused answers 422, and the browser says so.
test.use({ standIn: { tenants: "fabrikam=25" }, expectedComplaints: /status of 422/ });

test("an Asset finds its person by MAC, what a person decides stays, and a dock is a conflict with its evidence", async ({ page, microsoft, signIn, visit }) => {
  const name = "Fabrikam Joinery";
  const hire = (given: string) =>
    microsoft.createUser("fabrikam", { displayName: `${given} Lind`, mail: `${given.toLowerCase()}@fabrikam.example` });
  const [ana, ben] = [await hire("Ana"), await hire("Ben")];
  const laptop = await microsoft.createDevice("fabrikam", {
    deviceName: "FAB-LT-900",
    serialNumber: "PF900",
    userId: ana.id,
    wiFiMacAddress: "04-1A-2B-3C-4D-5E",
    ethernetMacAddress: "04.66.66.66.66.66",
  });
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  const tenant = new TenantPage(page);
  const assets = new AssetsPage(page);
  const asset = new AssetPage(page);
  const run = async () => {
    await tenant.open(name);
    await tenant.syncNow();
    return new RunPage(page);
  };
  const openAsset = async (called: string) => {
    await visit("/assets");
    await (await rowOf(assets.table, { Asset: called })).getByRole("link", { name: called }).click();
    await expect(page.getByRole("heading", { level: 1, name: called })).toBeVisible();
  };

  await test.step("the empty table says where Assets come from", async () => {
    await visit("/assets");
    await expect(assets.table.getByText("Assets come from the agent, an import, New Asset or the API")).toBeVisible();
    await expectNoAxeViolations(page);
  });

  await test.step("New Asset names the wrong MAC address and loses nothing that was typed", async () => {
    await assets.openOf(name);
    const dialog = await assets.newAsset();
    await dialog.getByLabel("Name").fill("Ana's laptop");
    await dialog.getByLabel("Serial Number").fill("PF900");
    await dialog.getByLabel("MAC Addresses").fill("041a.2b3c.4d5e, 04:66:66:66:66:6X");
    await dialog.getByRole("button", { name: "Create Asset" }).click();
    await expect(dialog.getByText("“04:66:66:66:66:6X” is not a MAC address")).toBeVisible();
    await expect(dialog.getByLabel("Name")).toHaveValue("Ana's laptop");
    await expect(dialog.getByLabel("Serial Number")).toHaveValue("PF900");
    await expectNoAxeViolations(page);
    await dialog.getByLabel("MAC Addresses").fill("041a.2b3c.4d5e");
    await dialog.getByRole("button", { name: "Create Asset" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Ana's laptop" })).toBeVisible();
    await asset.expectOwner("No user sync is enabled for this Organization");
    await assets.openOf(name);
    await assets.add("Dock at desk 4", "04:66:66:66:66:66");
    await assets.openOf(name);
    await assets.add("Printer", "00-1B-A9-10-20-30");
  });

  await test.step("the first run assigns what it can", async () => {
    await tenant.open(name);
    const dialog = await tenant.setUp(name);
    await dialog.send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    await openAsset("Ana's laptop");
    await asset.expectOwner("Ana Lind", /By the sync, by its MAC address 04:1A:2B:3C:4D:5E \(Wi-Fi of FAB-LT-900/);
    await expect(asset.history.getByText("Assigned by the sync")).toBeVisible();
    await expectNoAxeViolations(page);
  });

  await test.step("the contact's page shows it under Associated Assets", async () => {
    await asset.owner.getByRole("link", { name: "Ana Lind" }).click();
    const associated = page.getByRole("table", { name: "Associated Assets" });
    await expect(await rowOf(associated, { Asset: "Ana's laptop" })).toBeVisible();
    await page.reload();
    await expectHydrated(page);
    await expect(associated.getByText("By the sync, by Wi-Fi 04:1A:2B:3C:4D:5E")).toBeVisible();
    await expectNoAxeViolations(page);
  });

  await test.step("nothing matches the printer, so a person assigns it; the next run writes nothing", async () => {
    await openAsset("Printer");
    await asset.expectOwner("Nobody has decided");
    await asset.assign("Ben Lind");
    await asset.expectOwner("Ben Lind", /By hand, by/);
    await (await run()).expectNothingWritten();
    await openAsset("Printer");
    await asset.expectOwner("Ben Lind", /By hand, by/);
  });

  await test.step("what a person decided against the sync stays until Let the sync decide", async () => {
    await openAsset("Ana's laptop");
    await asset.assign("Ben Lind");
    await run();
    await openAsset("Ana's laptop");
    await asset.expectOwner("Ben Lind", /By hand, by/);
    await asset.owner.getByRole("button", { name: "Let the sync decide" }).click();
    await expect(page.getByRole("status").filter({ hasText: "The next run decides who has this Asset." })).toBeVisible();
    await run();
    await openAsset("Ana's laptop");
    await asset.expectOwner("Ana Lind", /By the sync/);
  });

  await test.step("a second device in the dock is a conflict with its evidence", async () => {
    await openAsset("Dock at desk 4");
    await asset.expectOwner("Ana Lind", /Ethernet of FAB-LT-900/);
    await microsoft.createDevice("fabrikam", {
      deviceName: "FAB-LT-901",
      userId: ben.id,
      wiFiMacAddress: "041A2B3C4D60",
      ethernetMacAddress: "046666666666",
    });
    await run();
    const changed = page.getByRole("table", { name: "Assets of this run" });
    await expect(await rowOf(changed, { Asset: "Dock at desk 4", What: /In conflict/ })).toBeVisible();
    await openAsset("Dock at desk 4");
    await asset.expectOwner("Conflict: the sync assigns this Asset to nobody", "FAB-LT-900", "FAB-LT-901");
    const evidence = page.getByRole("table", { name: "Evidence" });
    await expect(await rowOf(evidence, { Device: "FAB-LT-900", "Primary user": "Ana Lind" })).toBeVisible();
    await expect(await rowOf(evidence, { Device: "FAB-LT-901", "Primary user": "Ben Lind" })).toBeVisible();
    await expectNoAxeViolations(page);
  });

  await test.step("the table finds a MAC in any spelling, on a phone too", async () => {
    await visit("/assets");
    await assets.search("04-1a-2b");
    await expect(await rowOf(assets.table, { Asset: "Ana's laptop", Organization: name, "Serial Number": "PF900" })).toBeVisible();
    await page.setViewportSize({ width: 320, height: 800 });
    await expect(assets.table.getByText("04:1A:2B:3C:4D:5E")).toBeVisible();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide, "nothing is wider than the phone").toBeLessThanOrEqual(320);
    await expectNoAxeViolations(page);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  await test.step("the assignment outlives its device, and Delete asks first", async () => {
    await microsoft.updateDevice("fabrikam", laptop.id, { wiFiMacAddress: "041A2B3C4DFF" });
    await run();
    await openAsset("Ana's laptop");
    await asset.expectOwner("Ana Lind", "The device is gone, or has another MAC address now");
    await page.getByRole("link", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete Asset" });
    await dialog.getByRole("button", { name: "Delete Asset" }).click();
    await expect(dialog).toBeHidden();
    await expect(assets.table.getByText("Printer")).toBeVisible();
    await expect(assets.table.getByText("Ana's laptop")).toBeHidden();
  });
});

test.describe("without script", () => {
  // The browser fetches our script ahead, is told not to run it, and wonders.
  test.use({ javaScriptEnabled: false, expectedComplaints: /preloaded using link preload/ });

  test("an Asset is made, assigned and left to the sync", async ({ page, server }) => {
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.goto("/organizations?dialog=new");
    await page.getByLabel("Name").fill("Plain Paper");
    await page.getByRole("button", { name: "Create Organization" }).click();
    await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "Assets" }).click();
    await page.getByRole("link", { name: "New Asset" }).click();
    const dialog = page.getByRole("dialog", { name: "New Asset" });
    await dialog.getByLabel("Name").fill("Typewriter");
    await dialog.getByLabel("MAC Addresses").fill("nonsense");
    await dialog.getByRole("button", { name: "Create Asset" }).click();
    await expect(page.getByText("“nonsense” is not a MAC address")).toBeVisible();
    await expect(page.getByLabel("Name")).toHaveValue("Typewriter");
    await page.getByLabel("MAC Addresses").fill("");
    await page.getByRole("button", { name: "Create Asset" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Typewriter" })).toBeVisible();
    const owner = page.getByRole("region", { name: "Owner Information" });
    await owner.getByRole("button", { name: "Assign" }).click();
    await expect(owner.getByText(/By hand, by/)).toBeVisible();
    await page.getByRole("button", { name: "Let the sync decide" }).click();
    await expect(owner.getByText("Nobody has decided")).toBeVisible();
  });
});
