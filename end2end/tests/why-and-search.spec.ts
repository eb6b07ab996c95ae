import { randomUUID } from "node:crypto";
import { expect, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer, OrganizationsPage } from "../pages/customers.ts";
import { EndUsersPage, RunPage } from "../pages/people.ts";
import { SearchPage, WhyPage } from "../pages/search.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=12" } });

const NAME = "Contoso Care";
const SALES = { department: "Sales Abroad", officeLocation: "Lisbon", accountEnabled: true };

test("why a person is in or out is told from the search box and from a run", async ({ page, context, server, microsoft, signIn }) => {
  const person = (displayName: string, more = {}) =>
    microsoft.createUser("contoso", { displayName, mail: `${displayName.replace(" ", ".").toLowerCase()}@contoso.example`, ...SALES, ...more });
  const inside = await person("Ines Inside", { userPrincipalName: "ii@contoso.example" });
  await person("Otto Outside", { department: "Stock" });
  await person("Clara Conflict");
  await signIn();
  await mappedCustomer(page, NAME, "contoso.example", "Contoso");
  // No screen adds an End User yet, and two of one address are what a conflict needs.
  for (const name of ["Clara One", "Clara Two"]) {
    await server.database.query("insert into end_user (id, organization_id, name, email) select $1, id, $2, 'clara.conflict@contoso.example' from organization where name = $3", [randomUUID(), name, NAME]);
  }
  const tenant = new TenantPage(page);
  const search = new SearchPage(page);
  const why = new WhyPage(page);

  await test.step("before the sync is set up, from the dialog's people", async () => {
    const dialog = await tenant.setUp(NAME);
    await dialog.tick("Department", ["Sales Abroad"]);
    await dialog.unfoldPeople(/ in conflict$/);
    await expect(dialog.dialog.getByRole("link", { name: "Clara Conflict" })).toHaveAttribute("href", /\/why\?user=/);
    await dialog.send("Enable Sync");
    await tenant.expectSync(NAME, "Enabled");
  });

  await test.step("in, from the search box by a part of the UPN, and after a reload", async () => {
    await page.keyboard.press("/");
    await expect(search.box).toBeFocused();
    await search.search("ii@contoso");
    await expectRowVisible(search.group("End Users"), { Name: "Ines Inside", Organization: NAME, Status: "Synced" });
    await expectNoAxeViolations(page);
    await (await rowOf(search.group("End Users"), { Name: "Ines Inside" })).getByRole("link", { name: /^Why\?/ }).click();
    for (const again of [false, true]) {
      if (again) await page.reload();
      await why.expectPerson("Ines Inside", "In");
      await why.expectDecided("Is the account mapped to an End User of this Organization?", "Yes. Nothing differs.");
      await why.expectSection("Department", "Yes", "Sales Abroad", "Sales Abroad");
      await why.expectSection("Office Location", "Yes", "Lisbon", "All");
      await expect(why.section("Microsoft Account").getByText("From the account's mail address.")).toBeVisible();
      await expectRowVisible(why.section("Match").getByRole("table"), { What: "End User", Part: "Mapped to the account" });
      await expect(why.section("Next Run")).toContainText("It writes nothing, as nothing differs.");
      await expect(why.section("Latest Outcome")).toContainText("Created");
    }
    await expectNoAxeViolations(page);
  });

  await test.step("what the next run will write, as soon as Microsoft was read", async () => {
    await server.database.query("update end_user set job_title = 'Typed', name = 'Typed Over' where name = 'Ines Inside'");
    await page.reload();
    await why.expectDecided("Is the account mapped to an End User of this Organization?", "Microsoft has other values.");
    await expectRowVisible(why.section("Next Run").getByRole("table"), { Field: "Name", Old: "Typed Over", New: "Ines Inside" });
  });

  await test.step("out, from the search box, by any word of the name", async () => {
    await search.search("outside");
    await expect(search.group("End Users")).toHaveCount(0);
    await expectRowVisible(search.group("In Microsoft only"), { "Name": "Otto Outside", "Microsoft Tenant": "Contoso", "Account": "Enabled" });
    await page.getByRole("link", { name: /Not in Contoso Care: why\?/ }).click();
    await why.expectPerson("Otto Outside", "Out");
    await why.expectDecided("Does a section of the filters say no?", "Yes. The filters do not match: Department.");
    await why.expectSection("Department", "No", "Stock", "Sales Abroad");
    await expect(why.section("Match")).toContainText("Not looked for, as an earlier rule decided.");
    await expect(why.section("Next Run")).toContainText("It writes nothing.");
  });

  await test.step("a refused match, from a run, with both End Users", async () => {
    await tenant.open(NAME);
    await page.getByRole("link", { name: "Latest run" }).click();
    const people = new RunPage(page).people;
    await (await rowOf(people, { Person: /Clara Conflict/, Outcome: "Conflict" })).getByRole("link", { name: "Clara Conflict" }).click();
    await why.expectPerson("Clara Conflict", "Conflict");
    await why.expectDecided("Who has the address?", "2 End Users have the address");
    await expect(why.section("Match")).toContainText("Refused.");
    for (const who of [/Clara One/, /Clara Two/]) await expectRowVisible(why.section("Match").getByRole("table"), { Who: who, What: "End User", Part: "Has the address" });
  });

  await test.step("somebody missing, from the End Users subtab", async () => {
    await new EndUsersPage(page).open(NAME);
    await page.getByRole("link", { name: "Why is somebody missing?" }).click();
    const field = page.getByRole("main").getByRole("searchbox", { name: "Search people in Microsoft" });
    await field.fill("OTTO");
    await field.press("Enter");
    await page.getByRole("link", { name: /Not in Contoso Care: why\?/ }).click();
    await why.expectPerson("Otto Outside", "Out");
    await page.goto(`${new URL(page.url()).pathname}?user=nobody@contoso.example`);
    await expect(page.getByText("Microsoft has nobody called")).toBeVisible();
    await expectNoAxeViolations(page);
  });

  await test.step("organizations, tenants and Microsoft tenants, by name and by id", async () => {
    await search.search("contoso");
    await expectRowVisible(search.group("Organizations"), { Organization: NAME });
    await expectRowVisible(search.group("Tenants"), { "Tenant": NAME, "Microsoft Tenant": "Contoso" });
    const directory = await microsoft.directory("contoso");
    await search.search(directory.id);
    await expectRowVisible(search.group("Microsoft Tenants"), { "Microsoft Tenant": /^Contoso/, "Tenant ID": directory.id });
    await search.search(inside.id);
    await expectRowVisible(search.group("End Users"), { Email: "ines.inside@contoso.example" });
    await search.search("<b>nobody & nothing</b>");
    await expect(page.getByText("Nothing found for")).toBeVisible();
  });

  await test.step("all of it without JavaScript", async () => {
    const plain = await page.context().browser()?.newContext({ javaScriptEnabled: false, baseURL: server.url });
    if (!plain) throw new Error("no browser");
    await plain.addCookies(await context.cookies());
    const other = await plain.newPage();
    await other.goto("/organizations");
    const box = other.getByRole("banner").getByRole("searchbox");
    await box.fill("otto out");
    await box.press("Enter");
    await other.getByRole("link", { name: /Not in Contoso Care: why\?/ }).click();
    await new WhyPage(other).expectPerson("Otto Outside", "Out");
    await new WhyPage(other).expectSection("Department", "No", "Stock", "Sales Abroad");
    await plain.close();
  });
});

test.describe("in Zurich", () => {
  test.use({ timezoneId: "Europe/Zurich" });

  test("the time zone, the appearance and the key are chosen in Settings and kept", async ({ page, visit, signIn }) => {
    await signIn();
    await new OrganizationsPage(page).open();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
    const preferences = page.getByRole("region", { name: "Preferences" });
    await page.reload();
    await expect(preferences.getByText(/Times are shown in Europe\/Zurich \(UTC\+0[12]:00\), told by this browser\./)).toBeVisible();
    await expectNoAxeViolations(page);

    await preferences.getByRole("combobox", { name: "Time Zone" }).fill("Tokyo");
    await page.getByRole("option", { name: /Asia\/Tokyo/ }).click();
    await preferences.getByLabel("Appearance").selectOption("Dark");
    await preferences.getByRole("checkbox", { name: "The key / goes to the search" }).uncheck();
    await preferences.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Settings saved." })).toBeVisible();
    const tokyo = preferences.getByText(/Times are shown in Asia\/Tokyo \(UTC\+09:00\), chosen here\. It is .* JST there\./);
    await expect(tokyo).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expectNoAxeViolations(page);

    // The browser tells its own zone on every page, which must not win.
    for (const path of ["/organizations", "/settings"]) await visit(path);
    await expect(tokyo).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.keyboard.press("/");
    await expect(page.getByRole("banner").getByRole("searchbox")).not.toBeFocused();
  });
});
