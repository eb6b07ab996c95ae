import { defineConfig } from "@playwright/test";

const root = process.getuid?.() === 0;

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  // Every worker has its own database, Microsoft and server, so whole files run side by side.
  workers: 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // A test that passes at the second try hides a race: there is none.
  retries: 0,
  // Long ones take five minutes beside others on two busy cores. No test is a stopwatch.
  timeout: 600_000,
  // What a page shows in one second on a quiet machine has taken ten beside a second worker.
  expect: { timeout: 60_000, toPass: { timeout: 180_000 } },
  reporter: [["list"], ["html", { open: "never", outputFolder: "playwright-report" }]],
  use: {
    browserName: "chromium",
    locale: "en-US",
    timezoneId: "UTC",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    // A trace of every step takes as much of the machine as the product under test; a failed test leaves its log and
    // what the page held. `TRACE=1 make test-browser` keeps one.
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    launchOptions: {
      executablePath: process.env.CHROMIUM || undefined,
      args: [
        // Chromium's sandbox can't be had as root.
        ...(root ? ["--no-sandbox"] : []),
        // Without a graphics card a core would go into playing one.
        "--disable-gpu",
        // No requests of the browser's own: they fail where only this machine can be reached, many at a time.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
      ],
    },
  },
});
