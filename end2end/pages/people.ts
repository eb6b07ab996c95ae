// The End Users subtab and a run's page.
import { expect, type FrameLocator, type Locator, type Page } from "@playwright/test";
import { expectHydrated } from "../fixtures/expectations.ts";
import type { Person } from "../fixtures/expected.ts";

/** What the page and a portal's frame have in common. */
export class EndUsersTable {
  readonly table: Locator;
  private readonly place: Page | FrameLocator;

  constructor(place: Page | FrameLocator) {
    this.place = place;
    this.table = place.getByRole("table", { name: "End Users" });
  }

  /** Every row of every page, as words under the column's heading. */
  async rows(): Promise<Record<string, string>[]> {
    const all: Record<string, string>[] = [];
    const pages = this.place.getByRole("navigation", { name: "Pages of End Users" });
    for (;;) {
      all.push(...(await rowsOf(this.table)));
      const next = pages.getByRole("link", { name: "Next" });
      if ((await pages.count()) === 0 || (await next.getAttribute("href")) === null) return all;
      const range = (await pages.getByText(/ of /).textContent()) ?? "";
      await next.click();
      await expect(pages.getByText(/ of /)).not.toHaveText(range);
    }
  }

  /** Exactly these people are in the table, by name (the address where there is none), address and products. */
  async expectPeople(people: Person[]): Promise<void> {
    const shown = (await this.rows()).map((row) => [row["Name"], row["Email"], row["Microsoft License"]?.replace(/ \+\d+,/, ",").replace(/ As of .*$/, "").replace(/^None$/, "")]);
    const expected = people.map(({ name, email, licenses }) => [name || email, email, licenses.join(", ")]);
    expect(shown.sort(byEmail)).toEqual(expected.sort(byEmail));
  }
}

export class EndUsersPage extends EndUsersTable {
  private readonly page: Page;

  constructor(page: Page) {
    super(page);
    this.page = page;
  }

  /** By way of the Organizations table. */
  async open(organization: string): Promise<void> {
    await this.page.goto("/organizations");
    await expectHydrated(this.page);
    await this.page.getByRole("link", { name: organization, exact: true }).first().click();
    await this.page.getByRole("navigation", { name: "Organization" }).getByRole("link", { name: "End Users" }).click();
    await expect(this.table).toBeVisible();
  }

  async search(words: string): Promise<void> {
    const field = this.page.getByRole("searchbox", { name: "Search End Users" });
    await field.fill(words);
    await field.press("Enter");
    await this.page.waitForURL((url) => (url.searchParams.get("search") ?? "") === words);
  }
}

function byEmail(a: (string | undefined)[], b: (string | undefined)[]): number {
  const [left, right] = [a[1] ?? "", b[1] ?? ""];
  return left === right ? 0 : left < right ? -1 : 1;
}

async function rowsOf(table: Locator): Promise<Record<string, string>[]> {
  const cells = await table.getByRole("row").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => (cell.textContent ?? "").trim())));
  const [headings = [], ...rows] = cells;
  // The one wide cell of an empty table is no person.
  return rows.filter((row) => row.length > 1).map((row) => Object.fromEntries(row.map((cell, column) => [headings[column] ?? "", cell])));
}

export class RunPage {
  readonly people: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.people = page.getByRole("table", { name: "People of this run" });
  }

  async expectNothingWritten(): Promise<void> {
    await expect(this.people.getByText("Nothing differed from the run before. Nothing was written.")).toBeVisible();
    const [counts = {}] = await rowsOf(this.page.getByRole("table", { name: "Organizations of this run" }));
    // An Organization in which nothing had changed was not planned, and has no numbers.
    const rested = Object.values(counts).some((cell) => cell.includes("Nothing changed"));
    for (const what of ["Created", "Linked", "Updated", "Disabled"]) expect(counts[what], what).toBe(rested ? "–" : "0");
  }

  /** The numbers of the first Organization. */
  async counts(): Promise<Record<string, string>> {
    return (await rowsOf(this.page.getByRole("table", { name: "Organizations of this run" })))[0] ?? {};
  }
}
