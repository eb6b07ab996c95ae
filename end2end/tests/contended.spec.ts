import { expectedOf } from "../fixtures/expected.ts";
import { expect, expectNoAxeViolations, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUsersPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=6" } });

test("a field that another program overwrites again and again is left alone until somebody decides", async ({ page, server, microsoft, signIn }) => {
  const name = "Two Writers";
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  const [person] = expectedOf(await microsoft.directory("contoso"), {}).created;
  if (!person) throw new Error("the stand-in has nobody");
  await microsoft.updateUser("contoso", person.user.id, { jobTitle: "Clerk" });
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");

  // Another program writes the same person before each run.
  const overwrite = () =>
    server.database.query("update end_user set job_title = 'Boss', written_by = 'the old system', written_at = now() where email = $1", [person.email]);
  for (let hour = 1; hour <= 4; hour++) {
    await overwrite();
    await tenant.open(name);
    await tenant.syncNow();
  }

  await test.step("the run tells of it", async () => {
    await expect(page.getByText("the old system writes Job Title again and again.")).toBeVisible();
  });

  await test.step("the Organization counts it, and leads to the person", async () => {
    await people.open(name);
    await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "Overview" }).click();
    await expect(page.getByText("1 field is contended")).toBeVisible();
    await page.getByRole("main").getByRole("link", { name: person.name, exact: true }).click();
    await expect(page.getByText("Job Title is contended")).toBeVisible();
    await expect(page.getByText(/Microsoft has "Clerk", the old system keeps writing "Boss"/)).toBeVisible();
    await expectNoAxeViolations(page);
  });

  await test.step("it is left to the other program, and can be decided otherwise", async () => {
    await page.getByRole("button", { name: "Leave it to the old system" }).click();
    await expect(page.getByText("Job Title: left to the old system")).toBeVisible();
    await page.reload();
    await expect(page.getByText("whatever Microsoft has, until you decide otherwise")).toBeVisible();
    await page.getByRole("button", { name: "Microsoft wins" }).click();
    await expect(page.getByText("Job Title: Microsoft wins")).toBeVisible();
    await page.reload();
    await expect(page.getByText("Job Title: Microsoft wins")).toBeVisible();
  });
});
