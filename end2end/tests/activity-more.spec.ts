import { addressOf, expectedOf, key } from "../fixtures/expected.ts";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { FilesPage } from "../pages/files.ts";
import { EndUsersPage, RunPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=24" } });

const NAME = "Contoso Careful";

test("a run is searched for people, and held changes are decided one after another on the page that is open", async ({ page, microsoft, signIn }) => {
  const tenant = new TenantPage(page);
  const run = new RunPage(page);
  const directory = await microsoft.directory("contoso");
  const addresses = directory.users.map((user) => key(addressOf(user) ?? ""));
  const { created } = expectedOf(directory, {});
  // Those whose address is in nobody else's.
  const alone = created.filter(({ email }) => addresses.filter((address) => address.includes(key(email))).length === 1);
  const leaving = alone.slice(0, Math.ceil(created.length / 2));
  const [first, second, third] = leaving;
  if (!first || !second || !third || leaving.length * 2 < created.length || leaving.length < 5) throw new Error("the stand-in has too few people");
  await signIn();
  await mappedCustomer(page, NAME, "contoso.example", "Contoso");
  await (await tenant.setUp(NAME)).send("Enable Sync");
  await tenant.expectSync(NAME, "Enabled");
  await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();

  await test.step("Search people, in the address and in the file", async () => {
    await page.getByRole("link", { name: "Latest run" }).click();
    const field = page.getByRole("searchbox", { name: "Search people", exact: true });
    await field.fill(first.email);
    await field.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("search") === first.email);
    await expectStays(page, async () => {
      await expectRowVisible(run.people, { Person: new RegExp(first.email), Outcome: "Created" });
      await expect(run.people.locator("tbody").getByRole("row")).toHaveCount(1);
      await expect(field).toHaveValue(first.email);
    });
    const file = await new FilesPage(page).download("Export CSV");
    expect(file.trim().split("\r\n"), "the head and one row").toHaveLength(2);
    expect(file).toContain(first.email);
    await field.fill("nobody is called so");
    await page.getByRole("navigation", { name: "Outcomes" }).getByRole("link", { name: /^Created/ }).click();
    await page.waitForURL((url) => url.searchParams.get("outcome") === "create" && url.searchParams.get("search") === "nobody is called so");
    await expect(page.getByText("Nobody matches")).toBeVisible();
    await page.getByRole("link", { name: "Show everybody" }).click();
    await expectRowVisible(run.people, { Person: new RegExp(second.email), Outcome: "Created" });
  });

  const held = page.getByRole("table", { name: "Held changes" });
  const rows = held.locator("tbody").getByRole("row");
  const dropped = page.getByRole("table", { name: "Dropped changes" });
  const tick = async (email: string) => (await rowOf(held, { Person: new RegExp(email) })).getByRole("checkbox").check();
  const press = (button: string) => page.getByRole("button", { name: button, exact: true }).click();
  /** So many are held, without these people, and nobody is ticked whom nobody ticked. */
  const expectHeld = async (number: number, gone: string[]) => {
    await expect(rows).toHaveCount(number);
    for (const email of gone) await expect(rows.filter({ hasText: email })).toHaveCount(0);
    await expect(held.getByRole("checkbox", { checked: true })).toHaveCount(0);
  };

  await test.step("a run holds half of the people", async () => {
    for (const { user } of leaving) await microsoft.updateUser("contoso", user.id, { accountEnabled: false });
    await tenant.open(NAME);
    await tenant.syncNow();
    await expectHeld(leaving.length, []);
  });

  await test.step("Drop of a chosen row, then Approve of another, then Drop again", async () => {
    await tick(first.email);
    await press("Drop");
    await expectRowVisible(dropped, { Person: new RegExp(first.email), Change: /Disabled in Microsoft/ });
    await expectHeld(leaving.length - 1, [first.email]);

    await tick(second.email);
    await press("Approve");
    await expect(page.getByText("Approved", { exact: true }).first()).toBeVisible();
    await expectRowVisible(run.people, { Person: new RegExp(second.email), Outcome: "Disabled" });
    await expectHeld(leaving.length - 2, [first.email, second.email]);

    await tick(third.email);
    await press("Drop");
    await expectRowVisible(dropped, { Person: new RegExp(third.email) });
    await expect(dropped.locator("tbody").getByRole("row")).toHaveCount(2);
    await expectHeld(leaving.length - 3, [first.email, second.email, third.email]);
    await expectStays(page, () => expectHeld(leaving.length - 3, [first.email, second.email, third.email]));
  });

  await test.step("Approve All writes the rest, and nobody who was dropped", async () => {
    await press("Approve All");
    await expect(held).toBeHidden();
    await expectStays(page, async () => {
      const disabled = run.people.locator("tbody").getByRole("row").filter({ hasText: "The account is disabled in Microsoft." });
      await expect(disabled).toHaveCount(leaving.length - 3);
      await expect(dropped.locator("tbody").getByRole("row")).toHaveCount(2);
    });
    const people = new EndUsersPage(page);
    await people.open(NAME);
    await page.getByLabel("Microsoft status").selectOption("Disabled in Microsoft");
    await expectStays(page, async () => {
      await expect(page.getByText(`1–${leaving.length - 2} of ${leaving.length - 2}`)).toBeVisible();
      for (const { email } of [first, third]) await expect(people.table.getByText(email)).toHaveCount(0);
    });
  });

  await test.step("the next run plans nothing of what was dropped", async () => {
    await tenant.open(NAME);
    await tenant.syncNow();
    const counts = await run.counts();
    for (const what of ["Created", "Linked", "Updated", "Disabled"]) expect(counts[what], what).toBe("0");
    await expect(held).toBeHidden();
    await tenant.open(NAME);
    await tenant.expectSync(NAME, "Enabled");
  });
});
