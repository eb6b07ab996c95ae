import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { FilesPage } from "../pages/files.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=12" } });

test("Activity lists runs and the audit log, narrows both, and every person of a run is a row with a reason", async ({ page, signIn, server, microsoft, visit }) => {
  const name = "Activity Dental";
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const tenant = new TenantPage(page);
  const dialog = await tenant.setUp(name);
  await dialog.send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  const { users } = await microsoft.directory("contoso");
  const [first] = users.filter((user) => user.accountEnabled !== false && user.mail);
  if (!first) throw new Error("nobody to rename");
  await microsoft.updateUser("contoso", first.id, { jobTitle: "Head of Samples" });
  await server.command(["sync", "--all"]);

  const runs = page.getByRole("table", { name: "Runs" });
  const files = new FilesPage(page);
  await test.step("Runs: one row per run and Organization, narrowed by the address", async () => {
    await visit("/runs");
    await expect(page).toHaveURL(/\/activity$/);
    await expectRowVisible(runs, { Organization: new RegExp(`^${name}`), Reason: "Command line", Result: "Succeeded", Updated: "1" });
    await expectRowVisible(runs, { Organization: new RegExp(`^${name}`), Reason: "Set-up", Result: "Succeeded" });
    await expectNoAxeViolations(page);
    await page.getByLabel("Reason", { exact: true }).selectOption("Command line");
    await expect(page).toHaveURL(/trigger=command/);
    await expect(page.getByText("1–1 of 1")).toBeVisible();
    await page.reload();
    await expectHydrated(page);
    await expect(page.getByText("1–1 of 1")).toBeVisible();
    await page.getByLabel("Organization", { exact: true }).selectOption(name);
    await expect(page).toHaveURL(/organization=/);
    expect(await files.download("Export CSV")).toMatch(new RegExp(`Command line,Contoso[^,]*,${name},Succeeded`));
    await page.getByRole("searchbox", { name: "Search runs" }).fill("no such run");
    await page.keyboard.press("Enter");
    await expect(page.getByText("No run matches")).toBeVisible();
    await page.getByRole("link", { name: "Show all runs" }).click();
    await expectRowVisible(runs, { Reason: "Set-up" });
  });

  await test.step("a run opens to the people it tells of, and to all others as of now", async () => {
    await (await rowOf(runs, { Reason: "Command line" })).getByRole("link").first().click();
    const people = page.getByRole("table", { name: "People of this run" });
    await expectRowVisible(people, { Outcome: "Updated", Changes: /Job Title.*Head of Samples/s });
    await page.getByRole("link", { name: "Unchanged and long-standing, as of now" }).click();
    await expectRowVisible(people, { Outcome: "Unchanged", Reason: "Nothing differs." });
    await page.reload();
    await expectRowVisible(people, { Outcome: "Unchanged", Reason: "Nothing differs." });
    await expectNoAxeViolations(page);
    await page.getByRole("link", { name: "Everybody" }).click();
    await expectRowVisible(people, { Outcome: "Updated" });
    const file = await files.download("Export CSV");
    const told = file.trim().split("\r\n").length - 1;
    expect(told, "everybody in the directory has a row").toBe(users.length);
    expect(file).toContain("Head of Samples");
  });

  await test.step("Audit: who did what, with old and new values", async () => {
    await page.getByRole("link", { name: "Activity" }).first().click();
    await page.getByRole("link", { name: "Audit", exact: true }).click();
    const log = page.getByRole("table", { name: "Audit log" });
    await server.command(["export", "organizations"]);
    await visit("/import/organizations");
    await files.send("phones.csv", `Organization,Phone\n${name},+41 44 555 01 00\n`);
    await files.expectResult("1 updated.");
    await visit("/activity/audit");
    await expectRowVisible(log, { Who: new RegExp(`^\\s*${server.administrator.name}`), Action: "Imported", What: new RegExp(`^${name}`), Changes: /Phone: .*\+41 44 555 01 00/s });
    await expectNoAxeViolations(page);
    await page.getByLabel("Kind", { exact: true }).selectOption("Import");
    await expect(page).toHaveURL(/subject=import/);
    await expectRowVisible(log, { What: /^Organizations: phones.csv/ });
    await expect(page.getByText("1–1 of 1")).toBeVisible();
    await page.reload();
    await expectRowVisible(log, { What: /^Organizations: phones.csv/ });
    expect(await files.download("Export CSV")).toMatch(new RegExp(`${server.administrator.name},Account,127\\.0\\.0\\.1,Imported,Import,Organizations: phones\\.csv,`));
    await page.getByRole("searchbox", { name: "Search the audit log" }).fill("555 01 00");
    await page.keyboard.press("Enter");
    await expect(page.getByText("Nothing matches")).toBeVisible();
    await page.getByRole("link", { name: "Show the whole log" }).click();
    await expectRowVisible(log, { What: new RegExp(`^${name}`) });
  });
});
