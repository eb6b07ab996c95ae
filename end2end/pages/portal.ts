// Portals in Settings, and a page of Entrain in a portal's frame.
import { expect, type Frame, type FrameLocator, type Locator, type Page, type Response } from "@playwright/test";
import { expectHydrated } from "../fixtures/expectations.ts";

export class PortalsPage {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async open(): Promise<void> {
    await this.page.goto("/settings");
    await expectHydrated(this.page);
    await expect(this.page.getByRole("link", { name: "Register Portal" })).toBeVisible();
  }

  /** The id, and the secret as it is shown once. */
  async register(name: string, origins: string[]): Promise<{ id: string; secret: string }> {
    await this.page.getByRole("link", { name: "Register Portal" }).click();
    const dialog = this.page.getByRole("dialog", { name: "Register Portal" });
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Origins").fill(origins.join("\n"));
    await dialog.getByRole("button", { name: "Register Portal" }).click();
    const [id, secret] = [this.page.locator("[data-portal-id]").first(), this.page.locator("[data-portal-secret]")];
    await expect(secret).toBeVisible();
    await expect(dialog).toBeHidden();
    return { id: (await id.textContent()) ?? "", secret: (await secret.textContent()) ?? "" };
  }
}

/** The portal's page and the frame in it. */
export class EmbeddedPage {
  readonly page: Page;
  readonly element: Locator;
  readonly frame: FrameLocator;

  constructor(page: Page, element = "entrain-embed iframe") {
    this.page = page;
    this.element = page.locator(element);
    this.frame = page.frameLocator(element);
  }

  heading(name: string): Locator {
    return this.frame.getByRole("heading", { level: 1, name, exact: true });
  }

  async expectOpen(name: string): Promise<void> {
    await expect(this.heading(name)).toBeVisible();
    await expectHydrated(this.frame);
  }

  /** The frame as something that goes to addresses. */
  async inner(): Promise<Frame> {
    const frame = await (await this.element.elementHandle())?.contentFrame();
    if (!frame) throw new Error("the portal's page has no frame");
    return frame;
  }

  /** The frame is as high as what is in it: nothing scrolls inside it, in either direction. */
  async expectSized(): Promise<void> {
    const hidden = () => this.frame.locator("html").evaluate((html) => [html.scrollHeight - html.clientHeight, html.scrollWidth - html.clientWidth]);
    await expect.poll(hidden).toEqual([0, 0]);
  }

  async height(): Promise<number> {
    return (await this.element.boundingBox())?.height ?? 0;
  }

  /** Waits for a token that is handed over from now on. */
  handedOver(): Promise<Response> {
    return this.page.waitForResponse(isHandOver);
  }

  /** Gives the element another token, as a portal's script does. */
  async give(token: string): Promise<void> {
    await this.page.locator("entrain-embed").evaluate((embed, token) => Object.assign(embed, { token }), token);
  }
}

/** A token on its way to Entrain. */
export function isHandOver(response: Response): boolean {
  return response.request().method() === "POST" && /\/embed\/[^/]+\/session$/.test(new URL(response.url()).pathname);
}

/** Minutes do not pass on the portal's own page until `passTime`: what waits for so long is kept. */
export async function holdTime(page: Page): Promise<void> {
  await page.addInitScript(() => {
    if (window !== window.top) return;
    const [now, later] = [window.setTimeout.bind(window), [] as (() => void)[]];
    const held = (what: () => void, milliseconds?: number) => (milliseconds && milliseconds >= 60_000 ? later.push(what) * 0 : now(what, milliseconds));
    Object.assign(window, { setTimeout: held, later });
  });
}

/** What was put off last happens now. */
export async function passTime(page: Page): Promise<void> {
  await page.evaluate(() => (window as unknown as { later: (() => void)[] }).later.pop()?.());
}
