import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { asStranger, ConsentPage, makeLink } from "../pages/consent.ts";
import { MicrosoftTenantsPage } from "../pages/customers.ts";

// The browser tells of the pages that refuse.
test.use({ standIn: { tenants: "contoso=20,fabrikam=8,northwind=8,tailspin=8" }, expectedComplaints: /status of 4\d\d/ });

test.beforeEach(async ({ microsoft, server }) => {
  for (const tenant of ["fabrikam", "northwind", "tailspin"]) await microsoft.setConsent(tenant, false);
  await server.database.query("delete from pending_microsoft_tenant");
  await server.database.query("update microsoft_tenant set removed_at = now(), tenant_id = null");
});

test("Single Tenant says what is read and why, and consent at Microsoft connects the expected tenant", async ({ page, signIn }) => {
  await signIn();
  const integrations = new MicrosoftTenantsPage(page);
  await integrations.open();
  const dialog = await integrations.integrate();
  await expect(dialog.getByRole("heading", { name: "What will be read, and why" })).toBeVisible();
  await expect(dialog.getByText("User.Read.All")).toBeVisible();
  await expect(dialog.getByText("They become End Users and are kept up to date.")).toBeVisible();
  await expect(dialog.getByLabel("Cloud").getByRole("option")).toHaveText([
    "Microsoft's global cloud",
    "US Government (GCC High)",
    "US Government (DoD)",
    "China (21Vianet)",
  ]);
  await expectNoAxeViolations(page);
  await dialog.getByLabel("Microsoft tenant ID or domain").fill("fabrikam.example");
  await dialog.getByRole("link", { name: "Continue to Microsoft" }).click();
  await new ConsentPage(page).accept();
  await expect(page).toHaveURL(/\/microsoft-tenants/);
  await expectHydrated(page);
  await expectStays(page, () => expectRowVisible(integrations.table, { "Microsoft Tenant": /Fabrikam/, Status: "Connected" }));
});

test("a tenant that nobody expected waits until it is confirmed or rejected", async ({ page, signIn, microsoft }) => {
  await signIn();
  const integrations = new MicrosoftTenantsPage(page);
  for (const name of ["Northwind", "Tailspin"]) {
    await integrations.open();
    const dialog = await integrations.integrate();
    await dialog.getByRole("link", { name: "Continue to Microsoft" }).click();
    await microsoft.forgetRequests();
    await new ConsentPage(page).accept(name);
    await expectRowVisible(integrations.table, { "Microsoft Tenant": new RegExp(name), Status: /Pending confirmation/ });
    const { id } = await microsoft.directory(name.toLowerCase());
    const asked = (await microsoft.requests()).filter(({ path, tenant }) => tenant === id && path.startsWith("/v1.0/")).map(({ path }) => path);
    expect(asked).toEqual(["/v1.0/organization"]);
  }
  await expectHydrated(page);
  await expectNoAxeViolations(page);
  await page.getByRole("button", { name: "Confirm Northwind" }).click();
  await expectRowVisible(integrations.table, { "Microsoft Tenant": /Northwind/, Status: "Connected" });
  await page.getByRole("button", { name: "Reject Tailspin" }).click();
  await expectStays(page, async () => {
    await expectRowVisible(integrations.table, { "Microsoft Tenant": /Northwind/, Status: "Connected" });
    await expect(integrations.table.getByText("Tailspin")).toHaveCount(0);
  });
});

test("a link for a customer's administrator shows thanks or the error and nothing else", async ({ page, signIn, browser, visit, server }) => {
  await signIn();
  const integrations = new MicrosoftTenantsPage(page);
  await integrations.open();
  const dialog = await integrations.integrate();
  const link = await makeLink(dialog, "fabrikam.example");
  const other = await makeLink(dialog, "northwind.example");
  for (const made of [link, other]) server.secrets.addShown("a link for a customer", made.split("/").at(-1) ?? "");

  await asStranger(browser, async (stranger) => {
    const consent = new ConsentPage(stranger);
    const follow = async () => {
      await stranger.goto(link);
      await expect(stranger.getByRole("heading", { level: 1, name: "Let Entrain read your directory" })).toBeVisible();
      await stranger.getByRole("link", { name: "Continue to Microsoft" }).click();
    };
    await follow();
    await consent.press("Sign in without being an administrator");
    await expect(stranger.getByRole("heading", { name: "Microsoft did not give consent" })).toBeVisible();
    await expect(stranger.getByText("The link is still good")).toBeVisible();
    await expect(stranger.getByRole("link")).toHaveCount(0);
    await expectNoAxeViolations(stranger);
    await follow();
    await consent.accept();
    await expect(stranger.getByRole("heading", { name: "Thank you" })).toBeVisible();
    await expect(stranger.getByRole("link")).toHaveCount(0);
    await stranger.goto(link);
    await expect(stranger.getByRole("heading", { name: "This was used before" })).toBeVisible();
  });

  await visit("/microsoft-tenants/consent-links");
  const table = page.getByRole("table", { name: "Consent links" });
  await expectRowVisible(table, { For: "fabrikam.example", State: /Used\s*Connected Fabrikam\./ });
  await expectNoAxeViolations(page);
  await (await rowOf(table, { For: "northwind.example", State: "Open" })).getByRole("button", { name: "Revoke" }).click();
  await expectStays(page, () => expectRowVisible(table, { For: "northwind.example", State: "Revoked" }));
  await asStranger(browser, async (stranger) => {
    await stranger.goto(other);
    await expect(stranger.getByRole("heading", { name: "This link was revoked" })).toBeVisible();
  });
  await integrations.open();
  await expectRowVisible(integrations.table, { "Microsoft Tenant": /Fabrikam/, Status: "Connected" });
});

test("every refusal ends on a page that says what to do", async ({ page, signIn }) => {
  await signIn();
  const integrations = new MicrosoftTenantsPage(page);
  const cases = [
    ["Cancel", /accept as a Global Administrator/],
    ["Sign in without being an administrator", /have a Global Administrator run it/],
    ["Sign in from another cloud", /choose its cloud/],
  ] as const;
  for (const [button, words] of cases) {
    await integrations.open();
    const dialog = await integrations.integrate();
    await dialog.getByLabel("Microsoft tenant ID or domain").fill("fabrikam.example");
    await dialog.getByRole("link", { name: "Continue to Microsoft" }).click();
    await new ConsentPage(page).press(button);
    await expect(page.getByText(words)).toBeVisible();
    await expectNoAxeViolations(page);
    await page.getByRole("link", { name: "Back to Microsoft Tenant Integrations" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Microsoft Tenant Integrations" })).toBeVisible();
  }
});
