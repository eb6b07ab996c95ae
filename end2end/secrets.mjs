// Knows secrets by their value, however they are spelled, and finds them in what programs say and answer.

/** Whoever's token: three parts, of which two begin like this (RFC 7519). */
const TOKEN = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\./;
/** A short word stands in many a text. */
const SHORTEST = 16;
/**
 * Wherever a secret stands, one of its first eight pieces of this length begins at a multiple of it: to look there is
 * enough, and takes as long for a thousand secrets as for one.
 */
const PIECE = SHORTEST / 2;

/** @typedef {{ what: string, at: number }} Found What stands in a text, and where it begins. */

export class Known {
  /** @type {Set<string>} */
  #spellings = new Set();
  /** @type {Map<string, { what: string, spelling: string, from: number }[]>} */
  #pieces = new Map();

  /**
   * @param {string} what
   * @param {string} value
   */
  add(what, value) {
    if (value.length < SHORTEST) throw new Error(`${what} is too short to be searched for`);
    for (const spelling of [value, encodeURIComponent(value), inForm(value)]) {
      if (this.#spellings.has(spelling)) continue;
      this.#spellings.add(spelling);
      for (let from = 0; from < PIECE; from++) {
        const piece = spelling.slice(from, from + PIECE);
        const sharing = this.#pieces.get(piece) ?? [];
        this.#pieces.set(piece, [...sharing, { what, spelling, from }]);
      }
    }
  }

  /**
   * The first of them in a text, tokens among them.
   * @param {string} text
   * @returns {Found | undefined}
   */
  find(text) {
    const token = TOKEN.exec(text);
    const end = token ? Math.min(text.length, token.index + SHORTEST) : text.length;
    for (let at = 0; at < end; at += PIECE) {
      for (const { what, spelling, from } of this.#pieces.get(text.slice(at, at + PIECE)) ?? []) {
        if (at >= from && text.startsWith(spelling, at - from)) return { what, at: at - from };
      }
    }
    return token ? { what: "a token", at: token.index } : undefined;
  }
}

/**
 * What was found, and beside what; itself it is not told.
 * @param {string} text
 * @param {Found} found
 */
export function told(text, { what, at }) {
  return `${what}: …${text.slice(Math.max(0, at - 120), at)}***`;
}

/**
 * As a form sends it.
 * @param {string} value
 */
function inForm(value) {
  return new URLSearchParams([["", value]]).toString().slice(1);
}
