// Sections of facts in pairs.
import { expect, type Locator } from "@playwright/test";

/** What a section says under this name: `factOf(section, "User Type")`. */
export async function factOf(section: Locator, name: string): Promise<Locator> {
  const terms = section.getByRole("term");
  await expect(terms.first()).toBeVisible();
  const at = (await terms.allInnerTexts()).map((text) => text.trim()).indexOf(name);
  if (at < 0) throw new Error(`no fact "${name}" in this section`);
  return section.getByRole("definition").nth(at);
}
