import type { Page } from "@playwright/test";
import { expectStays } from "../fixtures/reload.ts";
import { expect, expectHydrated, expectNoAxeViolations, test } from "../fixtures/test.ts";
import { AccountsPage, signInAs } from "../pages/accounts.ts";
import { AssetsPage } from "../pages/assets.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { TenantPage } from "../pages/tenant.ts";

test.use({ standIn: { tenants: "contoso=25,fabrikam=25" }, expectedComplaints: /status of (40[34]|422)/ });
test.describe.configure({ mode: "serial" });

/** Made once, by the first test of the worker. */
const made = new Map<string, string>();
const PEOPLE = {
  technician: { email: "tess@msp.example", name: "Tess Technician", role: "Technician", organizations: ["Contoso Care"] },
  viewer: { email: "vera@msp.example", name: "Vera Viewer", role: "Viewer", organizations: ["Contoso Care"] },
} as const;

async function customer(page: Page, name: string, domain: string, microsoft: string): Promise<void> {
  const tenant = new TenantPage(page);
  await mappedCustomer(page, name, domain, microsoft);
  await (await tenant.setUp(name)).send("Enable Sync");
  await tenant.expectSync(name, "Enabled");
  made.set(`${name} tenant`, new URL(page.url()).pathname);
  await page.getByRole("link", { name, exact: true }).click();
  await expect(page.getByRole("table", { name: "End Users" })).toBeVisible();
  made.set(`${name} people`, new URL(page.url()).pathname);
  const people = page.getByRole("table", { name: "End Users" }).locator("tbody").getByRole("link");
  made.set(`${name} person`, (await people.first().getAttribute("href")) ?? "");
}

test.beforeEach(async ({ page, signIn, visit }) => {
  if (made.size > 0) return;
  await signIn();
  await customer(page, "Contoso Care", "contoso.example", "Contoso");
  await visit((made.get("Contoso Care people") ?? "").replace("/end-users", "/assets?dialog=new"));
  await new AssetsPage(page).create("Front Desk Laptop", "00:1A:2B:3C:4D:5E");
  made.set("Contoso Care asset", new URL(page.url()).pathname);
  await customer(page, "Fabrikam Fields", "fabrikam.example", "Fabrikam");
  const accounts = new AccountsPage(page);
  for (const person of [PEOPLE.technician, PEOPLE.viewer]) {
    await accounts.open();
    made.set(person.email, await accounts.add({ ...person, organizations: [...person.organizations] }));
    await expect(accounts.row(person.name)).toContainText(person.organizations[0]);
  }
});

const at = (what: string): string => made.get(what) ?? "";

async function as(page: Page, who: keyof typeof PEOPLE): Promise<void> {
  await signInAs(page, PEOPLE[who].email, at(PEOPLE[who].email));
}

test("Settings lists accounts with role and Organizations, for Administrators", async ({ page, signIn }) => {
  await signIn();
  const accounts = new AccountsPage(page);
  await accounts.open();
  await expectStays(page, () => expect(accounts.row("Vera Viewer")).toContainText("Viewer"));
  await expectNoAxeViolations(page);
  await accounts.row("Vera Viewer").getByRole("link", { name: "Edit" }).click();
  await expect(page.getByRole("dialog", { name: "Account of Vera Viewer" })).toBeVisible();
  await expectNoAxeViolations(page);
  await page.keyboard.press("Escape");
  await expect(accounts.row("Ada Admin").getByRole("button", { name: "Disable" })).toHaveCount(0);
});

for (const who of ["technician", "viewer"] as const) {
  test(`a ${who} sees exactly what is theirs`, async ({ page, visit }) => {
    await as(page, who);
    await visit("/organizations");
    const table = page.getByRole("table", { name: "Organizations" });
    await expectStays(page, async () => {
      await expect(table.getByRole("link", { name: "Contoso Care", exact: true }).first()).toBeVisible();
      await expect(table).not.toContainText("Fabrikam");
    });
    await expect(page.getByText("1 organization", { exact: true })).toBeVisible();
    for (const name of ["New Organization", "Import"]) await expect(page.getByRole("main").getByRole("link", { name })).toHaveCount(0);
    await expectNoAxeViolations(page);
    for (const path of ["/microsoft-tenants", "/assets", "/activity", "/activity/audit", "/search?q=fabrikam"]) {
      await visit(path);
      await expect(page.getByRole("main").getByRole("link", { name: /Fabrikam/ }), path).toHaveCount(0);
    }
    await visit("/microsoft-tenants");
    await expect(page.getByRole("table", { name: "Microsoft tenants" })).toContainText("Contoso");
    await expect(page.getByRole("button", { name: "Integrate" })).toHaveCount(0);
    await visit("/settings");
    await expect(page.getByRole("heading", { name: "Accounts" })).toHaveCount(0);
  });

  test(`to a ${who} what is somebody else's does not exist`, async ({ page, visit }) => {
    await as(page, who);
    for (const what of ["people", "tenant", "person"]) {
      const answer = await page.goto(at(`Fabrikam Fields ${what}`));
      expect(answer?.status(), what).toBe(404);
      await expect(page.getByText("Not found", { exact: true }), what).toBeVisible();
      await expect(page.getByRole("main"), what).not.toContainText("Fabrikam");
    }
    await visit("/import/organizations");
    await expect(page.getByText("You have no permission for this")).toBeVisible();
    await expect(page.getByText(/An Administrator can give it to you/)).toBeVisible();
    await expectNoAxeViolations(page);
  });
}

test("a technician works on syncs, End Users and Assets", async ({ page, visit }) => {
  await as(page, "technician");
  await visit(at("Contoso Care people"));
  for (const name of ["New End User", "Import", "Manage", "Why is somebody missing?"]) {
    await expect(page.getByRole("main").getByRole("link", { name })).toBeVisible();
  }
  await expect(page.getByRole("button", { name: "Delete Selected" })).toBeVisible();
  await visit(at("Contoso Care tenant"));
  await expect(page.getByRole("button", { name: "Sync Now" })).toBeVisible();
  await page.getByRole("button", { name: "Actions for Contoso Care" }).click();
  await expect(page.getByRole("menuitem", { name: "Edit User Sync Filters" })).toBeVisible();
  await visit(at("Contoso Care asset"));
  await expect(page.getByRole("button", { name: "Save Changes" })).toBeVisible();
  await visit("/microsoft-tenants");
  await page.getByRole("button", { name: "Actions for Contoso" }).click();
  await expect(page.getByRole("menuitem", { name: "Sync Now" })).toBeVisible();
  for (const name of ["Map Tenant", "Unmap Tenant", "Remove Integration"]) await expect(page.getByRole("menuitem", { name })).toHaveCount(0);
  await visit((at("Contoso Care people")).replace("/end-users", ""));
  await expect(page.getByRole("link", { name: "Edit" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "ORGANIZATION SETTINGS" })).toHaveCount(0);
});

test("a viewer reads, and is offered nothing else", async ({ page, visit }) => {
  await as(page, "viewer");
  await visit(at("Contoso Care people"));
  await expect(page.getByRole("table", { name: "End Users" }).locator("tbody").getByRole("link").first()).toBeVisible();
  for (const name of ["New End User", "Import"]) await expect(page.getByRole("main").getByRole("link", { name })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Delete Selected" })).toHaveCount(0);
  await expectNoAxeViolations(page);
  await visit(at("Contoso Care person"));
  await expect(page.getByRole("heading", { level: 2, name: "End User Details" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Actions" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Save Changes" })).toHaveCount(0);
  await visit(at("Contoso Care tenant"));
  await expect(page.getByRole("button", { name: "Sync Now" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Actions for Contoso Care" })).toHaveCount(0);
  await visit(at("Contoso Care asset"));
  for (const name of ["Save Changes", "Assign"]) await expect(page.getByRole("button", { name })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Delete" })).toHaveCount(0);
  await expectNoAxeViolations(page);
  // By its address a dialog does not open either.
  await visit(`${at("Contoso Care people")}?dialog=new`);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await visit((at("Contoso Care people")).replace("/end-users", ""));
  await expect(page.getByRole("main").getByRole("link", { name: "Edit" })).toHaveCount(0);
});

test("somebody changes their own password, with the present one", async ({ page, signIn }) => {
  const [email, another] = ["pia@msp.example", "battery staple horse"];
  await signIn();
  const accounts = new AccountsPage(page);
  await accounts.open();
  const first = await accounts.add({ email, name: "Pia Password", role: "Viewer", organizations: [] });
  await signInAs(page, email, first);
  await page.goto("/settings");
  await expectHydrated(page);
  await page.getByRole("link", { name: "Change Password" }).click();
  const dialog = page.getByRole("dialog", { name: "Change Password" });
  for (const present of ["wrong", first]) {
    await dialog.getByLabel("Present password").fill(present);
    await dialog.getByLabel("New password").fill(another);
    await dialog.getByRole("button", { name: "Change Password" }).click();
    if (present === first) break;
    await expect(dialog).toContainText("The present password is wrong.");
    await expectNoAxeViolations(page);
  }
  await expect(page.getByText("Password changed.")).toBeVisible();
  await expect(dialog).toBeHidden();
  await signInAs(page, email, another);
});
