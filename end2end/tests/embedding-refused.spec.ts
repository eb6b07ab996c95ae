import { expect, test } from "../fixtures/embedding.ts";
import { expectNoAxeViolations } from "../fixtures/expectations.ts";
import { type Claims, type Person, sign, type Portal } from "../fixtures/portal.ts";
import { EmbeddedPage, isHandOver } from "../pages/portal.ts";

// The browser tells of refusals, and warns of every frame that has scripts and its own origin.
test.use({
  standIn: { tenants: "contoso=6" },
  expectedComplaints: /status of 4\d\d|frame-ancestors|ERR_BLOCKED_BY_RESPONSE|can escape its sandboxing/,
});

const NOBODY = "00000000-0000-4000-8000-000000000000";
const NOT_VERIFIED = "Your portal's sign-in could not be verified";
const WRONG_PLACE = "This page was opened from the wrong place";

interface Refusal {
  what: string;
  /** Signs the wrong thing of the right claims. */
  token: (claims: Claims, portal: Portal) => string;
  status: number;
  heading: string;
}

const signed = (change: (portal: Portal) => Claims) => (claims: Claims, portal: Portal) => sign({ ...claims, ...change(portal) }, portal.secret);
const seconds = (ago: number) => Math.floor(Date.now() / 1000) - ago;

const REFUSALS: Refusal[] = [
  { what: "expired", token: signed(() => ({ exp: seconds(600) })), status: 401, heading: "The sign-in from your portal has expired" },
  { what: "forged with another secret", token: (claims) => sign(claims, "another secret"), status: 400, heading: NOT_VERIFIED },
  { what: "signed by nobody", token: unsigned, status: 400, heading: NOT_VERIFIED },
  { what: "of a scope that does not exist", token: signed(() => ({ scope: NOBODY })), status: 422, heading: "Your portal asked for something that does not exist here" },
  { what: "of an origin that is not registered", token: signed(() => ({ origin: "https://evil.example" })), status: 403, heading: WRONG_PLACE },
  { what: "handed over on another origin than its own", token: signed(({ beside }) => ({ origin: beside })), status: 403, heading: WRONG_PLACE },
];

function unsigned(claims: Claims): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.`;
}

test("what a portal may not have signed is refused with a page that its user understands", async ({ page, browser, ground }) => {
  const { portal, fabrikam } = ground;
  const person: Person = { id: "vic", name: "Vic at the Portal", role: "viewer", scope: fabrikam.organization };
  const shown = `organizations/${fabrikam.organization}/end-users`;
  const embed = new EmbeddedPage(page);
  const expectRefused = async (what: string, status: number, heading: string) => {
    const answered = embed.handedOver();
    await page.goto(portal.elsewhere);
    expect((await answered).status(), what).toBe(status);
    await expect(embed.heading(heading), what).toBeVisible();
    await expect(embed.frame.getByText(/portal/i).first(), what).toBeVisible();
    await expect(embed.frame.locator("body"), what).not.toContainText(fabrikam.name);
    await embed.expectSized();
  };

  for (const { what, token, status, heading } of REFUSALS) {
    await test.step(what, async () => {
      portal.show(shown, person, (claims) => token(claims, portal));
      await expectRefused(what, status, heading);
    });
  }

  await test.step("replayed in a browser that has no session of it", async () => {
    let once = "";
    portal.show(shown, person, (claims) => (once ||= sign(claims, portal.secret)));
    const thief = await browser.newContext();
    const theirs = new EmbeddedPage(await thief.newPage());
    await theirs.page.goto(portal.elsewhere);
    await theirs.expectOpen(fabrikam.name);
    // The person's own browser may load the portal's page again.
    await theirs.page.reload();
    await theirs.expectOpen(fabrikam.name);
    await thief.close();
    await expectRefused("replayed", 409, "This sign-in was used already");
    await expectNoAxeViolations(page);
  });

  await test.step("a good token after that opens the page in the same frame", async () => {
    let good = "";
    portal.show(shown, person, (claims) => (good = sign(claims, portal.secret)));
    await page.request.post(`${portal.elsewhere}/token`);
    await embed.give(good);
    await embed.expectOpen(fabrikam.name);
  });

  await test.step("the same without script, by the portal's own form", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const plain = new EmbeddedPage(await context.newPage(), "iframe[name=entrain]");
    const send = async () => {
      await plain.page.goto(`${portal.elsewhere}/form`);
      await plain.page.getByRole("button", { name: "Show the Microsoft user sync" }).click();
    };
    await send();
    await expect(plain.heading(fabrikam.name)).toBeVisible();
    await expect(plain.frame.getByRole("table", { name: "End Users" })).toBeVisible();
    await context.clearCookies();
    portal.show(shown, person, (claims) => sign({ ...claims, exp: seconds(600) }, portal.secret));
    await send();
    await expect(plain.heading("The sign-in from your portal has expired")).toBeVisible();
    await context.close();
  });
});

test("no other page can be framed, and messages of others are ignored", async ({ page, signIn, server, ground }) => {
  const { portal, stranger, contoso, fabrikam } = ground;
  const embed = new EmbeddedPage(page);
  const handedOver: string[] = [];
  page.on("response", (response) => void (isHandOver(response) && handedOver.push(response.url())));
  /** Puts a frame into the page; where it is once it has loaded. */
  const framed = async (address: string) => {
    const frame = await page.evaluateHandle(async (address) => {
      const frame = document.createElement("iframe");
      await new Promise((loaded) => {
        frame.addEventListener("load", loaded);
        frame.src = address;
        document.body.append(frame);
      });
      return frame;
    }, address);
    const inner = await frame.asElement()?.contentFrame();
    if (!inner) throw new Error(`no frame for ${address}`);
    return inner;
  };
  await signIn();

  await test.step("a registered portal on the administrator's own site frames its own pages and no others", async () => {
    portal.show(`organizations/${fabrikam.organization}/end-users`, { id: "vic", name: "Vic at the Portal", role: "viewer", scope: fabrikam.organization });
    await page.goto(portal.beside);
    await embed.expectOpen(fabrikam.name);
    const others = ["/", "/organizations", "/sign-in", `/tenants/${contoso.tenant}`, "/settings", "/activity/audit", "/nowhere", "/embed.js", `/embed/${NOBODY}/session`];
    for (const path of others) await expectBlocked(await framed(server.url + path), path);
  });

  await test.step("others speak to the portal's page and to the frame in vain", async () => {
    await embed.expectSized();
    const high = await embed.height();
    // It says that it is ready, from Entrain's own origin, and is not the element's frame.
    const other = await framed(`${portal.embedded}/session`);
    await expect(other.getByRole("heading", { level: 1, name: "Waiting for your portal" })).toBeVisible();
    await other.evaluate(() => {
      parent.postMessage({ type: "entrain:resize", height: 4321 }, "*");
      parent.postMessage({ type: "entrain:session-expired" }, "*");
      for (let at = 0; at < parent.frames.length; at++) parent.frames[at]?.postMessage({ type: "entrain:token", token: "theirs" }, "*");
    });
    await page.evaluate(() => {
      for (const type of ["entrain:ready", "entrain:session-expired"]) postMessage({ type }, "*");
      postMessage({ type: "entrain:resize", height: 4321 }, "*");
    });
    // What was said before this has been heard when this is through.
    const renewed = embed.handedOver();
    await embed.give(sign({ iss: portal.id }, "nobody's"));
    expect((await renewed).status()).toBe(400);
    expect(handedOver).toHaveLength(2);
    expect(await embed.height()).toBe(high);
    await expect(page.getByText("The session with Entrain was over")).toHaveCount(0);
    await embed.expectOpen(fabrikam.name);
  });

  await test.step("a stranger frames nothing, a portal's page either", async () => {
    for (const address of [`${portal.embedded}/session`, `${portal.embedded}/tenants/${contoso.tenant}`, `${server.url}/organizations`]) {
      await page.goto(stranger.framing(address));
      await expectBlocked(page.frames().find((frame) => frame.parentFrame() !== null), address);
    }
  });
});

/** The browser shows a page of its own in the place of one that refuses to be framed. */
async function expectBlocked(frame: { url: () => string } | undefined, what: string): Promise<void> {
  await expect.poll(() => frame?.url(), what).toMatch(/^chrome-error:/);
}
