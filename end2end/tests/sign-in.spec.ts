// Signing in with Microsoft, and with an OpenID provider that is not ours; sessions and their ends.
import { randomUUID } from "node:crypto";
import { startOidcProvider } from "../fixtures/oidc.ts";
import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import type { Server } from "../fixtures/server.ts";
import { AccountsPage } from "../pages/accounts.ts";
import { signInAtMicrosoft, signInAtProvider } from "../pages/sign-in.ts";

test.use({
  standIn: {
    tenants: "contoso=10,fabrikam=5",
    beside: async ({ microsoft, url }) => {
      const contoso = (await microsoft.tenants()).find(({ name }) => name === "contoso");
      const provider = await startOidcProvider(`${url}/sign-in/openid/callback`);
      return {
        settings: {
          ENTRAIN_MICROSOFT_SIGN_IN_TENANTS: contoso?.id ?? "",
          ENTRAIN_MICROSOFT_ROLE_TENANTS: contoso?.id ?? "",
          ENTRAIN_OIDC_ISSUER: provider.issuer,
          ENTRAIN_OIDC_CLIENT_ID: provider.client.id,
          ENTRAIN_OIDC_CLIENT_SECRET: provider.client.secret,
          ENTRAIN_OIDC_NAME: "Contoso ID",
        },
        stop: provider.stop,
      };
    },
  },
});

/** Adds an account that waits for whoever has this address at Microsoft (`microsoft`) or at the other provider. */
async function invite(server: Server, email: string, from: string): Promise<void> {
  await server.command(["admin", "invite", "--email", email, "--name", "Ann Invited", "--role", "administrator", "--from", from]);
}

async function contoso(server: Server): Promise<string> {
  return (await server.microsoft.tenants()).find(({ name }) => name === "contoso")?.id ?? "";
}

test("somebody who was invited signs in with Microsoft and comes back to the page that was asked for", async ({ page, server, microsoft, visit }) => {
  const upn = `ann-${randomUUID()}@contoso.example`;
  await microsoft.createUser("contoso", { userPrincipalName: upn, displayName: "Ann Lee" });
  await invite(server, upn.toUpperCase(), await contoso(server));
  await visit("/activity?from=mail");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await expectNoAxeViolations(page);
  await signInAtMicrosoft(page, upn);
  await expect(page.getByRole("heading", { level: 1, name: "Activity" })).toBeVisible();
  await expect(page).toHaveURL("/activity?from=mail");
  await expectHydrated(page);
});

test("an Administrator sees who is invited, withdraws the invitation, and renews it", async ({ page, server, microsoft, signIn, visit }) => {
  const upn = `eve-${randomUUID()}@contoso.example`;
  await microsoft.createUser("contoso", { userPrincipalName: upn, displayName: "Eve Lee" });
  await invite(server, upn, await contoso(server));
  const accounts = new AccountsPage(page);
  const row = accounts.row(upn);
  await signIn();
  await accounts.open();
  await expect(row).toContainText(/Invited.*from the Microsoft tenant/s);
  await expect(row).toContainText("Good until");
  await expectNoAxeViolations(page);
  await row.getByRole("button", { name: "Withdraw Invitation" }).click();
  await expect(row).toContainText("Invitation ended");
  await expect(row.getByRole("button", { name: "Withdraw Invitation" })).toHaveCount(0);
  await page.context().clearCookies();
  await visit("/sign-in");
  await signInAtMicrosoft(page, upn);
  await expect(page.getByText("This account is not known here.")).toBeVisible();

  await signIn();
  await accounts.open();
  await row.getByRole("button", { name: "Renew Invitation" }).click();
  await expect(row).toContainText("Good until");
  await page.context().clearCookies();
  await visit("/activity");
  await signInAtMicrosoft(page, upn);
  await expect(page.getByRole("heading", { level: 1, name: "Activity" })).toBeVisible();
});

test("declining, a foreign tenant and an account that nobody knows each end on a page that says what to do", async ({ page, microsoft, visit }) => {
  const [stranger] = (await microsoft.directory("contoso")).users;
  const [foreigner] = (await microsoft.directory("fabrikam")).users;
  await visit("/sign-in");
  await page.getByRole("link", { name: "Sign in with Microsoft" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByText("You declined to sign in.")).toBeVisible();
  await expectNoAxeViolations(page);
  await signInAtMicrosoft(page, foreigner?.userPrincipalName ?? "");
  await expect(page.getByText("Your organization may not sign in here.")).toBeVisible();
  await signInAtMicrosoft(page, stranger?.userPrincipalName ?? "");
  await expect(page.getByText("This account is not known here.")).toBeVisible();
  await expect(page.getByText("Ask an Administrator to add an account")).toBeVisible();
});

test("a forged token is refused in the browser too, and the next one signs in", async ({ page, server, microsoft, visit }) => {
  const upn = `ben-${randomUUID()}@contoso.example`;
  await microsoft.createUser("contoso", { userPrincipalName: upn });
  await invite(server, upn, await contoso(server));
  await visit("/sign-in");
  for (const forge of ["issuer", "consumerKey", "none", "nonce"] as const) {
    await microsoft.break({ path: "token", kind: "idToken", forge, times: 1 });
    await signInAtMicrosoft(page, upn);
    await expect(page.getByText("The provider's answer was not accepted."), forge).toBeVisible();
  }
  await signInAtMicrosoft(page, upn);
  await expect(page.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
});

test("an app role at Microsoft makes an account, and without it the door is shut", async ({ page, microsoft, visit }) => {
  const upn = `cleo-${randomUUID()}@contoso.example`;
  await microsoft.createUser("contoso", { userPrincipalName: upn, displayName: "Cleo Role" });
  await microsoft.assignRoles("contoso", upn, ["Administrator"]);
  await visit("/sign-in");
  await signInAtMicrosoft(page, upn);
  await expect(page.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
  await expect(page.getByText("Cleo Role")).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  await microsoft.assignRoles("contoso", upn, []);
  await signInAtMicrosoft(page, upn);
  await expect(page.getByText("Your account has no role here any more.")).toBeVisible();
});

test.describe("with the certified provider", () => {
  test("somebody with a verified address signs in, and stays the same person", async ({ page, context, server, visit }) => {
    const name = `dora-${randomUUID()}`;
    await invite(server, `${name}@id.example`, "openid");
    for (const _time of [1, 2]) {
      await visit("/sign-in?next=/settings");
      await signInAtProvider(page, name);
      await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
      await expect(page.locator("#account").getByText(`${name}@id.example`)).toBeVisible();
      await context.clearCookies();
    }
    const rows = await server.database.query("select provider, subject from account_identity where subject = $1", [name]);
    expect(rows).toEqual([{ provider: "openid", subject: name }]);
  });

  test("an address that was never verified opens nothing, nor does declining", async ({ page, server, visit }) => {
    const name = `unverified-${randomUUID()}`;
    await invite(server, `${name}@id.example`, "openid");
    await visit("/sign-in");
    await signInAtProvider(page, name);
    await expect(page.getByText("This account is not known here.")).toBeVisible();
    await page.context().clearCookies();
    await visit("/sign-in");
    await page.getByRole("link", { name: "Sign in with Contoso ID" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByText("You declined to sign in.")).toBeVisible();
  });
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("the buttons lead to Microsoft and back all the same", async ({ page, server, microsoft }) => {
    const upn = `eve-${randomUUID()}@contoso.example`;
    await microsoft.createUser("contoso", { userPrincipalName: upn });
    await invite(server, upn, await contoso(server));
    await page.goto("/assets");
    await signInAtMicrosoft(page, upn);
    await expect(page.getByRole("heading", { level: 1, name: "Assets" })).toBeVisible();
  });
});

test.describe("sessions", () => {
  test("are listed with the browser, ended one by one, and all together", async ({ page, browser, baseURL, server, visit }) => {
    const signIn = async (page: import("@playwright/test").Page) => {
      await page.goto("/sign-in?next=/settings");
      await expectHydrated(page);
      await page.getByLabel("Email").fill(server.administrator.email);
      await page.getByLabel("Password").fill(server.administrator.password);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
    };
    const userAgent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0";
    const elsewhere = await browser.newContext({ baseURL, userAgent });
    const other = await elsewhere.newPage();
    await signIn(other);
    await signIn(page);
    await expectHydrated(page);
    const table = page.getByRole("table", { name: "Your sessions" });
    await expectRowVisible(table, { "Signed In With": "Password", Actions: /This browser/ });
    await expectRowVisible(table, { Browser: "Firefox on Windows", Address: "127.0.0.1" });
    await expectNoAxeViolations(page);
    await (await rowOf(table, { Browser: "Firefox on Windows" })).getByRole("button", { name: "End Session: Firefox on Windows" }).click();
    await expect(page.getByText("Session ended.").first()).toBeVisible();
    await expect(table.getByText("Firefox on Windows")).toHaveCount(0);
    await other.goto("/settings");
    await expect(other).toHaveURL(/\/sign-in\?next=/);

    await signIn(other);
    await visit("/settings");
    await page.getByRole("button", { name: "Sign Out Everywhere" }).click();
    await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
    for (const one of [page, other]) {
      await one.goto("/settings");
      await expect(one).toHaveURL(/\/sign-in\?next=/);
    }
    await elsewhere.close();
  });

  test("change with each sign-in, so that a planted one is of no use", async ({ page, context, server, baseURL, visit }) => {
    const url = baseURL ?? "";
    await context.addCookies([{ name: "entrain", value: "planted", url }]);
    await visit("/sign-in");
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Organizations" })).toBeVisible();
    const cookies = await context.cookies(url);
    const session = cookies.find(({ name }) => name === "entrain");
    expect(session?.value).not.toBe("planted");
    expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/" });
  });
});
