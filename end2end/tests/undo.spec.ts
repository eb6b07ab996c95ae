import { expectedOf } from "../fixtures/expected.ts";
import { expect, expectNoAxeViolations, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUsersPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=12" } });

test("a run is undone after its plan was shown, and the undoing is undone", async ({ page, server, microsoft, signIn }) => {
  const name = "Second Thoughts";
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  const { created } = expectedOf(await microsoft.directory("contoso"), {});
  const touched = created[0];
  if (!touched) throw new Error("the stand-in has nobody");
  // Another program writes one of them.
  await server.database.query("update end_user set city = 'Bern', written_by = 'the old system', written_at = now() where email = $1", [touched.email]);

  const dialog = page.getByRole("dialog", { name: "Undo Run" });
  await test.step("the dialog shows the plan", async () => {
    await page.getByRole("link", { name: "Latest run" }).click();
    await page.getByRole("link", { name: "Undo Run" }).click();
    await expect(dialog.getByRole("status")).toHaveText(
      `What the run wrote of ${created.length - 1} people goes back. Of 1 person something was touched since and is left.`,
    );
    await expect(dialog.getByText("End User: it was written by the old system.")).toBeVisible();
    await expect(dialog.getByRole("checkbox", { name: `Disable the user sync of ${name}` })).toBeChecked();
    await expectNoAxeViolations(page);
  });

  await test.step("what nobody touched goes, and the sync is disabled", async () => {
    await dialog.getByRole("button", { name: "Undo Run" }).click();
    await expect(page.getByText(/^Undoes the run of/)).toBeVisible();
    await page.reload();
    await expect(page.getByText(/^Undoes the run of/)).toBeVisible();
    const undo = page.url();
    await people.open(name);
    expect((await people.rows()).map((row) => row["Email"])).toEqual([touched.email]);
    await tenant.open(name);
    await expect((await rowOf(tenant.table, { Organization: name })).getByRole("link", { name: "Set Up" })).toBeVisible();
    await page.goto(undo);
  });

  await test.step("undone once more, everybody is back", async () => {
    await page.getByRole("link", { name: "Undo Run" }).click();
    await dialog.getByRole("button", { name: "Undo Run" }).click();
    await expect(page.getByText(/^Undoes the run of/)).toBeVisible();
    await people.open(name);
    expect(await people.rows()).toHaveLength(created.length);
  });
});
