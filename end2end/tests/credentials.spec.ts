import { expectStays } from "../fixtures/reload.ts";
import { expect, expectNoAxeViolations, test } from "../fixtures/test.ts";
import { AppRegistrationPage } from "../pages/app-registration.ts";
import { MicrosoftTenantsPage } from "../pages/customers.ts";

test.use({ standIn: { tenants: "contoso=5" }, expectedComplaints: /status of 4\d\d/ });

/** A day so many days from now, as the field takes it. */
function inDays(days: number): string {
  return new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}

test("a second secret is tried, used and removed again, and its value is in no answer", async ({ page, signIn, server }) => {
  const answers: Promise<string>[] = [];
  page.on("response", (response) => {
    const text = /json|html/.test(response.headers()["content-type"] ?? "");
    if (text) answers.push(response.text().catch(() => ""));
  });
  await signIn();
  const integrations = new MicrosoftTenantsPage(page);
  await integrations.open();
  await integrations.connect("contoso.example", "Contoso");
  const registration = new AppRegistrationPage(page);
  await registration.open();
  await expect(registration.section).toContainText("11111111-2222-4333-8444-555555555555");
  await expect(registration.table.getByRole("row").filter({ hasText: "In the server's settings" })).toContainText("In use");

  const wrong = "wrong~secret~value~0123456789";
  const refused = await registration.addSecret(wrong);
  await expect(refused.getByRole("alert")).toContainText("The client secret is wrong");
  await expectNoAxeViolations(page);
  await refused.getByRole("button", { name: "Cancel" }).click();
  await expect(refused).toBeHidden();

  // The stand-in knows one secret; the product takes it a second time, under an end of its own.
  const dialog = await registration.addSecret(server.clientSecret, inDays(5));
  await expect(dialog).toBeHidden();
  const added = registration.table.getByRole("row").filter({ hasText: "by Ada Admin" });
  await expect(added).toContainText("In use");
  await expect(added).toContainText("Ends within 7 days");
  await expectNoAxeViolations(page);
  await integrations.open();
  await expect(page.getByText(/The client secret added on .* ends in \d days/)).toBeVisible();
  await page.getByRole("link", { name: "Open Settings" }).click();
  await expect(added).toBeVisible();
  await added.getByRole("button", { name: "Remove" }).click();
  await expectStays(page, async () => {
    await expect(added).toHaveCount(0);
    await expect(registration.table.getByRole("row").filter({ hasText: "In the server's settings" })).toContainText("In use");
  });

  for (const text of await Promise.all(answers)) {
    expect(text).not.toContain(wrong);
    expect(text).not.toContain(server.clientSecret);
  }
  expect(server.log()).not.toContain(wrong);
});
