// How a portal signs the token with which it sends a person to Entrain: a JWT with HS256, by nothing but Node.
import { createHmac, randomUUID } from "node:crypto";

/**
 * @typedef {object} Person Who is signed in to the portal, and what of Entrain this person may see there.
 * @property {string} id
 * @property {string} name
 * @property {"viewer" | "technician"} role
 * @property {string} scope The id of one Tenant or of one Organization of Entrain.
 */

/**
 * What a token says, for five minutes and one use.
 * @param {{ entrain: string, portal: string }} settings Entrain's public address, and the portal's id there.
 * @param {Person} person
 * @param {string} origin That of the page in which the frame stands.
 * @returns {Record<string, unknown>}
 */
export function claimsFor({ entrain, portal }, { id, name, role, scope }, origin) {
  const exp = Math.floor(Date.now() / 1000) + 300;
  return { iss: portal, aud: entrain, sub: id, name, role, scope, origin, exp, jti: randomUUID() };
}

/**
 * @param {Record<string, unknown>} claims
 * @param {string} secret As Entrain showed it when the portal was registered: its text is the key.
 */
export function sign(claims, secret) {
  const part = (/** @type {unknown} */ value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}
