// `npm run census`: how large and how long-winded the code is, in figures that are measured alike before and after a change.
// With --files it names the files, functions and cycles behind the figures. It needs redis-server, as the tests do.
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { sourcesOfSrc } from "../test/support/source-tree.ts";
import { copies, cycles, longest, storeLines } from "./census/code.mjs";
import { passes } from "./census/passes.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const named = process.argv.includes("--files");

/** Prints a figure, and on demand what it counts. */
function row(what, figure, parts = []) {
  console.log(`  ${what.padEnd(52)} ${typeof figure === "number" ? figure.toLocaleString("en") : figure}`);
  if (named) for (const part of parts) console.log(`      ${part}`);
}

function section(title, how) {
  console.log(`\n${title}\n  (${how})`);
}

/** Bytes of all files below a folder. */
function bytesOf(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(path.join(file.parentPath, file.name)).size, 0);
}

/** What `npm install sunbeat` puts on a disk: the package, and its dependencies, none of which has its own. */
function installedBytes() {
  const [{ unpackedSize }] = JSON.parse(
    execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: root, encoding: "utf8" }),
  );
  const dependencies = ["luxon", "commander", "suncalc"].map((name) => [
    name,
    bytesOf(path.join(root, "node_modules", name)),
  ]);
  return Object.fromEntries([["sunbeat", unpackedSize], ...dependencies]);
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
const sources = sourcesOfSrc();

section(
  "Files passed",
  "at least one function called in each of thirty turns after warm-up; loading is no call",
);
for (const [what, files] of Object.entries(await passes())) row(what, files.length, files);

section(
  "Lines of src/store",
  "comments and empty lines included; `rules` is its folder, contracts the files above",
);
const { generated, ...byHand } = storeLines();
for (const [part, lines] of Object.entries(byHand)) row(part, lines);
row(
  "all by hand, without Lua",
  sum(Object.entries(byHand).map(([part, lines]) => (part.endsWith("Lua") ? 0 : lines))),
);
row("generated, counted nowhere else", generated);

section(
  "Copies",
  "names of functions and methods in store/memory and store/sqlite; a const inside a function is none",
);
const { shared, copied } = copies(sources);
row("names in both", shared.length);
row("of these, asked for by no contract or port: copies", copied.length, copied);

section("Longest", "lines from the first token to the last; generated files apart");
const { functions, files } = longest(sources, 5);
const ranked = (rows) => rows.map(({ lines, what }) => `${lines} ${what}`);
row("function", functions[0].lines, ranked(functions));
row("file", files[0].lines, ranked(files));

section("Import cycles", "groups of files of which each reaches each other; import() is no import");
const { byValue, withTypes } = cycles(sources);
row("by value", byValue.length, byValue.map(String));
row("with types", withTypes.length, withTypes.map(String));

section("Installed", "npm pack --dry-run, and what lies in node_modules");
const installed = installedBytes();
for (const [name, bytes] of Object.entries(installed)) row(name, megabytes(bytes));
row("all", megabytes(sum(Object.values(installed))));
