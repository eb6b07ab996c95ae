import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { AssetPage, AssetsPage } from "../pages/assets.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUserPage } from "../pages/end-user.ts";
import { FilesPage } from "../pages/files.ts";
import { RunPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "fabrikam=0" } });

const JUNK = "To be filled by O.E.M.";

/** As the agent might report them: name, serial number, MAC addresses. */
const ASSETS = `Asset,Serial Number,MAC Addresses
Shared by two,SH-1,04:1A:00:00:00:07; 04:1A:00:00:00:08
Twin A,TW-A,04-1a-00-00-00-01
Twin B,TW-B,041A.0000.0001
Randomised with its serial,PF RND,da:a1:19:00:00:01
Randomised with another,OTHER,DAA119000002
Randomised with junk,${JUNK},DA:A1:19:00:00:03
Android constant,AN-1,02:00:00:00:00:00
Goes along,GO-1,04:1A:00:00:00:02
By hand,BH-1,04:1A:00:00:00:09
`;

test("a device's evidence decides: two owners, twins, randomised and junk addresses, and a device that changes hands", async ({ page, microsoft, signIn, visit }) => {
  const name = "Fabrikam Evidence";
  const hire = (given: string) =>
    microsoft.createUser("fabrikam", { displayName: `${given} Lind`, mail: `${given.toLowerCase()}@fabrikam.example` });
  const [ana, ben, cleo] = [await hire("Ana"), await hire("Ben"), await hire("Cleo")];
  const enrol = (deviceName: string, userId: string, wiFiMacAddress: string, serialNumber = deviceName) =>
    microsoft.createDevice("fabrikam", { deviceName, userId, wiFiMacAddress, serialNumber });
  await enrol("LT-7", ana.id, "04:1A:00:00:00:07");
  await enrol("LT-8", ben.id, "04:1A:00:00:00:08");
  await enrol("LT-1", ana.id, "041A00000001");
  await enrol("LT-RND", ana.id, "DA:A1:19:00:00:01", "PF-RND");
  await enrol("LT-RND-2", ben.id, "DA:A1:19:00:00:02", "PF-RND-2");
  await enrol("LT-JUNK", cleo.id, "DA:A1:19:00:00:03", JUNK);
  await enrol("PHONE", cleo.id, "02:00:00:00:00:00");
  const goes = await enrol("LT-2", ben.id, "04-1A-00-00-00-02");
  const decided = await enrol("LT-9", ana.id, "04:1A:00:00:00:09");
  const tenant = new TenantPage(page);
  const assets = new AssetsPage(page);
  const asset = new AssetPage(page);
  const open = async (called: string) => {
    await visit("/assets");
    await assets.table.getByRole("link", { name: called, exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: called })).toBeVisible();
  };
  /** Of which devices a run asked one by one: that is how it gets to Ethernet addresses. */
  const askedSingly = async () => {
    const ids = (await microsoft.requests()).flatMap(({ path }) => /managedDevices\/([\w-]{36})/i.exec(path)?.[1] ?? []);
    return [...new Set(ids)].sort();
  };
  await signIn();
  await mappedCustomer(page, name, "fabrikam.example", "Fabrikam");
  expect(await askedSingly(), "all are new").toHaveLength(9);

  await test.step("Assets come as a file, in any spelling of an address", async () => {
    await assets.openOf(name);
    await page.getByRole("link", { name: "Import", exact: true }).click();
    await expect(page.getByText(`All of them become Assets of ${name}.`)).toBeVisible();
    await new FilesPage(page).send("assets.csv", ASSETS);
    await new FilesPage(page).expectResult("9 created.");
  });

  await test.step("the first run assigns what is proved, and nothing else", async () => {
    await tenant.open(name);
    await (await tenant.setUp(name)).send("Enable Sync");
    await tenant.expectSync(name, "Enabled");
    await visit("/assets");
    await expectStays(page, async () => {
      for (const called of ["Shared by two", "Twin A", "Twin B"]) await expectRowVisible(assets.table, { Asset: called, "Assigned Contact": "Conflict" });
      for (const called of ["Randomised with another", "Randomised with junk", "Android constant"]) await expectRowVisible(assets.table, { Asset: called, "Assigned Contact": "" });
      await expectRowVisible(assets.table, { Asset: "Randomised with its serial", "Assigned Contact": "Ana Lind" });
      await expectRowVisible(assets.table, { Asset: "Goes along", "Assigned Contact": "Ben Lind" });
      await expectRowVisible(assets.table, { Asset: "By hand", "Assigned Contact": "Ana Lind" });
    });
  });

  await test.step("two owners, with the evidence of both", async () => {
    await open("Shared by two");
    await asset.expectOwner("Conflict: the sync assigns this Asset to nobody", /Its MAC addresses belong to devices of different people\./);
    const evidence = page.getByRole("table", { name: "Evidence" });
    await expectRowVisible(evidence, { Device: "LT-7", "MAC Address": /Wi-Fi 04:1A:00:00:00:07/, "Serial Number": "LT-7", "Primary user": "Ana Lind" });
    await expectRowVisible(evidence, { Device: "LT-8", "MAC Address": /Wi-Fi 04:1A:00:00:00:08/, "Primary user": "Ben Lind" });
    await expectNoAxeViolations(page);
  });

  await test.step("two Assets with one address, each with the way to the other", async () => {
    await open("Twin A");
    await asset.expectOwner(/Another Asset has the same MAC address, so it can't tell which of them the device is\./);
    const others = page.getByRole("list", { name: "Other Assets with the same MAC address" });
    await expect(others.getByRole("listitem")).toHaveText(["Twin B has 04:1A:00:00:00:01 too"]);
    await others.getByRole("link", { name: "Twin B" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Twin B" })).toBeVisible();
    await expect(others.getByRole("listitem")).toHaveText(["Twin A has 04:1A:00:00:00:01 too"]);
  });

  await test.step("Why? tells what each address of a person's devices proves", async () => {
    const whyOf = async (person: string) => {
      await new EndUserPage(page).open(name, person);
      await page.getByRole("complementary", { name: "End User" }).getByRole("link", { name: "Why?" }).click();
      await expect(page.getByRole("heading", { level: 1, name: `Why? ${person}` })).toBeVisible();
    };
    const devices = page.getByRole("table", { name: "Devices", exact: true });
    await whyOf("Ana Lind");
    await expectStays(page, async () => {
      const both = /Shared by two\s*Conflict: devices of Ana Lind, Ben Lind have its addresses\./;
      await expectRowVisible(devices, { Device: /^LT-7/, "MAC Address": /04:1A:00:00:00:07\s*Wi-Fi/, "What It Proves": /^Usable/, Assets: both });
      await expectRowVisible(devices, { Device: /^LT-1/, Assets: /Twin A\s*Conflict: Twin B has the address too\./ });
      await expectRowVisible(devices, { Device: /^LT-RND/, "What It Proves": /counts only where the serial number agrees/, Assets: /Randomised with its serial\s*Assigned to this person\./ });
    });
    await whyOf("Cleo Lind");
    await expectStays(page, async () => {
      await expectRowVisible(devices, { Device: /^PHONE/, "What It Proves": /^Not usable/, Assets: /Android constant\s*Assigned to nobody/ });
      await expectRowVisible(devices, { Device: /^LT-JUNK/, Assets: /Randomised with junk\s*Assigned to nobody: the address alone proves nothing here\./ });
    });
  });

  await test.step("an assignment follows its device to the new user; what a person decided does not", async () => {
    await open("By hand");
    await asset.assign("Cleo Lind");
    await microsoft.updateDevice("fabrikam", goes.id, { userId: cleo.id });
    await microsoft.updateDevice("fabrikam", decided.id, { userId: ben.id });
    await microsoft.forgetRequests();
    await tenant.open(name);
    await tenant.syncNow();
    expect(await askedSingly(), "those that have spoken to Intune since").toEqual([goes.id, decided.id].sort());
    const changed = page.getByRole("table", { name: "Assets of this run" });
    await expect(await rowOf(changed, { Asset: "Goes along", What: /Assigned by the sync/, "Assigned Contact": /Ben Lind.*Cleo Lind/s })).toBeVisible();
    await expect(changed.locator("tbody").getByRole("row")).toHaveCount(1);
    await open("Goes along");
    await asset.expectOwner("Cleo Lind", /By the sync, by its MAC address 04:1A:00:00:00:02/);
    await open("By hand");
    await asset.expectOwner("Cleo Lind", /By hand, by .*The sync leaves it alone\./s);
    await new EndUserPage(page).open(name, "Cleo Lind");
    const associated = page.getByRole("table", { name: "Associated Assets" });
    await expectStays(page, async () => {
      await expectRowVisible(associated, { Asset: "Goes along", Assigned: /By the sync/ });
      await expectRowVisible(associated, { Asset: "By hand", Assigned: /By hand/ });
    });
  });

  await test.step("once more, and nothing is asked singly or written", async () => {
    await microsoft.forgetRequests();
    await tenant.open(name);
    await tenant.syncNow();
    expect(await askedSingly()).toEqual([]);
    await new RunPage(page).expectNothingWritten();
    await expect(page.getByRole("table", { name: "Assets of this run" })).toHaveCount(0);
  });
});
