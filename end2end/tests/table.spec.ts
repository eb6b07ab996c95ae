import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { openEndUsers } from "../pages/end-user.ts";
import { EndUsersPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=0" } });

/** Beside three synced people, in an Organization of 221: three pages of 100. */
const OTHERS = 218;

test("the End Users table is narrowed, sorted and paged in its address, which anybody can open", async ({ page, browser, server, microsoft, signIn }) => {
  const name = "Contoso Crowd";
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  await microsoft.setPremium("contoso", true);
  const hire = (who: string, more: Record<string, unknown> = {}) =>
    microsoft.createUser("contoso", { displayName: who, mail: `${who.split(" ")[0]?.toLowerCase()}@contoso.example`, ...more });
  await hire("Ada Active", { signInActivity: { lastSuccessfulSignInDateTime: daysAgo(2) } });
  await hire("Bo Before", { signInActivity: { lastSuccessfulSignInDateTime: daysAgo(8) } });
  const leaver = await hire("Cy Leaver");
  const tenant = new TenantPage(page);
  const people = new EndUsersPage(page);
  const rows = people.table.locator("tbody").getByRole("row");
  const heading = (column: string) => people.table.getByRole("columnheader", { name: column });
  const asked = (field: string) => new URL(page.url()).searchParams.get(field);
  await signIn();
  await mappedCustomer(page, name, "contoso.example", "Contoso");
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();
  await microsoft.updateUser("contoso", leaver.id, { accountEnabled: false });
  await tenant.syncNow();
  // The greater the name, the smaller the address.
  await server.database.query(
    `insert into end_user (id, organization_id, name, email)
     select gen_random_uuid(), o.id, 'Person ' || lpad(n::text, 3, '0'), 'p' || lpad((999 - n)::text, 3, '0') || '@rows.example'
     from organization o, generate_series(1, $1::int) n where o.name = $2`,
    [OTHERS, name],
  );
  const total = OTHERS + 3;
  await openEndUsers(page, name);

  await test.step("pages", async () => {
    const pages = page.getByRole("navigation", { name: "Pages of End Users" });
    await expect(pages.getByText(`1–100 of ${total}`)).toBeVisible();
    await pages.getByRole("link", { name: "Next" }).click();
    await expect(pages.getByText(`101–200 of ${total}`)).toBeVisible();
    expect(asked("page")).toBe("2");
    await expectStays(page, async () => {
      await expect(pages.getByText(`101–200 of ${total}`)).toBeVisible();
      await expect(rows.first()).toContainText("Person 098");
    });
    await pages.getByRole("link", { name: "Next" }).click();
    await expect(pages.getByText(`201–${total} of ${total}`)).toBeVisible();
    await pages.getByRole("link", { name: "Previous" }).click();
    await expect(pages.getByText(`101–200 of ${total}`)).toBeVisible();
  });

  await test.step("by Name and by Email, either way, over all pages", async () => {
    await openEndUsers(page, name);
    for (const column of ["Name", "Email"] as const) {
      for (const order of ["ascending", "descending"] as const) {
        // The table begins with the names, the first of them first.
        if (column !== "Name" || order !== "ascending") await heading(column).getByRole("link").click();
        await expect(heading(column)).toHaveAttribute("aria-sort", order);
        const shown = (await people.rows()).map((row) => row[column] ?? "");
        expect(shown).toHaveLength(total);
        const sorted = [...shown].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
        expect(shown, `${column}, ${order}`).toEqual(order === "ascending" ? sorted : sorted.reverse());
      }
    }
  });

  await test.step("by Last Microsoft Activity: never is last either way", async () => {
    for (const [order, first, second] of [["ascending", "Bo Before", "Ada Active"], ["descending", "Ada Active", "Bo Before"]] as const) {
      await heading("Last Microsoft Activity").getByRole("link").click();
      await expectStays(page, async () => {
        await expect(heading("Last Microsoft Activity")).toHaveAttribute("aria-sort", order);
        await expect(rows.nth(0)).toContainText(first);
        await expect(rows.nth(1)).toContainText(second);
        await expect(rows).toHaveCount(100);
      });
    }
  });

  await test.step("Disabled in Microsoft, and Hide disabled in Microsoft", async () => {
    await openEndUsers(page, name);
    const status = page.getByLabel("Microsoft status");
    await status.selectOption("Disabled in Microsoft");
    await expectStays(page, async () => {
      await expect(page.getByText("1–1 of 1")).toBeVisible();
      await expectRowVisible(people.table, { Name: "Cy Leaver", Status: /^\s*Disabled in Microsoft/ });
    });
    await status.selectOption("Hide disabled in Microsoft");
    await expectStays(page, async () => {
      await expect(page.getByText(`1–100 of ${total - 1}`)).toBeVisible();
      await expect(status).toHaveValue("hideDisabled");
      await expectRowVisible(people.table, { Name: "Ada Active" });
      await expect(people.table.getByText("Cy Leaver")).toHaveCount(0);
    });
    await expectNoAxeViolations(page);
  });

  await test.step("search, filter, sort and page together, by the address alone", async () => {
    await people.search("person");
    await expect(page.getByText(`1–100 of ${OTHERS}`)).toBeVisible();
    await heading("Email").getByRole("link").click();
    await expect(heading("Email")).toHaveAttribute("aria-sort", "ascending");
    await page.getByRole("navigation", { name: "Pages of End Users" }).getByRole("link", { name: "Next" }).click();
    const range = `101–200 of ${OTHERS}`;
    await expect(page.getByText(range)).toBeVisible();
    const { pathname, search } = new URL(page.url());
    const other = await browser.newContext({ baseURL: server.url, storageState: await page.context().storageState() });
    const theirs = await other.newPage();
    await theirs.goto(pathname + search);
    await expectHydrated(theirs);
    for (const there of [page, theirs]) {
      await expect(there.getByText(range)).toBeVisible();
      await expect(there.getByRole("searchbox", { name: "Search End Users" })).toHaveValue("person");
      await expect(there.getByRole("table", { name: "End Users" }).locator("tbody").getByRole("row").first()).toContainText("Person 118");
    }
    await other.close();
  });

  await test.step("a heading takes along what was typed, sent or not, before its answer is there", async () => {
    const field = page.getByRole("searchbox", { name: "Search End Users" });
    await openEndUsers(page, name);
    await field.fill("person 00");
    await heading("Email").getByRole("link").click();
    await expect(page.getByText("1–9 of 9")).toBeVisible();
    expect([asked("search"), asked("sort")]).toEqual(["person 00", "email"]);
    await expect(field).toHaveValue("person 00");

    let answer = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const questions = (url: URL) => /\/end_users\d*$/.test(url.pathname);
    await page.route(questions, async (route) => {
      await answered;
      await route.continue();
    });
    await field.fill("person 01");
    await field.press("Enter");
    await page.waitForURL((url) => url.searchParams.get("search") === "person 01");
    await heading("Name").getByRole("link").click();
    await page.waitForURL((url) => url.searchParams.get("sort") === "name");
    expect(asked("search")).toBe("person 01");
    answer();
    await expect(page.getByText("1–10 of 10")).toBeVisible();
    await page.unroute(questions);
  });

  await test.step("the ways to other pages and the filters take along what was typed too", async () => {
    const field = page.getByRole("searchbox", { name: "Search End Users" });
    await openEndUsers(page, name);
    await field.fill("person");
    // The second page of everybody is none of what was typed.
    await page.getByRole("navigation", { name: "Pages of End Users" }).getByRole("link", { name: "Next" }).click();
    await expect(page.getByText(`1–100 of ${OTHERS}`)).toBeVisible();
    expect([asked("search"), asked("page")]).toEqual(["person", null]);
    await field.fill("person 00");
    await page.getByLabel("Microsoft status").selectOption("Not synced");
    await expect(page.getByText("1–9 of 9")).toBeVisible();
    expect([asked("search"), asked("microsoft")]).toEqual(["person 00", "notSynced"]);
    await expect(field).toHaveValue("person 00");

    await page.goto("/activity");
    await expectHydrated(page);
    await page.getByRole("searchbox", { name: "Search runs" }).fill("contoso");
    await page.getByLabel("Result", { exact: true }).selectOption("Succeeded");
    await page.waitForURL((url) => url.searchParams.get("result") === "succeeded");
    expect(asked("search")).toBe("contoso");
  });

  await test.step("several are deleted, the confirmation after a reload too", async () => {
    await openEndUsers(page, name);
    await people.search("person 11");
    await people.table.getByRole("checkbox", { name: "Select Person 110" }).check();
    await people.table.getByRole("checkbox", { name: "Select Person 111" }).check();
    await page.getByRole("button", { name: "Delete Selected" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete End Users" });
    await expectStays(page, async () => {
      await expect(dialog.getByText("2 End Users")).toBeVisible();
      for (const who of ["Person 110", "Person 111"]) await expect(dialog.getByRole("listitem").filter({ hasText: who })).toBeVisible();
    });
    await dialog.getByRole("button", { name: "Delete" }).click();
    await expect(dialog).toBeHidden();
    await expectStays(page, async () => {
      await expect(page.getByText("1–8 of 8")).toBeVisible();
      await expectRowVisible(people.table, { Name: "Person 112" });
      for (const who of ["Person 110", "Person 111"]) await expect(people.table.getByText(who)).toHaveCount(0);
    });
  });
});
