// The pictures of the documentation, taken of the demo: `make gallery`. Each is one screen at the width and in the
// colours that its line says, so that a change of the screens is a change of the pictures.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";

const PICTURES = join(import.meta.dirname, "../src/docs/screens");
const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/**
 * What is in sight: from a signed-in page, by the links and buttons that people press. A part of the page that is
 * returned is the picture.
 */
const screens = [
  ["sign-in", WIDE, "light", (page) => page.goto("/sign-in")],
  ["organizations", WIDE, "light", (page) => page.goto("/organizations")],
  ["organization", WIDE, "light", async (page) => {
    await page.goto("/organizations");
    await page.getByRole("link", { name: "Northwind Dental", exact: true }).first().click();
    await page.getByRole("table", { name: "Latest runs" }).waitFor();
    await page.getByRole("heading", { name: "ORGANIZATION SETTINGS" }).waitFor();
  }],
  ["microsoft-tenants", WIDE, "light", (page) => page.goto("/microsoft-tenants")],
  ["single-tenant", WIDE, "light", async (page) => {
    await page.goto("/microsoft-tenants");
    await hydrated(page);
    await page.getByRole("button", { name: "Integrate" }).click();
    await page.getByRole("menuitem", { name: "Single Tenant" }).click();
    await page.getByRole("dialog", { name: "Single Tenant" }).waitFor();
  }],
  ["start-tenant-mapping", WIDE, "light", async (page) => {
    await microsoftTenant(page, "Adatum", "Map Tenant");
    await page.getByRole("combobox", { name: "Tenant" }).waitFor();
  }],
  ["check-permissions", WIDE, "light", async (page) => {
    await microsoftTenant(page, "Woodgrove", "Check Permissions");
    await page.getByRole("table", { name: "Permissions and licenses" }).waitFor();
  }],
  ["cloud-solution-provider", WIDE, "light", async (page) => {
    await page.goto("/microsoft-tenants/cloud-solution-provider");
    await page.getByRole("table", { name: "Customers" }).waitFor();
  }],
  ["consent-links", WIDE, "light", async (page) => {
    await page.goto("/microsoft-tenants/consent-links");
    await page.getByRole("table", { name: "Consent links" }).waitFor();
  }],
  ["tenant-details", WIDE, "light", (page) => tenant(page, "Fourth Coffee")],
  ["edit-filters", WIDE, "light", async (page) => {
    await tenant(page, "Tailspin Logistics");
    await page.getByRole("button", { name: "Actions for Tailspin Logistics" }).click();
    await page.getByRole("menuitem", { name: "Edit User Sync Filters" }).click();
    await page.getByRole("dialog").locator("summary", { hasText: /^Group/ }).click();
  }],
  ["disable-user-sync", WIDE, "light", async (page) => {
    await tenant(page, "Tailspin Logistics");
    await hydrated(page);
    await page.getByRole("button", { name: "Actions for Tailspin Logistics" }).click();
    await page.getByRole("menuitem", { name: "Disable User Sync" }).click();
    await page.getByRole("dialog", { name: "Disable User Sync" }).waitFor();
  }],
  ["end-users", WIDE, "dark", (page) => endUsers(page, "Northwind Dental")],
  ["end-user", WIDE, "light", (page) => endUser(page)],
  ["delete-end-user", WIDE, "light", async (page) => {
    await endUser(page);
    await hydrated(page);
    await page.getByRole("button", { name: "Actions", exact: true }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByText("Keep this person out of future syncs").waitFor();
  }],
  ["why", WIDE, "light", async (page) => {
    await endUser(page);
    await page.getByRole("link", { name: "Why?", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: /^Why\?/ }).waitFor();
    await page.getByRole("table", { name: "Filters" }).waitFor();
  }],
  ["run", WIDE, "light", async (page) => {
    await firstRun(page);
    await page.getByRole("table", { name: "People of this run" }).waitFor();
  }],
  ["undo-run", WIDE, "light", async (page) => {
    await firstRun(page);
    await hydrated(page);
    await page.getByRole("link", { name: "Undo Run" }).click();
    await page.getByRole("dialog", { name: "Undo Run" }).waitFor();
  }],
  ["held-run", WIDE, "light", async (page) => {
    await tenant(page, "Woodgrove Legal");
    await page.getByRole("link", { name: "Review held changes" }).click();
    await page.getByRole("table", { name: "Held changes" }).waitFor();
  }],
  ["assets", WIDE, "light", (page) => page.goto("/assets")],
  ["asset-conflict", WIDE, "dark", async (page) => {
    await page.goto("/assets?search=dock");
    await page.getByRole("link", { name: "Docking station, desk 4" }).first().click();
    await page.getByRole("heading", { name: "Owner Information" }).waitFor();
  }],
  ["activity", WIDE, "light", (page) => page.goto("/activity")],
  ["audit", WIDE, "light", async (page) => {
    await page.goto("/activity/audit");
    await page.getByRole("table", { name: "Audit log" }).waitFor();
  }],
  ["search", WIDE, "light", async (page) => {
    await page.goto("/search?q=northwind");
    await page.getByText("Results for").waitFor();
  }],
  ["import", WIDE, "light", (page) => page.goto("/import/organizations")],
  ["settings", WIDE, "light", (page) => page.goto("/settings")],
  ["settings-sessions", WIDE, "light", (page) => settings(page, "Sessions", "Your sessions")],
  ["settings-accounts", WIDE, "light", (page) => settings(page, "Accounts", "Accounts")],
  ["settings-portals", WIDE, "light", (page) => settings(page, "Portals", "Portals")],
  ["settings-app-registration", WIDE, "light", async (page) => {
    await page.goto("/settings");
    const part = page.getByRole("region", { name: "Microsoft App Registration", exact: true });
    await part.getByText("Client ID", { exact: true }).waitFor();
    return part;
  }],
  ["end-users-on-a-phone", PHONE, "light", (page) => endUsers(page, "Northwind Dental")],
];

/** Buttons and menus listen once the program is there. */
function hydrated(page) {
  return page.locator("html[data-hydrated]").waitFor();
}

/** What the menu of a connected Microsoft tenant opens. */
async function microsoftTenant(page, name, item) {
  await page.goto("/microsoft-tenants");
  await hydrated(page);
  await page.getByRole("button", { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

async function tenant(page, name) {
  await page.goto("/microsoft-tenants");
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("table", { name: "Customer Organizations" }).waitFor();
}

async function endUsers(page, name) {
  await page.goto("/organizations");
  await page.getByRole("link", { name, exact: true }).first().click();
  await page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "End Users" }).click();
  await page.getByRole("table", { name: "End Users" }).waitFor();
}

/** The first person of a healthy customer. */
async function endUser(page) {
  await endUsers(page, "Northwind Dental");
  await page.getByRole("table", { name: "End Users" }).locator("tbody").getByRole("link").first().click();
  await page.getByRole("heading", { name: "History" }).waitFor();
}

/** The run that created the people of a healthy customer: the oldest that was about its Organization. */
async function firstRun(page) {
  const customer = "Northwind Dental";
  await page.goto("/activity?search=Northwind");
  const rows = page.getByRole("table", { name: "Runs" }).locator("tbody").getByRole("row");
  await rows.filter({ has: page.getByRole("link", { name: customer, exact: true }) }).last().getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: /^Run of/ }).waitFor();
}

/** A part of Settings, which is longer than a screen. */
async function settings(page, part, table) {
  await page.goto("/settings");
  await page.getByRole("table", { name: table, exact: true }).waitFor();
  return page.getByRole("region", { name: part, exact: true });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts the demo on a port of its own, and waits until it says where it is. */
async function demo(folder) {
  const program = process.env.ENTRAIN_PROGRAM ?? join(import.meta.dirname, "../target/debug/entrain");
  const child = spawn(program, ["demo", "--data-dir", folder, "--listen", `127.0.0.1:${await freePort()}`], { cwd: join(import.meta.dirname, ".."), stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  const found = await new Promise((resolve, reject) => {
    child.stdout.on("data", (data) => {
      said += data;
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      const email = /Sign in as\s+(\S+)/.exec(said)?.[1];
      const password = /Password\s+(\S+)/.exec(said)?.[1];
      if (address && email && password) resolve({ address, email, password });
    });
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code}:\n${said}`)));
  });
  return { ...found, stop: () => new Promise((done) => { child.removeAllListeners("exit"); child.on("exit", done); child.kill("SIGINT"); }) };
}

async function signIn(page) {
  await page.goto("/sign-in");
  await hydrated(page);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

const folder = mkdtempSync(join(tmpdir(), "entrain-gallery-"));
const { address, email, password, stop } = await demo(folder);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || undefined,
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
mkdirSync(PICTURES, { recursive: true });
try {
  for (const [name, viewport, colorScheme, show] of screens) {
    const context = await browser.newContext({ baseURL: address, viewport, colorScheme, locale: "en-US", timezoneId: "Europe/Amsterdam" });
    const page = await context.newPage();
    // Whoever is signed in is led on from the page that signs in.
    if (name !== "sign-in") await signIn(page);
    const part = await show(page);
    await hydrated(page);
    await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)));
    const shown = typeof part?.screenshot === "function" ? part : page;
    await shown.screenshot({ path: join(PICTURES, `${name}.png`) });
    console.log(`src/docs/screens/${name}.png`);
    await context.close();
  }
} finally {
  await browser.close();
  await stop();
  rmSync(folder, { recursive: true, force: true });
}
