import { writeFile } from "node:fs/promises";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUserPage, openEndUsers } from "../pages/end-user.ts";
import { EndUsersPage } from "../pages/people.ts";
import { WhyPage } from "../pages/search.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=0" } });

test("an hourly import of the same people beside the sync makes no doubles, and no field flips for ever", async ({ page, server, microsoft, signIn }, info) => {
  const name = "Contoso Legacy";
  await microsoft.createUser("contoso", { displayName: "Ana López", mail: "ana@contoso.example", jobTitle: "Chef", businessPhones: ["+1 555 0100"] });
  await microsoft.createUser("contoso", { displayName: "Ben Smith", mail: "ben@contoso.example", jobTitle: "Waiter" });
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  const person = new EndUserPage(page);
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();

  // Another title, the same phone in other punctuation, the same address in capitals; and somebody whom Microsoft does not know.
  const file = info.outputPath("legacy.csv");
  const legacy = `Organization,Name,Email,Phone,Job Title
${name},Ana López,ANA@contoso.example,+1 (555) 01-00,Cook
${name},Ben Smith,ben@contoso.example,,Waiter
${name},Printer Room,printers@contoso.example,12,
`;
  await writeFile(file, legacy);
  const hour = async () => {
    const said = await server.command(["import", "end-users", file]);
    // A worker that is at work at this moment refuses it.
    await expect(() => server.command(["sync", "--all"])).toPass();
    return said;
  };

  await test.step("the first hour: the run restores what the import wrote", async () => {
    expect(await hour()).toContain("legacy.csv: 1 created, 1 updated, 1 unchanged.");
    await people.open(name);
    await expectStays(page, async () => {
      await expectRowVisible(people.table, { Name: "Ana López", "Job Title": "Chef", Status: "Synced" });
      await expectRowVisible(people.table, { Name: "Printer Room", Status: "Not synced" });
      expect(await people.rows()).toHaveLength(3);
    });
  });

  await test.step("three hours later the title is contended, on the run and on the person's page, and nobody is there twice", async () => {
    for (let hours = 2; hours <= 4; hours += 1) expect(await hour()).toContain("legacy.csv: 1 updated, 2 unchanged.");
    await tenant.open(name);
    await page.getByRole("link", { name: "Latest run" }).click();
    await expectStays(page, () => expect(page.getByText("import legacy.csv writes Job Title again and again.")).toBeVisible());
    await people.open(name);
    expect((await people.rows()).map((row) => row["Name"]).sort()).toEqual(["Ana López", "Ben Smith", "Printer Room"]);
    await person.open(name, "Ana López");
    await expectStays(page, async () => {
      await expect(page.getByText("Job Title is contended")).toBeVisible();
      await expect(page.getByText(/Microsoft has "Chef", import legacy\.csv keeps writing "Cook"/)).toBeVisible();
      await expect(page.getByText(/is contended/)).toHaveCount(1);
      await expect(person.field("Job Title")).toHaveValue("Cook");
      await expect(person.field("Name")).toHaveValue("Ana López");
    });
    await expectNoAxeViolations(page);
  });

  await test.step("from then on nothing is written back and forth", async () => {
    expect(await hour()).toContain("legacy.csv: Nothing changed: 3 were so already.");
    await page.reload();
    await expectHydrated(page);
    await expect(person.field("Job Title")).toHaveValue("Cook");
    const written = "select name, email, job_title, written_by from end_user order by name";
    const before = await server.database.query(written);
    await hour();
    expect(await server.database.query(written)).toEqual(before);
  });

  await test.step("Why? says that the next run writes nothing until somebody decides", async () => {
    const why = new WhyPage(page);
    await person.open(name, "Ana López");
    await page.getByRole("complementary", { name: "End User" }).getByRole("link", { name: "Why?" }).click();
    await expectStays(page, async () => {
      await expect(why.section("Next Run")).toContainText("It writes nothing until somebody decides.");
      await expect(why.section("Next Run")).toContainText("import legacy.csv writes Job Title again and again.");
    });
  });

  await test.step("decided for Microsoft, the next hour ends with Microsoft's title", async () => {
    await person.open(name, "Ana López");
    await page.getByRole("button", { name: "Microsoft wins" }).click();
    await expect(page.getByText("Job Title: Microsoft wins")).toBeVisible();
    // A run follows by itself.
    await expect(async () => {
      await page.reload();
      await expectHydrated(page);
      await expect(person.field("Job Title")).toHaveValue("Chef", { timeout: 1_000 });
    }).toPass();
    await hour();
    await openEndUsers(page, name);
    await expectStays(page, () => expectRowVisible(people.table, { Name: "Ana López", "Job Title": "Chef" }));
  });
});
