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

/** What is in sight: from a signed-in page, by the links and buttons that people press. */
const screens = [
  ["organizations", WIDE, "light", (page) => page.goto("/organizations")],
  ["tenant-details", WIDE, "light", (page) => tenant(page, "Fourth Coffee")],
  ["edit-filters", WIDE, "light", async (page) => {
    await tenant(page, "Tailspin Logistics");
    await page.getByRole("button", { name: "Actions for Tailspin Logistics" }).click();
    await page.getByRole("menuitem", { name: "Edit User Sync Filters" }).click();
    await page.getByRole("dialog").locator("summary", { hasText: /^Group/ }).click();
  }],
  ["end-users", WIDE, "dark", (page) => endUsers(page, "Northwind Dental")],
  ["end-user", WIDE, "light", async (page) => {
    await endUsers(page, "Northwind Dental");
    await page.getByRole("table", { name: "End Users" }).locator("tbody").getByRole("link").first().click();
    await page.getByRole("heading", { name: "History" }).waitFor();
  }],
  ["held-run", WIDE, "light", async (page) => {
    await tenant(page, "Woodgrove Legal");
    await page.getByRole("link", { name: "Review held changes" }).click();
    await page.getByRole("table", { name: "Held changes" }).waitFor();
  }],
  ["asset-conflict", WIDE, "dark", async (page) => {
    await page.goto("/assets?search=dock");
    await page.getByRole("link", { name: "Docking station, desk 4" }).first().click();
    await page.getByRole("heading", { name: "Owner Information" }).waitFor();
  }],
  ["activity", WIDE, "light", (page) => page.goto("/activity")],
  ["cloud-solution-provider", WIDE, "light", async (page) => {
    await page.goto("/microsoft-tenants/cloud-solution-provider");
    await page.getByRole("table", { name: "Customers" }).waitFor();
  }],
  ["accounts", WIDE, "light", async (page) => {
    await page.goto("/settings");
    await page.getByRole("table", { name: "Accounts" }).scrollIntoViewIfNeeded();
  }],
  ["end-users-on-a-phone", PHONE, "light", (page) => endUsers(page, "Northwind Dental")],
];

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
    await page.goto("/sign-in");
    await page.locator("html[data-hydrated]").waitFor();
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL((url) => url.pathname !== "/sign-in");
    await show(page);
    await page.locator("html[data-hydrated]").waitFor();
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
    await page.screenshot({ path: join(PICTURES, `${name}.png`) });
    console.log(`src/docs/screens/${name}.png`);
    await context.close();
  }
} finally {
  await browser.close();
  await stop();
  rmSync(folder, { recursive: true, force: true });
}
