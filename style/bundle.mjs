// Builds what the browser gets: the wasm module, its JavaScript and the style sheet, each optimised, named by its
// content and compressed, in target/site. The server reads target/site/assets.json for the names.
//
//   node style/bundle.mjs              the profile wasm-release and wasm-opt: what is shipped, demonstrated and tested
//   node style/bundle.mjs --fast       the profile wasm-dev, neither shrunk nor compressed: seconds, for a change in hand
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const fast = process.argv.includes("--fast");
const profile = fast ? "wasm-dev" : "wasm-release";
const target = process.env.CARGO_TARGET_DIR ?? join(root, "target");
const work = join(target, "bundle", profile);
const site = join(target, "site");
// The site is made beside the old one and takes its place whole, so that a server never reads half of it.
const next = `${site}.next`;
const tool = (name) => join(root, "style/node_modules/.bin", name);
const wasmBindgen = process.env.WASM_BINDGEN ?? "wasm-bindgen";

// What Rust's wasm32 target uses, and no more: browsers of 2023 and later know all of it.
const wasmFeatures = ["bulk-memory", "bulk-memory-opt", "call-indirect-overlong", "multivalue", "mutable-globals",
  "nontrapping-float-to-int", "reference-types", "sign-ext"].map((name) => `--enable-${name}`);

// Text of these kinds shrinks; pictures and fonts are compressed already.
const shrinks = /\.(css|html|ico|js|json|mjs|svg|txt|wasm|webmanifest|xml)$/;

function run(command, ...parts) {
  try {
    execFileSync(command, parts, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  } catch (error) {
    const why = error.code === "ENOENT" ? "is not installed: run `make setup`" : "failed, see above";
    console.error(`bundle: ${command} ${why}`);
    process.exit(1);
  }
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

/** Puts a file in the site, with .br and .gz beside it where that is smaller, and returns the three sizes. */
function put(path, bytes) {
  const file = join(next, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  const sizes = { path, raw: bytes.length, gzip: bytes.length, brotli: bytes.length };
  if (fast || !shrinks.test(path)) return sizes;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  for (const [kind, end, small] of [["gzip", ".gz", gzipSync(bytes, { level: 9 })], ["brotli", ".br", brotliCompressSync(bytes, { params })]]) {
    if (small.length >= bytes.length) continue;
    writeFileSync(file + end, small);
    sizes[kind] = small.length;
  }
  return sizes;
}

// Cargo and Tailwind know themselves what changed; everything after them is skipped when what they made is the same.
run("cargo", "build", "--lib", "--target", "wasm32-unknown-unknown", "--no-default-features", "--features", "hydrate", "--profile", profile);
mkdirSync(work, { recursive: true });
const css = join(work, "entrain.css");
run(tool("tailwindcss"), "--input", join(root, "style/main.css"), "--output", css, ...(fast ? [] : ["--minify"]));

const compiled = join(target, "wasm32-unknown-unknown", profile, "entrain.wasm");
const inputs = createHash("sha256");
for (const file of [compiled, css, fileURLToPath(import.meta.url), join(root, "style/package.json"), join(root, "Cargo.lock"), ...filesIn(join(root, "public"))]) {
  inputs.update(relative(root, file)).update("\0").update(readFileSync(file));
}
const stamp = join(site, ".inputs");
const state = `${profile} ${inputs.digest("hex")}\n`;
if (existsSync(stamp) && readFileSync(stamp, "utf8") === state) {
  console.log("bundle: unchanged");
  process.exit(0);
}

const bound = join(work, "bindgen");
rmSync(bound, { recursive: true, force: true });
run(wasmBindgen, "--target", "web", "--no-typescript", "--out-name", "entrain", "--out-dir", bound, compiled);
const boundWasm = join(bound, "entrain_bg.wasm");
if (!fast) run(tool("wasm-opt"), "-Oz", ...wasmFeatures, boundWasm, "--output", boundWasm);

rmSync(next, { recursive: true, force: true });
const sizes = [];
const wasmBytes = readFileSync(boundWasm);
const wasm = `entrain_bg.${hashOf(wasmBytes)}.wasm`;
sizes.push(put(join("pkg", wasm), wasmBytes));
const script = readFileSync(join(bound, "entrain.js"), "utf8").replaceAll("entrain_bg.wasm", wasm);
const js = `entrain.${hashOf(script)}.js`;
sizes.push(put(join("pkg", js), Buffer.from(script)));
const styles = readFileSync(css);
const sheet = `entrain.${hashOf(styles)}.css`;
sizes.push(put(join("pkg", sheet), styles));
// Scripts that crates bring along; wasm-bindgen has put a hash into their folders' names.
for (const file of filesIn(join(bound, "snippets"))) sizes.push(put(join("pkg", relative(bound, file)), readFileSync(file)));
for (const file of filesIn(join(root, "public"))) put(relative(join(root, "public"), file), readFileSync(file));
writeFileSync(join(next, "assets.json"), `${JSON.stringify({ js, wasm, css: sheet }, null, 2)}\n`);
writeFileSync(join(next, ".inputs"), state);
const old = `${site}.old`;
rmSync(old, { recursive: true, force: true });
if (existsSync(site)) renameSync(site, old);
renameSync(next, site);
rmSync(old, { recursive: true, force: true });

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(12);
console.log(`${"browser bundle".padEnd(48)}${"raw".padStart(12)}${"gzip".padStart(12)}${"brotli".padStart(12)}`);
for (const row of sizes) console.log(`${row.path.padEnd(48)}${kb(row.raw)}${kb(row.gzip)}${kb(row.brotli)}`);
const total = (kind) => kb(sizes.reduce((sum, row) => sum + row[kind], 0));
console.log(`${"total".padEnd(48)}${total("raw")}${total("gzip")}${total("brotli")}`);
