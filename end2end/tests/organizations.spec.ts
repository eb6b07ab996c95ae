import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, test } from "../fixtures/test.ts";
import { OrganizationsPage } from "../pages/customers.ts";

// The browser tells of the refusal of a name that is taken.
test.use({ standIn: { tenants: "contoso=3" }, expectedComplaints: /status of 422/ });

test("Organizations are added, found, sorted, paged and edited", async ({ page, signIn, visit, server }) => {
  await signIn();
  await server.database.query(
    `with t as (insert into tenant (id, name) select gen_random_uuid(), 'Shared ' || n from generate_series(1, 120) n returning id, name)
     insert into organization (id, tenant_id, name, phone) select gen_random_uuid(), id, 'Branch ' || lpad(substr(name, 8), 3, '0'), '+1 555 ' || lpad(substr(name, 8), 4, '0') from t`,
  );
  const organizations = new OrganizationsPage(page);
  await organizations.open();
  const main = page.getByRole("main");

  await test.step("total, columns, pages in the address", async () => {
    await expect(main.getByText("120 organizations")).toBeVisible();
    await expect(organizations.table.getByRole("columnheader")).toHaveText(["Organization", "Tenant", "Email", "Phone", "End Users", "Microsoft User Sync"]);
    await expect(main.getByText("1–50 of 120")).toBeVisible();
    await page.getByRole("navigation", { name: "Pages of Organizations" }).getByRole("link", { name: "Next" }).click();
    await expect(main.getByText("51–100 of 120")).toBeVisible();
    expect(new URL(page.url()).searchParams.get("page")).toBe("2");
    await page.reload();
    await expectHydrated(page);
    await expectRowVisible(organizations.table, { Organization: "Branch 051", Tenant: "Shared 51" });
    await organizations.table.getByRole("link", { name: "Organization" }).click();
    await expectRowVisible(organizations.table, { Organization: "Branch 120" });
  });

  await test.step("search", async () => {
    const field = page.getByRole("searchbox", { name: "Search Organizations" });
    await field.fill("555 0077");
    await field.press("Enter");
    await expect(main.getByText("1 of 120 organizations")).toBeVisible();
    await expectRowVisible(organizations.table, { Organization: "Branch 077" });
    await field.fill("no such customer");
    await field.press("Enter");
    await expect(main.getByText("No organization matches")).toBeVisible();
    await page.getByRole("link", { name: "Clear search" }).click();
    await expect(main.getByText("1–50 of 120")).toBeVisible();
  });

  await test.step("New Organization in a Tenant that is there; a name that is taken is asked about", async () => {
    await page.getByRole("link", { name: "New Organization" }).click();
    const dialog = page.getByRole("dialog", { name: "New Organization" });
    await dialog.getByLabel("Name").fill("branch 077");
    await dialog.getByRole("combobox", { name: "Tenant" }).fill("Shared 77");
    await dialog.getByRole("option", { name: "Shared 77" }).click();
    await dialog.getByRole("button", { name: "Create Organization" }).click();
    await expect(dialog.getByText("There is an Organization of this name already.")).toBeVisible();
    await expectNoAxeViolations(page);
    await expect(dialog.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("branch 077");
    await dialog.getByRole("checkbox", { name: "Add a second Organization of this name" }).check();
    await dialog.getByRole("button", { name: "Create Organization" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "branch 077" })).toBeVisible();
    await expect(page.getByRole("region", { name: "INFORMATION" }).getByRole("link", { name: "Shared 77" })).toBeVisible();
  });

  await test.step("INFORMATION is edited, hostile names included", async () => {
    const name = `<b>Ünï</b> שלום 🦊 ${"x".repeat(300)}`;
    await page.getByRole("region", { name: "INFORMATION" }).getByRole("link", { name: "Edit" }).click();
    const dialog = page.getByRole("dialog", { name: "Edit Organization" });
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Email").fill("office@branch.example");
    await dialog.getByRole("button", { name: "Save Changes" }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    await expect(page.getByRole("region", { name: "INFORMATION" }).getByText("office@branch.example")).toBeVisible();
    await page.reload();
    await expectHydrated(page);
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wider).toBeLessThanOrEqual(0);
  });

  await test.step("a Tenant's name is edited in place", async () => {
    await page.getByRole("region", { name: "INFORMATION" }).getByRole("link", { name: "Shared 77" }).click();
    const panel = page.getByRole("complementary", { name: "Tenant" });
    await panel.locator("summary").click();
    await panel.getByLabel("Tenant name").fill("Thrown away");
    await panel.getByRole("link", { name: "Cancel" }).click();
    await expect(panel.getByLabel("Tenant name")).toBeHidden();
    await expectHydrated(page);
    await panel.locator("summary").click();
    await expect(panel.getByLabel("Tenant name")).toHaveValue("Shared 77");
    await panel.getByLabel("Tenant name").fill("Seventy-seven");
    await panel.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Seventy-seven" })).toBeVisible();
    await page.reload();
    await expect(page.getByRole("heading", { level: 1, name: "Seventy-seven" })).toBeVisible();
    await visit("/organizations?search=Seventy-seven");
    await expect(main.getByText("2 of 121 organizations")).toBeVisible();
  });
});
