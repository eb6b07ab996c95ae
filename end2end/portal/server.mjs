// A small portal: what the server of somebody else's product does to show a page of Entrain. Register the portal in
// Entrain's Settings with the origin http://localhost:8200, then:
//
//   ENTRAIN_URL=http://localhost:3000 PORTAL_ID=... PORTAL_SECRET=... TENANT_ID=... node end2end/portal/server.mjs
//
// It asks nobody who they are, which a real one does before everything else: who may see which customer, as what, is the
// portal's decision alone, and Entrain believes what the portal's secret has signed.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { claimsFor, sign } from "./token.mjs";

/**
 * @typedef {object} Settings
 * @property {string} entrain Entrain's public address, without a slash at the end.
 * @property {string} portal The portal's id in Entrain.
 * @property {string[]} origins Where this portal's pages are.
 * @property {string} page The page of Entrain, behind the portal's address there: `tenants/ID`.
 * @property {string} person Who is signed in here.
 * @property {(origin: string) => string} token Signs a new token for that person, for a page of this origin.
 */

const FILES = /** @type {const} */ ({
  "/": ["index.html", "text/html; charset=utf-8"],
  "/form": ["form.html", "text/html; charset=utf-8"],
  "/portal.js": ["portal.js", "text/javascript"],
  "/portal.css": ["portal.css", "text/css"],
});

/**
 * The portal; `listen` begins it. What its settings say is read anew for each request.
 * @param {Settings} settings
 */
export function portalServer(settings) {
  return createServer((request, response) => {
    answer(settings, request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
}

/**
 * @param {Settings} settings
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 */
async function answer(settings, request, response) {
  const path = new URL(request.url ?? "/", "http://portal").pathname;
  // Which of its own addresses was asked for: a token holds for that one only.
  const origin = settings.origins.find((origin) => new URL(origin).host === request.headers.host);
  if (!origin) return void response.writeHead(421).end();
  if (path === "/favicon.ico") return void response.writeHead(204).end();
  // Pages and tokens are good once, so nothing keeps them.
  response.setHeader("cache-control", "no-store");
  if (path === "/token" && request.method === "POST") {
    return void response.writeHead(200, { "content-type": "text/plain" }).end(settings.token(origin));
  }
  const [file, type] = FILES[/** @type {keyof typeof FILES} */ (path)] ?? [];
  if (!file) return void response.writeHead(404).end();
  const text = await readFile(join(import.meta.dirname, file), "utf8");
  if (!file.endsWith(".html")) return void response.writeHead(200, { "content-type": type }).end(text);
  response.setHeader("content-security-policy", policy(settings.entrain));
  response.writeHead(200, { "content-type": type }).end(filled(text, settings, origin));
}

/**
 * The strictest policy under which `<entrain-embed>` works: the script, the frame, and the form that carries the token.
 * @param {string} entrain
 */
function policy(entrain) {
  const from = new URL(entrain).origin;
  return `default-src 'self'; script-src 'self' ${from}; frame-src ${from}; form-action 'self' ${from}; base-uri 'none'; frame-ancestors 'none'`;
}

/**
 * @param {string} text
 * @param {Settings} settings
 * @param {string} origin
 */
function filled(text, settings, origin) {
  const { entrain, portal, page, person } = settings;
  /** @type {Record<string, string>} */
  const values = { entrain, portal, page, person };
  // A token is made only for a page that holds it.
  const valueOf = (/** @type {string} */ name) => (name === "token" ? settings.token(origin) : (values[name] ?? ""));
  return text.replace(/{{(\w+)}}/g, (_, name) => escaped(valueOf(name)));
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

/** @param {string} name */
function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: see the head of ${import.meta.filename}`);
  return value;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [entrain, portal] = [setting("ENTRAIN_URL"), setting("PORTAL_ID")];
  const [secret, scope] = [setting("PORTAL_SECRET"), setting("TENANT_ID")];
  const port = Number(process.env["PORT"] ?? 8200);
  const person = /** @type {const} */ ({ id: "pia", name: "Pia Portal", role: "technician", scope });
  portalServer({
    entrain,
    portal,
    origins: [`http://localhost:${port}`],
    page: `tenants/${scope}`,
    person: person.name,
    token: (origin) => sign(claimsFor({ entrain, portal }, person, origin), secret),
  }).listen(port, "127.0.0.1", () => console.log(`a portal is at http://localhost:${port}`));
}
