import { gunzipSync, brotliDecompressSync } from "node:zlib";
import { request as rawRequest } from "node:http";
import { expect, expectHydrated, test } from "../fixtures/test.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const PAGES = ["/organizations", `/organizations/${NOBODY}`, `/organizations/${NOBODY}/end-users`, "/microsoft-tenants", `/tenants/${NOBODY}`, "/runs", `/runs/${NOBODY}`, "/nowhere"];

test.describe("without signing in", () => {
  test("every page sends to the sign-in", async ({ request }) => {
    for (const path of PAGES) {
      const answer = await request.get(`${path}?search=a%26b`, { maxRedirects: 0 });
      expect(answer.status(), path).toBe(303);
      expect(answer.headers()["location"], path).toBe(`/sign-in?${new URLSearchParams({ next: `${path}?search=a%26b` })}`);
      expect(await answer.text(), path).toBe("");
    }
  });

  test("server functions answer 401, and tell nothing", async ({ page, context, request, signIn, visit }) => {
    // Their addresses, as the browser asks them while somebody is signed in.
    const asked = new Set<string>();
    page.on("request", (sent) => {
      const { pathname } = new URL(sent.url());
      if (pathname.startsWith("/api/")) asked.add(pathname);
    });
    await signIn();
    await visit("/organizations");
    await page.getByRole("link", { name: "Microsoft Tenant Integrations" }).click();
    await expect(page.getByRole("table", { name: "Microsoft tenants" })).toBeVisible();
    await page.getByRole("link", { name: "Activity" }).click();
    await expect(page.getByRole("table", { name: "Runs" })).toBeVisible();
    await page.getByRole("link", { name: "Organizations" }).click();
    await expect(page.getByRole("table", { name: "Organizations" })).toBeVisible();
    expect(asked.size).toBeGreaterThan(2);

    await context.clearCookies();
    for (const path of [...asked].filter((path) => !/\/(account|sign_in)/.test(path))) {
      const answer = await request.post(path, { headers: { "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" }, data: "" });
      expect(answer.status(), path).toBe(401);
      expect(await answer.json(), path).toBe("SignedOut");
    }
  });

  test("assets and probes are open", async ({ request }) => {
    for (const path of ["/healthz", "/readyz", "/favicon.svg"]) expect((await request.get(path)).status(), path).toBe(200);
    for (const path of await bundle(await (await request.get("/sign-in")).text())) expect((await request.get(path)).status(), path).toBe(200);
  });
});

test.describe("signing in", () => {
  test("comes back to the page that was asked for", async ({ page, server, visit }) => {
    await visit("/activity?from=mail");
    await expect(page).toHaveURL(/\/sign-in\?next=/);
    await page.getByLabel("Email").fill(server.administrator.email.toUpperCase());
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Activity" })).toBeVisible();
    await expect(page).toHaveURL("/activity?from=mail");

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
    await visit("/activity");
    await expect(page).toHaveURL(/\/sign-in/);
  });

  test.describe("with a wrong password", () => {
    test.use({ expectedComplaints: /status of 422/ });

    test("says so, and does not say which of the two was wrong", async ({ page, server, visit }) => {
      for (const email of [server.administrator.email, "nobody@msp.example"]) {
        await visit("/sign-in");
        await page.getByLabel("Email").fill(email);
        await page.getByLabel("Password").fill("not the password");
        await page.getByRole("button", { name: "Sign in" }).click();
        await expect(page.getByText("Email or password is wrong.")).toBeVisible();
        await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled();
      }
    });
  });

  test.describe("when the session is over", () => {
    test.use({ expectedComplaints: /status of 401/ });

    test("an open page says so and leads back", async ({ page, context, signIn, visit }) => {
      await signIn();
      await visit("/organizations");
      const cookies = await context.cookies();
      await context.clearCookies();
      await page.getByRole("link", { name: "Activity" }).click();
      await expect(page.getByText("Your session is over. Sign in again.")).toBeVisible();
      await expect(page.getByRole("main").getByRole("link", { name: "Sign in" })).toHaveAttribute("href", "/sign-in?next=%2Factivity");
      await context.addCookies(cookies);
    });
  });
});

test("requests from another origin are refused", async ({ context, request, server, signIn, visit }) => {
  await signIn();
  const forms = ["/api/sign_in", "/api/sign_out", "/api/create_organization"];
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const strangers: Record<string, string>[] = [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { origin: "https://evil.example" }, {}];
  for (const path of forms) {
    for (const from of strangers) {
      const answer = await request.post(path, { headers: { ...from, cookie }, form: { name: "Stolen" } });
      expect(answer.status(), `${path} ${JSON.stringify(from)}`).toBe(403);
    }
  }
  // Another host name for the same server is no way round.
  expect(await statusOf(server.url, "POST", "evil.example")).toBe(421);
  await visit("/organizations");
});

test("files of the bundle are compressed as the browser can read them, and kept for ever", async ({ request, server }) => {
  const files = await bundle(await (await request.get("/sign-in")).text());
  expect(files.map((path) => path.split(".").at(-1)).sort()).toEqual(["css", "js", "wasm"]);
  for (const path of files) {
    const plain = await bytesOf(server.url + path, "identity");
    expect(plain.encoding, path).toBeUndefined();
    for (const [accept, encoding] of [["gzip, deflate, br", "br"], ["gzip", "gzip"]] as const) {
      const { headers, body, encoding: sent } = await bytesOf(server.url + path, accept);
      expect(sent, `${path} for ${accept}`).toBe(encoding);
      expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      expect(headers["vary"]).toMatch(/accept-encoding/i);
      expect((encoding === "br" ? brotliDecompressSync(body) : gunzipSync(body)).equals(plain.body), path).toBe(true);
      expect(body.length).toBeLessThan(plain.body.length);
    }
  }
  const missing = await request.get("/pkg/nothing.js");
  expect(missing.status()).toBe(404);
  expect(missing.headers()["cache-control"]).toBe("no-store");
});

test.describe("policies", () => {
  test.use({ expectedComplaints: /status of 404/ });

  test("pages carry a policy of their own and are kept nowhere", async ({ request, page, signIn }) => {
    await signIn();
    const policies = new Set<string>();
    for (const path of ["/sign-in", "/organizations", "/nowhere"]) {
      const { headers, status } = await page.goto(path).then((answer) => ({ headers: answer?.headers() ?? {}, status: answer?.status() }));
      const policy = headers["content-security-policy"] ?? "";
      expect(policy, path).toMatch(/default-src 'none'; script-src 'self' 'nonce-[\w+/=-]{16,}' 'wasm-unsafe-eval'; style-src 'self'/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe-inline");
      policies.add(policy);
      expect(headers["cache-control"]).toBe("no-store");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["referrer-policy"]).toBe("same-origin");
      expect(status, path).toBe(path === "/nowhere" ? 404 : 200);
    }
    expect(policies.size, "a nonce is used once").toBe(3);
    expect((await request.get("/healthz")).headers()["x-content-type-options"]).toBe("nosniff");
  });
});

test.describe("what is not there", () => {
  test.use({ expectedComplaints: /status of 404/ });

  test("is our own page, with status 404 and a way on", async ({ page, signIn }) => {
    await signIn();
    for (const path of ["/nowhere", `/organizations/${NOBODY}`, `/tenants/${NOBODY}`, `/runs/${NOBODY}`, "/tenants/no-id"]) {
      const answer = await page.goto(path);
      expect(answer?.status(), path).toBe(404);
      await expectHydrated(page);
      await page.getByRole("main").getByRole("link", { name: "Go to Organizations" }).click();
      await expect(page.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
    }
  });
});

/** The files that a page loads. */
async function bundle(html: string): Promise<string[]> {
  return [...new Set([...html.matchAll(/(?:href|from ')="?(\/pkg\/[\w.]+)/g)].map(([, path]) => path ?? ""))];
}

function statusOf(url: string, method: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    rawRequest(url, { method, headers: { host } }, (answer) => resolve(answer.resume().statusCode)).on("error", reject).end();
  });
}

/** The bytes as they were sent: `fetch` and Playwright would decompress them. */
function bytesOf(url: string, accept: string): Promise<{ headers: Record<string, string | string[] | undefined>; encoding: string | undefined; body: Buffer }> {
  return new Promise((resolve, reject) => {
    rawRequest(url, { headers: { "accept-encoding": accept } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => resolve({ headers: answer.headers, encoding: answer.headers["content-encoding"], body: Buffer.concat(parts) }));
    }).on("error", reject).end();
  });
}
