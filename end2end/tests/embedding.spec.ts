import { ConsoleWatcher } from "../fixtures/console.ts";
import { expect, test, withThirdPartyCookies } from "../fixtures/embedding.ts";
import { expectedOf, type Filters } from "../fixtures/expected.ts";
import { expectHydrated, expectNoAxeViolations, rowOf } from "../fixtures/expectations.ts";
import { MicrosoftTenantsPage } from "../pages/customers.ts";
import { EndUsersTable } from "../pages/people.ts";
import { EmbeddedPage, holdTime, passTime } from "../pages/portal.ts";
import { TenantDetails } from "../pages/tenant.ts";

// The browser tells of pages and functions that refuse, and warns of every frame that has scripts and its own origin,
// although that is another than the portal's.
const COMPLAINTS = /status of 40[14]|can escape its sandboxing|Blocked autofocusing/;
test.use({ standIn: { tenants: "contoso=60" }, expectedComplaints: COMPLAINTS });

test("a technician at a portal on another site sets up and edits a sync in the frame, without third-party cookies", async ({ page, playwright, launchOptions, signIn, server, microsoft, ground, visit }) => {
  const { portal, stranger, contoso } = ground;
  const directory = await microsoft.directory("contoso");
  await test.step("the customer is mapped in Entrain", async () => {
    await signIn();
    const integrations = new MicrosoftTenantsPage(page);
    await integrations.open();
    await integrations.connect("contoso.example", "Contoso");
    await integrations.map("Contoso", contoso.name);
    await integrations.expectRead("Contoso", directory.users.filter((user) => user.userType?.toLowerCase() !== "guest").length);
    // What blocks them below is the setting and nothing else.
    await withThirdPartyCookies("kept", { playwright, launchOptions }, stranger, async () => {});
  });

  await withThirdPartyCookies("blocked", { playwright, launchOptions }, stranger, async (context) => {
    const watcher = new ConsoleWatcher(context, COMPLAINTS);
    const addresses: string[] = [];
    context.on("request", (request) => addresses.push(request.url()));
    const theirs = await context.newPage();
    await holdTime(theirs);
    const embed = new EmbeddedPage(theirs);
    const tenant = new TenantDetails(embed.frame);
    const cookie = async () => (await context.cookies(server.url)).find(({ name }) => name === "entrain-embed");
    const filters: Filters = { department: ["Sales", "Finance"] };

    await test.step("the page opens in the frame, with a cookie for this portal's site alone", async () => {
      portal.show(`tenants/${contoso.tenant}`, { id: "tess", name: "Tess at the Portal", role: "technician", scope: contoso.tenant });
      await theirs.goto(portal.elsewhere);
      await embed.expectOpen(contoso.name);
      expect(await cookie()).toMatchObject({ httpOnly: true, secure: true, sameSite: "None", partitionKey: expect.stringContaining("http://127.0.0.1") });
      // Of those that open anything. The other one says in which zone times are told.
      const names = (await context.cookies(server.url)).map(({ name }) => name);
      expect(names.filter((name) => name !== "entrain-zone")).toEqual(["entrain-embed"]);
      await expect(embed.frame.getByRole("navigation", { name: "Main" })).toHaveCount(0);
    });

    await test.step("Set Up", async () => {
      const dialog = await tenant.setUp(contoso.name);
      await dialog.tick("Department", ["Sales", "Finance"]);
      await dialog.expectLine(expectedOf(directory, filters));
      await embed.expectSized();
      await expectNoAxeViolations(theirs);
      await dialog.send("Enable Sync");
      await tenant.expectSync(contoso.name, "Enabled");
    });

    await test.step("the session ends: the portal is asked for another, and the page goes on", async () => {
      await server.database.query("update embed_session set expires_at = now()");
      const renewed = embed.handedOver();
      await embed.frame.getByRole("button", { name: "Sync Now" }).click();
      await expect(theirs.getByText("The session with Entrain was over and is opened again.")).toBeVisible();
      expect((await renewed).status()).toBe(200);
      expect(portal.tokens).toHaveLength(2);
      // What said that the session was over is gone, by loading the page anew.
      await expect(embed.frame.locator("[data-signed-out]")).toHaveCount(0);
      await embed.expectOpen(contoso.name);
    });

    await test.step("Edit User Sync Filters, in the midst of which the session is renewed before its end", async () => {
      const dialog = await tenant.edit(contoso.name);
      await dialog.tick("Department", ["Sales", "Finance", "Support"]);
      const [before, renewed] = [await cookie(), embed.handedOver()];
      await passTime(theirs);
      expect((await renewed).status()).toBe(200);
      await expect.poll(async () => (await cookie())?.value).not.toBe(before?.value);
      expect(portal.tokens).toHaveLength(3);
      await expect(dialog.box(dialog.section("Department"), "Support")).toBeChecked();
      await dialog.send("Save");
      filters.department = ["Sales", "Finance", "Support"];
    });

    await test.step("the people are there, and the frame is as high as the page", async () => {
      const expected = expectedOf(directory, filters).created;
      const written = () => server.database.query("select 1 from end_user where organization_id = $1", [contoso.organization]);
      await expect.poll(async () => (await written()).length, { timeout: 30_000 }).toBe(expected.length);
      await embed.frame.getByRole("link", { name: contoso.name, exact: true }).click();
      const people = new EndUsersTable(embed.frame);
      await expect(await rowOf(people.table, { Email: expected[0]?.email ?? "" })).toBeVisible();
      // By address: of two who share one, the one who was synced first under the narrower filters stays.
      const addresses = (people: { email: string }[]) => people.map(({ email }) => email.toLowerCase()).sort();
      expect(addresses((await people.rows()).map((row) => ({ email: row["Email"] ?? "" })))).toEqual(addresses(expected));
      await embed.expectSized();
      const high = await embed.height();
      expect(high).toBeGreaterThan(150);
      await expectNoAxeViolations(theirs);
      await theirs.setViewportSize({ width: 320, height: 640 });
      await embed.expectSized();
      await expect.poll(() => embed.height()).not.toBe(high);
      await expectNoAxeViolations(theirs);
      await theirs.setViewportSize({ width: 1440, height: 900 });
      await expect.poll(() => embed.height()).toBe(high);
      await embed.frame.getByRole("link", { name: "Manage" }).click();
      await expect(tenant.table).toBeVisible();
      await theirs.setViewportSize({ width: 320, height: 640 });
      await embed.expectSized();
      await expectNoAxeViolations(theirs);
    });

    const shown = [...addresses, ...theirs.frames().map((frame) => frame.url())];
    expect(shown.filter((address) => portal.tokens.some((token) => address.includes(token)))).toEqual([]);
    expect(watcher.unexpected()).toEqual([]);
  });

  await visit("/activity/audit");
  await expect(page.getByRole("table", { name: "Audit log" })).toContainText("Tess at the Portal");
});

test("beside a signed-in administrator on the same site the frame is the portal's person's alone", async ({ page, context, server, signIn, ground, visit }) => {
  const { portal, contoso, fabrikam } = ground;
  const embed = new EmbeddedPage(page);
  const people = `${portal.embedded}/organizations/${fabrikam.organization}/end-users`;
  await signIn();

  await test.step("the administrator's cookie opens nothing of it", async () => {
    for (const address of [people, `${portal.embedded}/tenants/${contoso.tenant}`]) {
      const answer = await page.goto(address);
      expect(answer?.status(), address).toBe(401);
      await expect(page.getByRole("heading", { level: 1, name: "Waiting for your portal" })).toBeVisible();
    }
  });

  await test.step("the browser sends both cookies, and the frame shows what the portal's person may see", async () => {
    portal.show(`organizations/${fabrikam.organization}/end-users`, { id: "vic", name: "Vic at the Portal", role: "viewer", scope: fabrikam.organization });
    const asked = page.waitForRequest((request) => request.url().startsWith(people) && request.isNavigationRequest());
    await page.goto(portal.beside);
    await embed.expectOpen(fabrikam.name);
    const { cookie } = await (await asked).allHeaders();
    expect(cookie).toMatch(/(^|; )entrain=/);
    expect(cookie).toMatch(/(^|; )entrain-embed=/);
    await expect(embed.frame.locator("html")).toHaveAttribute("data-role", "viewer");
    for (const name of ["New End User", "Import", "Manage", "Set Up Microsoft User Sync"]) {
      await expect(embed.frame.getByRole("link", { name }), name).toHaveCount(0);
    }
    for (const name of [server.administrator.name, contoso.name]) await expect(embed.frame.locator("body")).not.toContainText(name);
    await expectNoAxeViolations(page);
  });

  await test.step("nothing outside the scope opens in the frame", async () => {
    const inner = await embed.inner();
    for (const path of [`organizations/${contoso.organization}/end-users`, `tenants/${contoso.tenant}`]) {
      const answer = await inner.goto(`${portal.embedded}/${path}`);
      expect(answer?.status(), path).toBe(404);
      await expect(embed.heading("This page is not part of what your portal opened")).toBeVisible();
      await expect(embed.frame.locator("body")).not.toContainText(contoso.name);
    }
  });

  await test.step("the administrator is still signed in elsewhere, by that cookie alone", async () => {
    await visit("/organizations");
    await expect(page.getByRole("table", { name: "Organizations" })).toContainText(contoso.name);
    await context.clearCookies({ name: "entrain" });
    await page.goto(portal.beside);
    await embed.expectOpen(fabrikam.name);
    await page.goto("/organizations");
    await expect(page).toHaveURL(/\/sign-in/);
    await expectHydrated(page);
  });
});

test("where a browser keeps no cookie in the frame, a link opens the page in a tab of its own", async ({ page, context, ground }) => {
  const { portal, fabrikam } = ground;
  // The cookie is lost on its way to the frame. Asked from here, as the browser's own copy of it would be kept.
  await context.route(/\/embed\/[^/]+\/session$/, async (route, request) => {
    if (request.method() !== "POST" || request.frame().parentFrame() === null) return route.continue();
    const headers = { origin: portal.elsewhere, accept: "text/html", "content-type": "application/x-www-form-urlencoded" };
    const answer = await fetch(request.url(), { method: "POST", redirect: "manual", headers, body: request.postData() });
    await route.fulfill({ status: answer.status, headers: { location: answer.headers.get("location") ?? "" } });
  });
  portal.show(`organizations/${fabrikam.organization}/end-users`, { id: "vic", name: "Vic at the Portal", role: "viewer", scope: fabrikam.organization });
  const embed = new EmbeddedPage(page);
  await page.goto(portal.elsewhere);
  await expect(embed.heading("Your browser keeps no cookie for this page")).toBeVisible();
  await expectNoAxeViolations(page);
  const opened = context.waitForEvent("page");
  await embed.frame.getByRole("link", { name: "Open in a new tab" }).click();
  const tab = await opened;
  await expect(tab.getByRole("heading", { level: 1, name: fabrikam.name })).toBeVisible();
  await expectHydrated(tab);
  expect(portal.tokens.some((token) => tab.url().includes(token))).toBe(false);
});

test("the frame finds its height, whatever is open in it and however narrow it is", async ({ page, server, ground }) => {
  const { portal, fabrikam } = ground;
  const embed = new EmbeddedPage(page);
  /** As high as half a second before, and no higher than what is shown can be. */
  const expectSettled = async (what: string) => {
    await expect(async () => {
      const before = await embed.height();
      await page.waitForTimeout(500);
      expect(await embed.height(), what).toBe(before);
    }).toPass({ timeout: 10_000 });
    expect(await embed.height(), what).toBeLessThan(4_000);
    await embed.expectSized();
  };
  portal.show(`organizations/${fabrikam.organization}/end-users`, { id: "tess", name: "Tess at the Portal", role: "technician", scope: fabrikam.organization });

  await test.step("with a dialog in a narrow one", async () => {
    await page.goto(portal.elsewhere);
    await embed.expectOpen(fabrikam.name);
    await embed.frame.getByRole("link", { name: "New End User" }).click();
    await expect(embed.frame.getByRole("dialog", { name: "New End User" })).toBeVisible();
    await page.setViewportSize({ width: 320, height: 640 });
    await expectSettled("New End User");
  });

  await test.step("with more rows than a window shows", async () => {
    await server.database.query(
      "insert into end_user (id, organization_id, name) select gen_random_uuid(), $1, 'Person ' || n from generate_series(1, 40) n",
      [fabrikam.organization],
    );
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(portal.elsewhere);
    await embed.expectOpen(fabrikam.name);
    await expect(embed.frame.getByRole("table", { name: "End Users" })).toContainText("Person 40");
    await expectSettled("End Users");
  });
});
