import { expect, expectHydrated, expectNoAxeViolations, expectRowVisible, rowOf, test } from "../fixtures/test.ts";
import { OrganizationsPage } from "../pages/customers.ts";
import { FilesPage } from "../pages/files.ts";

test.use({ standIn: { tenants: "contoso=5" } });

test("files of Organizations and End Users are read in, change nothing the second time, and come back harmless", async ({ page, signIn, server }) => {
  await signIn();
  const files = new FilesPage(page);
  const organizations = new OrganizationsPage(page);

  await test.step("Organizations: created, with an unknown column named", async () => {
    await organizations.open();
    await page.getByRole("link", { name: "Import", exact: true }).click();
    await expectNoAxeViolations(page);
    await files.send("customers.csv", "Organization;Email;Phone;Shoe Size\nImported Dental;office@dental.example;+41 44 555 01 00;44\n=Formula GmbH;;;\n");
    await files.expectResult("2 created.");
    await expect(page.getByText("Nothing was read from: Shoe Size.")).toBeVisible();
    await page.getByRole("link", { name: "Go to Organizations" }).click();
    await expectRowVisible(organizations.table, { Organization: "Imported Dental", Email: "office@dental.example", Phone: "+41 44 555 01 00" });
  });

  const people = "Name,Email,Phone,City\nAna López,ana@dental.example,+41 1,Bern\nBen,ben@dental.example,\nDora,ANA@dental.example,,\nCy,cy@dental.example,'-5,=1+1\n";
  await test.step("End Users: rejects with their reasons, on screen and as a file", async () => {
    await page.getByRole("link", { name: "Imported Dental" }).first().click();
    await page.getByRole("link", { name: "End Users", exact: true }).first().click();
    await page.getByRole("link", { name: "Import", exact: true }).click();
    await expect(page.getByText("All of them become End Users of Imported Dental.")).toBeVisible();
    await files.send("people.csv", people);
    await files.expectResult("2 created, 2 rejected.");
    await expectRowVisible(files.rejects, { Line: "3", Reason: "The row has 3 cells, the head names 4." });
    await expectRowVisible(files.rejects, { Line: "4", Reason: "Line 2 is about the same End User." });
    await expectNoAxeViolations(page);
    const rejected = await files.download("Download rejected rows");
    expect(rejected).toContain('Dora,ANA@dental.example,,,4,Line 2 is about the same End User.');
    await page.reload();
    await files.expectResult("2 created, 2 rejected.");
  });

  await test.step("the second time nothing changes", async () => {
    await page.getByRole("link", { name: "Import another file" }).click();
    await files.send("people.csv", people);
    await files.expectResult("Nothing changed: 2 were so already, 2 rejected.");
  });

  await test.step("the export holds what the search shows, and a spreadsheet runs nothing of it", async () => {
    await page.getByRole("link", { name: "Go to End Users" }).click();
    const table = page.getByRole("table", { name: "End Users" });
    await expectRowVisible(table, { Name: "Cy", Phone: "-5" });
    expect(await files.download("Export")).toContain("Imported Dental,Cy,cy@dental.example,'-5,,,'=1+1,");
    await page.getByRole("searchbox", { name: "Search End Users" }).fill("López");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/search=/);
    const found = await files.download("Export");
    expect(found).toContain("Imported Dental,Ana López,ana@dental.example,'+41 1,");
    expect(found).not.toContain("Cy");
    await organizations.open();
    expect(await files.download("Export")).toContain("'=Formula GmbH,");
  });

  await test.step("a file that is none says what to do", async () => {
    await page.getByRole("link", { name: "Import", exact: true }).click();
    await files.send("people.xlsx.csv", Buffer.from("PK\u0003\u0004\0\0"));
    await expect(page.getByText("This is an Excel workbook.")).toBeVisible();
  });

  await test.step("who did it is in the audit log", async () => {
    await page.goto("/activity/audit?action=import");
    await expectHydrated(page);
    const log = page.getByRole("table", { name: "Audit log" });
    await expect(await rowOf(log, { Who: new RegExp(`^\\s*${server.administrator.name}`), What: /^End Users: people.csv/ })).toContainText("Rejected: 2");
  });
});

test.describe("without script", () => {
  // The browser fetches our script ahead, is told not to run it, and wonders.
  test.use({ javaScriptEnabled: false, expectedComplaints: /preloaded using link preload/ });

  test("a file is read in and written out", async ({ page, server }) => {
    await page.goto("/import/organizations");
    await page.getByLabel("Email").fill(server.administrator.email);
    await page.getByLabel("Password").fill(server.administrator.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    const files = new FilesPage(page);
    await files.send("plain.csv", "Name,Email\nPlain Files,plain@files.example\nPlain Files,twice@files.example\n");
    await files.expectResult("1 created, 1 rejected.");
    await page.getByRole("link", { name: "Go to Organizations" }).click();
    expect(await files.download("Export")).toContain("Plain Files,plain@files.example,");
  });
});
