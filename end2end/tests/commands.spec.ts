import { readFile, writeFile } from "node:fs/promises";
import { Client } from "pg";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { AssetsPage } from "../pages/assets.ts";
import { OrganizationsPage } from "../pages/customers.ts";
import { openEndUsers } from "../pages/end-user.ts";
import { FilesPage } from "../pages/files.ts";

test.use({ standIn: { tenants: "contoso=1" } });

test.beforeEach(async ({ signIn }) => {
  await signIn();
});

const NAME = "Command Clinic";
const FILES = {
  organizations: `Organization,Email,Phone\n${NAME},office@clinic.example,+41 44 555 01 00\n`,
  "end-users": `Organization,Name,Email,Phone,City\n${NAME},Ana Lind,ana@clinic.example,+41 1,=1+1\n${NAME},Ben Lind,ben@clinic.example,,\nNowhere,Cy Lind,cy@clinic.example,,\n`,
  assets: `Organization,Asset,Serial Number,MAC Addresses\n${NAME},Front Desk PC,PF100,"04:1A:2B:3C:4D:5E, 04-1a-2b-3c-4d-5f"\n${NAME},Printer,,\n`,
} as const;
type Kind = keyof typeof FILES;

test("entrain import and entrain export: all three go round and change nothing the second time", async ({ page, server }, info) => {
  const written = async (file: string, text: string) => {
    const path = info.outputPath(file);
    await writeFile(path, text);
    return path;
  };
  const read = async (kind: Kind, path: string) => server.command(["import", kind, path]);
  const exported = async (kind: Kind, ...more: string[]) => {
    const path = info.outputPath(`exported-${kind}`);
    await server.command(["export", kind, "--output", path, ...more]);
    return { path, text: await readFile(path, "utf8") };
  };

  await test.step("files are read in, with the rejects beside them", async () => {
    const said = { organizations: "1 created.", "end-users": "2 created, 1 rejected.", assets: "2 created." };
    for (const kind of Object.keys(FILES) as Kind[]) {
      const path = await written(`${kind}.csv`, FILES[kind]);
      expect(await read(kind, path)).toContain(`${kind}.csv: ${said[kind]}`);
      expect(await read(kind, path)).toContain(`${kind}.csv: Nothing changed: `);
    }
    const rejects = await readFile(info.outputPath("end-users.csv.rejects.csv"), "utf8");
    expect(rejects).toContain('Nowhere,Cy Lind,cy@clinic.example,,,4,"There is no Organization ""Nowhere"". Create or import it first."');
  });

  await test.step("what the commands wrote is on screen", async () => {
    await new OrganizationsPage(page).open();
    await expectStays(page, () => expectRowVisible(new OrganizationsPage(page).table, { Organization: NAME, Email: "office@clinic.example", Phone: "+41 44 555 01 00", "End Users": "2" }));
    await openEndUsers(page, NAME);
    const people = page.getByRole("table", { name: "End Users" });
    await expectStays(page, async () => {
      await expectRowVisible(people, { Name: "Ana Lind", Email: "ana@clinic.example", Phone: "+41 1" });
      await expectRowVisible(people, { Name: "Ben Lind" });
      await expect(people.getByText("Cy Lind")).toHaveCount(0);
    });
    const assets = new AssetsPage(page);
    await assets.openOf(NAME);
    await expectStays(page, async () => {
      await expectRowVisible(assets.table, { Asset: "Front Desk PC", "Serial Number": "PF100", "MAC Addresses": /04:1A:2B:3C:4D:5E\s*04:1A:2B:3C:4D:5F/ });
      await expectRowVisible(assets.table, { Asset: "Printer" });
    });
  });

  await test.step("files are written, harmless in a spreadsheet, and are files to read in", async () => {
    const expected: Record<Kind, string[]> = {
      organizations: [`${NAME},office@clinic.example,'+41 44 555 01 00,`],
      "end-users": [`${NAME},Ana Lind,ana@clinic.example,'+41 1,,,'=1+1,`, `${NAME},Ben Lind,ben@clinic.example,`],
      assets: [`${NAME},Front Desk PC,PF100,"04:1A:2B:3C:4D:5E, 04:1A:2B:3C:4D:5F",`, `${NAME},Printer,,`],
    };
    for (const kind of Object.keys(FILES) as Kind[]) {
      const { path, text } = await exported(kind);
      for (const row of expected[kind]) expect(text, kind).toContain(row);
      const said = await read(kind, path);
      expect(said, kind).toMatch(/Nothing changed: \d+ (was|were) so already\./);
      expect(said, kind).toContain("Columns that an import leaves alone:");
    }
    const { text } = await exported("end-users", "--organization", NAME, "--format", "json");
    const people = text.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(people.map(({ name, phone, city }) => [name, phone, city])).toEqual([["Ana Lind", "+41 1", "=1+1"], ["Ben Lind", "", ""]]);
  });
});

test("Assets are written out and read in on screen", async ({ page, visit }) => {
  const [organization, assets, files] = ["Screen Clinic", new AssetsPage(page), new FilesPage(page)];
  await new OrganizationsPage(page).open();
  await new OrganizationsPage(page).add(organization);
  await assets.openOf(organization);
  await page.getByRole("link", { name: "Import", exact: true }).click();
  await expect(page.getByText(`All of them become Assets of ${organization}.`)).toBeVisible();
  await expectNoAxeViolations(page);
  await files.send("devices.csv", "Asset;Serial Number;MAC Addresses\n=Desk;SC1;04:1A:2B:3C:4D:60\nLaptop;SC2;041A2B3C4D6X\nTablet;SC3;\n");
  await expectStays(page, async () => {
    await files.expectResult("2 created, 1 rejected.");
    await expectRowVisible(files.rejects, { Line: "3", Reason: /041A2B3C4D6X.* is not a MAC address/ });
  });
  await page.getByRole("link", { name: "Go to Assets" }).click();
  await expectRowVisible(assets.table, { Asset: "=Desk", "Serial Number": "SC1", "MAC Addresses": "04:1A:2B:3C:4D:60" });
  const own = await files.download("Export");
  expect(own).toContain(`${organization},'=Desk,SC1,04:1A:2B:3C:4D:60,`);
  expect(own).not.toContain(NAME);

  await test.step("one is deleted and comes back from the file, by its own column of Organizations", async () => {
    await assets.table.getByRole("link", { name: "Tablet" }).click();
    await page.getByRole("link", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete Asset" });
    await dialog.getByRole("button", { name: "Delete Asset" }).click();
    await expect(dialog).toBeHidden();
    await visit("/assets");
    await page.getByRole("link", { name: "Import", exact: true }).click();
    await expect(page.getByText("A row that is here already is found again and updated; nothing is doubled.")).toBeVisible();
    await files.send("exported.csv", own);
    await files.expectResult("1 created, 1 unchanged.");
    await page.getByRole("link", { name: "Import another file" }).click();
    await files.send("exported.csv", own);
    await files.expectResult("Nothing changed: 2 were so already.");
    await page.getByRole("link", { name: "Go to Assets" }).click();
    await assets.search("SC3");
    await expectStays(page, () => expectRowVisible(assets.table, { Asset: "Tablet", Organization: organization }));
  });
});

test("a long import tells how far it is, on screen and on the terminal", async ({ page, server, visit }, info) => {
  const organization = "Crowded Clinic";
  await new OrganizationsPage(page).open();
  await new OrganizationsPage(page).add(organization);
  const rows = Array.from({ length: 20_000 }, (_, n) => `${organization},Person ${n},p${n}@crowded.example,+41 44 555 ${n}`);
  const text = `Organization,Name,Email,Phone\n${rows.join("\n")}\n`;
  const files = new FilesPage(page);
  // Nobody can be written for a moment, so that the import is surely at work when it is looked at.
  const other = new Client({ connectionString: server.database.url });
  await other.connect();
  try {
    await other.query("begin");
    await other.query("lock table end_user in share row exclusive mode");
    await visit("/import/end-users");
    await files.send("many.csv", text);
    await expectStays(page, async () => {
      await expect(page.getByRole("progressbar", { name: /^Importing…/ })).toBeVisible();
      await expect(page.getByRole("status").filter({ hasText: "Importing…" })).toBeVisible();
      await expect(page.getByText(/^\d+ of [1-9][\d,]*$/)).toBeVisible();
    });
    await expectNoAxeViolations(page);
    await other.query("rollback");
  } finally {
    await other.end();
  }
  // The page asks by itself until it is done.
  const done = page.getByRole("main").getByText(/^20,?000 created\.$/);
  await expect(done).toBeVisible();
  await expectStays(page, async () => {
    await expect(done).toBeVisible();
    await expect(page.getByRole("progressbar")).toHaveCount(0);
  });

  const path = info.outputPath("many.csv");
  await writeFile(path, text);
  const said = await server.command(["import", "end-users", path]);
  expect(said).toMatch(/many\.csv: [1-9]0 %/);
  expect(said).toContain("many.csv: 100 %");
  expect(said).toMatch(/many\.csv: Nothing changed: 20,?000 were so already\./);
});
