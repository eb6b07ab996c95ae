import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expectedOf } from "../fixtures/expected.ts";
import { expect, test } from "../fixtures/test.ts";
import { mappedCustomer } from "../pages/customers.ts";
import { EndUsersPage } from "../pages/people.ts";
import { TenantPage } from "../pages/tenant.ts";

const EXAMPLES = process.env["ENTRAIN_GRAPH_EXAMPLES"] ?? resolve(import.meta.dirname, "../../../shared/fixtures/graph");
const there = existsSync(EXAMPLES);

test.use({ standIn: there ? { tenants: "", load: EXAMPLES } : { tenants: "contoso=1" } });

test("the examples of Microsoft's documentation become exactly the expected people", async ({ page, microsoft, signIn }) => {
  test.skip(!there, `Microsoft's examples are not in ${EXAMPLES}; set ENTRAIN_GRAPH_EXAMPLES to their folder`);
  const name = "Documented Customer";
  const [{ id } = { id: "" }] = await microsoft.tenants();
  const directory = await microsoft.directory(id);
  const expected = expectedOf(directory, {});
  expect(expected.conflicts.length, "the examples repeat addresses").toBeGreaterThan(0);

  await signIn();
  await mappedCustomer(page, name, directory.defaultDomain, directory.organization.displayName);
  const tenant = new TenantPage(page);
  const dialog = await tenant.setUp(name);
  await dialog.expectLine(expected);
  await dialog.send("Enable Sync");
  await tenant.expectSync(name, "Enabled");

  const people = new EndUsersPage(page);
  await people.open(name);
  await people.expectPeople(expected.created);
});
