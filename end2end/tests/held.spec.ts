import { expectedOf } from "../fixtures/expected.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { TenantPage } from "../pages/tenant.ts";

// The browser without script fetches ours ahead, is told not to run it, and wonders.
// Nothing chosen is refused with 422, and the browser says so.
test.use({ standIn: { tenants: "contoso=16" }, expectedComplaints: /preloaded using link preload|status of 422/ });

test("a run that would disable half of the people is held, approved in part, dropped and let in again", async ({ page, browser, server, microsoft, signIn }) => {
  const name = "Held Back";
  const tenant = new TenantPage(page);
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  const { created } = expectedOf(await microsoft.directory("contoso"), {});
  const leaving = created.slice(0, Math.ceil(created.length / 2));
  const [first, second] = leaving;
  const stays = created[created.length - 1];
  if (!first || !second || !stays || leaving.length < 3) throw new Error("the stand-in has too few people");
  for (const { user } of leaving) await microsoft.updateUser("contoso", user.id, { accountEnabled: false });
  await microsoft.updateUser("contoso", stays.user.id, { displayName: "Renamed Person" });

  const held = page.getByRole("table", { name: "Held changes" });
  const rows = held.locator("tbody").getByRole("row");
  const dropped = page.getByRole("table", { name: "Dropped changes" });
  await test.step("the run holds them, and writes the rest", async () => {
    await tenant.syncNow();
    await expectRowVisible(page.getByRole("table", { name: "People of this run" }), { Person: /Renamed Person/, Outcome: "Updated" });
    await expect(rows).toHaveCount(leaving.length);
    await expectRowVisible(held, { Person: new RegExp(first.email), Change: /Disabled in Microsoft: \(empty\).*Disabled/, "Why it is held": /many of this Organization's people/ });
    await expect(page.getByText(`${leaving.length} held`, { exact: true })).toBeVisible();
    await expectNoAxeViolations(page);
  });
  const address = page.url();

  await test.step("the Organization shows Attention, with a link to the run", async () => {
    await tenant.open(name);
    await tenant.expectSync(name, /Attention.*changes are held/s);
    await page.reload();
    await (await tenant.row(name)).getByRole("link", { name: "Review held changes" }).click();
    await expect(rows).toHaveCount(leaving.length);
  });

  await test.step("the dialog of the filters says what the guard would hold", async () => {
    await tenant.open(name);
    const dialog = await tenant.edit(name);
    await expect(dialog.line).toHaveText(new RegExp(`${leaving.length} held for approval`));
    await dialog.unfoldPeople(`${leaving.length} held until somebody approves them`);
    await expect(dialog.dialog.getByRole("listitem").filter({ hasText: first.email })).toContainText("Held");
    await page.goto(address);
  });

  const older = await page.context().newPage();
  const olderRows = older.getByRole("table", { name: "Held changes" }).locator("tbody").getByRole("row");
  await older.goto(address);
  await expectHydrated(older);

  await test.step("Approve needs a ticked row, and applies what is ticked", async () => {
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await expect(page.getByText("No row is ticked.")).toBeVisible();
    await (await rowOf(held, { Person: new RegExp(first.email) })).getByRole("checkbox").check();
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await expect(page.getByText("Approved", { exact: true }).first()).toBeVisible();
    await expectRowVisible(page.getByRole("table", { name: "People of this run" }), { Person: new RegExp(first.email), Outcome: "Disabled" });
    await page.reload();
    await expect(rows).toHaveCount(leaving.length - 1);
  });

  await test.step("Approve All on a page that shows what is held no more is refused, and shows what is", async () => {
    await older.getByRole("button", { name: "Approve All" }).click();
    await expect(older.getByRole("alert")).toContainText("Other rows are held now than this page showed");
    await expect(olderRows).toHaveCount(leaving.length - 1);
  });

  await test.step("Approve without JavaScript", async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, baseURL: server.url, storageState: await page.context().storageState() });
    const there = await plain.newPage();
    await there.goto(address);
    const table = there.getByRole("table", { name: "Held changes" });
    await (await rowOf(table, { Person: new RegExp(second.email) })).getByRole("checkbox").check();
    await there.getByRole("button", { name: "Approve", exact: true }).click();
    await expect(there.getByText("Approved. This run wrote what was still planned with the same values.")).toBeVisible();
    await expect(table.locator("tbody").getByRole("row")).toHaveCount(leaving.length - 2);
    await plain.close();
  });

  await test.step("Drop and Let in again", async () => {
    await page.goto(address);
    await page.getByRole("button", { name: "Drop All" }).click();
    await expect(dropped.locator("tbody").getByRole("row")).toHaveCount(leaving.length - 2);
    await expect(held).toBeHidden();
    await expect(page.getByText(/^\d+ held$/)).toHaveCount(0);
    await expect(olderRows).toHaveCount(leaving.length - 1);
    await older.getByRole("button", { name: "Drop All" }).click();
    await expect(older.getByRole("alert")).toContainText("None of these rows is held any more");
    await expect(older.getByRole("table", { name: "Held changes" })).toBeHidden();
    await older.close();
    await page.reload();
    await expectNoAxeViolations(page);
    await dropped.getByRole("button", { name: /^Let in again/ }).first().click();
    await expect(dropped.locator("tbody").getByRole("row")).toHaveCount(leaving.length - 3);
    await tenant.open(name);
    await tenant.expectSync(name, "Enabled");
  });
});
