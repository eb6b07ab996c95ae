import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, rowOf, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUserPage } from "../pages/end-user.ts";
import { RunPage } from "../pages/people.ts";
import { SearchPage, WhyPage } from "../pages/search.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=0" } });

const NAME = "Contoso Why";

test("Why? tells what the next run will do before the set-up, where the guard holds, where somebody is excluded, and when the sync is off", async ({ page, microsoft, signIn }) => {
  const hire = (given: string) => microsoft.createUser("contoso", { displayName: `${given} Lind`, mail: `${given.toLowerCase()}@contoso.example` });
  const leaving = [await hire("Ana"), await hire("Ben"), await hire("Cleo")];
  for (const given of ["Dora", "Emil"]) await hire(given);
  const tenant = new TenantPage(page);
  const search = new SearchPage(page);
  const why = new WhyPage(page);
  const person = new EndUserPage(page);
  const next = why.section("Next Run");
  const obstacles = page.getByRole("region", { name: "What stands in the way" });
  const heading = (who: string) => page.getByRole("heading", { level: 1, name: `Why? ${who}` });
  const fromSearch = async (who: string) => {
    await search.search(who);
    await page.getByRole("link", { name: /^Not in Contoso Why: why\?/ }).click();
    await expect(heading(who)).toBeVisible();
  };
  const fromPage = async (who: string) => {
    await person.open(NAME, who);
    await page.getByRole("complementary", { name: "End User" }).getByRole("link", { name: "Why?" }).click();
    await expect(heading(who)).toBeVisible();
  };
  await signIn();
  await mappedCustomer(page, NAME, "contoso.example", "Contoso");

  await test.step("before the set-up: what would be, with All in every section", async () => {
    await fromSearch("Ana Lind");
    await expectStays(page, async () => {
      await expect(obstacles).toContainText("The user sync of this Organization is not set up");
      await expect(obstacles.getByRole("link", { name: "Set Up Microsoft User Sync" })).toHaveAttribute("href", /dialog=filters/);
      await expect(next).toContainText("The sync is off, so this is what a run would do with the last filters.");
      await expect(next).toContainText("It creates an End User with these values.");
      await expect(await rowOf(next.getByRole("table"), { Field: "Email", New: "ana@contoso.example" })).toBeVisible();
    });
    await expectNoAxeViolations(page);
  });

  await test.step("kept out", async () => {
    await tenant.open(NAME);
    await (await tenant.setUp(NAME)).send("Enable Sync");
    await tenant.expectSync(NAME, "Enabled");
    await person.open(NAME, "Dora Lind");
    await person.delete(true);
    await fromSearch("Dora Lind");
    await expectStays(page, async () => {
      await why.expectPerson("Dora Lind", "Out");
      await why.expectDecided("Does an administrator keep this person out?", "Yes. An administrator keeps this person out of the sync.");
      await expect(obstacles).toContainText("An administrator keeps this person out of the sync");
      await expect(obstacles.getByRole("link", { name: "People kept out" })).toHaveAttribute("href", /\/excluded$/);
      await expect(next).toContainText("It writes nothing.");
      await expect(next).not.toContainText("The sync is off");
    });
  });

  await test.step("held by the guard, with the change that waits", async () => {
    for (const user of leaving) await microsoft.updateUser("contoso", user.id, { accountEnabled: false });
    await tenant.open(NAME);
    await tenant.syncNow();
    await (await rowOf(new RunPage(page).people, { Person: /Ana Lind/, Outcome: "Held" })).getByRole("link", { name: "Ana Lind" }).click();
    await expect(heading("Ana Lind")).toBeVisible();
    await expectStays(page, async () => {
      await expect(obstacles).toContainText("The guard holds this back until somebody approves or drops it");
      await expect(obstacles.getByRole("link", { name: "Review held changes" })).toHaveAttribute("href", /^\/runs\/.*#held$/);
      await expect(obstacles).toContainText("One run would mark many of this Organization's people as disabled.");
      await expect(obstacles).toContainText(/Disabled in Microsoft: \(empty\).*Disabled/s);
      await expect(next).toContainText("It holds this back until somebody approves or drops it.");
      await expect(why.section("Latest Outcome")).toContainText("Held");
    });
    await expectNoAxeViolations(page);
  });

  await test.step("disabled: what would be, with the last filters", async () => {
    await tenant.open(NAME);
    await tenant.disable(NAME);
    await fromPage("Emil Lind");
    await expectStays(page, async () => {
      await expect(obstacles).toContainText("The user sync of this Organization is disabled");
      await expect(obstacles.getByRole("link", { name: "Set Up Microsoft User Sync" })).toBeVisible();
      await expect(next).toContainText("The sync is off, so this is what a run would do with the last filters.");
      await expect(next).toContainText("It writes nothing, as nothing differs.");
    });
  });
});
