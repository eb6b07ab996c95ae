// Runs the Rust tests, keeps all that they say, passed ones too, and looks in it for the secrets that they used:
//   node end2end/test-rust.mjs a_swap_of_addresses
// The terminal shows what it would show without. Tests put down what must not be said (src/tests/said.rs), and one of
// them says some of it on purpose: unless that is found, nothing was searched.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { Known, told } from "./secrets.mjs";

const words = process.argv.slice(2);
const folders = resolve(process.env.CARGO_TARGET_DIR ?? "target", "test-rust");
mkdirSync(folders, { recursive: true });
/** Of this run alone: another one may be under way beside it. */
const folder = mkdtempSync(join(folders, "run-"));
const secrets = join(folder, "secrets.jsonl");
/** Where .config/nextest.toml has nextest write all that it captures. */
const report = "target/nextest/default/junit.xml";
const mostTold = 20;
/** With these, no test runs. */
const ofNoTest = ["--no-run", "--list", "--help", "-h", "--version", "-V"];
/** Options that choose among the tests, as words without dashes do. */
const choosing = /^--(filterset|ignored|run-ignored|partition|skip|package|exclude)(=|$)/;
const isFiltered = words.some((word) => !word.startsWith("--") || choosing.test(word));
const ofAll = ["--workspace", "--features", "ssr"];

rmSync(report, { force: true });

const hasNextest = spawnSync("cargo", ["nextest", "--version"], { stdio: "ignore" }).status === 0;
const { code, said, beside } = hasNextest ? await nextest() : await cargoTest();
const { secretsKnown, troubles } = said ? searched([...said, ...beside]) : { secretsKnown: 0, troubles: [] };
if (!said && code === 0 && !words.some((word) => ofNoTest.includes(word))) {
  troubles.push("the tests said nothing that could be searched");
}
const of = said && `what ${counted(said.length, "test")} said for ${counted(secretsKnown, "secret")}`;
console.log(`make test-rust: ${of ? `searched ${of}` : "nothing was searched, as no test has run"}`);
for (const trouble of troubles.slice(0, mostTold)) console.error(`make test-rust: ${trouble}`);
if (troubles.length > mostTold) console.error(`make test-rust: and ${troubles.length - mostTold} more`);
if (troubles.length > 0) console.error(`make test-rust: all that was said is in ${hasNextest ? report : folder}`);
if (troubles.length === 0 || hasNextest) rmSync(folder, { recursive: true, force: true });
process.exitCode = code === 0 && troubles.length > 0 ? 1 : code;

/** @typedef {{ test: string, text: string }} Said What one test said. */
/** @typedef {{ code: number, said: Said[] | undefined, beside: Said[] }} Ended Beside: what is of no one test. */

/**
 * @param {number} number
 * @param {string} what
 */
function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** @returns {Promise<Ended>} */
async function nextest() {
  const code = await ended(start(["nextest", "run", ...ofAll, ...words], "inherit"));
  return { code, said: existsSync(report) ? ofReport(readFileSync(report, "utf8")) : undefined, beside: [] };
}

/** @returns {Promise<Ended>} */
async function cargoTest() {
  const at = words.indexOf("--");
  const [own, ofTests] = at < 0 ? [words, []] : [words.slice(0, at), words.slice(at + 1)];
  const child = start(["test", ...ofAll, ...own, "--", "--show-output", ...ofTests], "pipe");
  /** @type {string[]} */
  const lines = [];
  /** @type {string[]} */
  const beside = [];
  child.stderr?.on("data", (/** @type {Buffer} */ bytes) => {
    beside.push(bytes.toString());
    process.stderr.write(bytes);
  });
  let ofPassed = false;
  const stdout = createInterface({ input: /** @type {import("node:stream").Readable} */ (child.stdout) });
  stdout.on("line", (line) => {
    lines.push(line);
    // What passed tests said stands under the first heading, and after it what cargo shows anyway.
    if (line === "successes:") ofPassed = true;
    if (line === "failures:" || line.startsWith("test result:")) ofPassed = false;
    if (!ofPassed) process.stdout.write(`${line}\n`);
  });
  const code = await ended(child);
  const [text, error] = [lines.join("\n"), beside.join("")];
  writeFileSync(join(folder, "stdout.txt"), text);
  writeFileSync(join(folder, "stderr.txt"), error);
  const has = lines.some((line) => line.startsWith("test result:"));
  const [before, said] = ofOutput(text);
  return { code, said: has ? said : undefined, beside: [before, { test: "stderr of cargo test", text: error }] };
}

/**
 * @param {string[]} words
 * @param {"inherit" | "pipe"} output
 */
function start(words, output) {
  const colour = output === "pipe" && process.stderr.isTTY ? { CARGO_TERM_COLOR: "always" } : {};
  const env = { ...colour, ...process.env, ENTRAIN_TEST_SECRETS: secrets };
  // The binaries of tests, which cargo does not stop when it is stopped, would hold the pipes: they share its group.
  const isGroup = output === "pipe";
  const child = spawn("cargo", words, { env, stdio: ["inherit", output, output], detached: isGroup });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      // Ctrl-C reaches all that is in our own group.
      if (child.pid === undefined || (signal === "SIGINT" && !isGroup && process.stdin.isTTY)) return;
      try {
        process.kill(isGroup ? -child.pid : child.pid, signal);
      } catch {
        // It has just ended.
      }
    });
  }
  return child;
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<number>}
 */
function ended(child) {
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // All of its output has come by then.
    child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/**
 * Of nextest's report in JUnit's form.
 * @param {string} xml
 * @returns {Said[]}
 */
function ofReport(xml) {
  const [, ...cases] = xml.split("<testcase ");
  return cases.map((text) => {
    const plain = unescaped(text);
    return { test: /^(?:.*?\s)?name="([^"]*)"/.exec(plain)?.[1] ?? "a test", text: plain };
  });
}

/** @param {string} xml */
function unescaped(xml) {
  const named = new Map(Object.entries({ lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }));
  return xml.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex, number, name) => {
    if (name !== undefined) return named.get(name) ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(number) : Number.parseInt(hex, 16));
  });
}

/**
 * Of what the harness of cargo test prints: what stands before all that tests said, and that.
 * @param {string} text
 * @returns {[Said, Said[]]}
 */
function ofOutput(text) {
  const [before = "", ...parts] = text.split(/^---- (.+) stdout ----$/m);
  const said = [];
  for (let at = 0; at + 1 < parts.length; at += 2) said.push({ test: parts[at] ?? "", text: parts[at + 1] ?? "" });
  return [{ test: "what no test's output has", text: before }, said];
}

/**
 * What is wrong with what the tests said, and for how many secrets it was searched.
 * @param {Said[]} said
 * @returns {{ secretsKnown: number, troubles: string[] }}
 */
function searched(said) {
  const known = new Known();
  /** @type {Set<string>} */
  const values = new Set();
  /** @type {Map<string, string>} */
  const planted = new Map();
  for (const line of existsSync(secrets) ? readFileSync(secrets, "utf8").trimEnd().split("\n") : []) {
    const [what, value] = /** @type {[string, string]} */ (JSON.parse(line));
    values.add(value);
    if (what.startsWith("planted ")) planted.set(value, what);
    else known.add(what, value);
  }
  const found = said.flatMap(({ test, text }) => {
    const first = known.find(text);
    return first ? [`a secret stands in what ${test} said, ${told(text, first).replace(/\s+/g, " ")}`] : [];
  });
  const missed = [...planted].filter(([value]) => !said.some(({ text }) => text.includes(value)));
  const blind = missed.map(([, what]) => `what was ${what} was not found, so other secrets would not be either`);
  if (!isFiltered && planted.size === 0) blind.push("no test has planted a secret, so nothing shows that they would be found");
  return { secretsKnown: values.size, troubles: [...blind, ...found] };
}
