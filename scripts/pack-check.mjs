// Packs the package, checks its files, types and exports, installs the tarball in an empty folder, weighs what that brings,
// and runs a three-line program in JavaScript, one in TypeScript, a CommonJS one, and the CLI from it.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { checkTypes } from "./pack-types.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(path.join(os.tmpdir(), "sunbeat-pack-"));
const tool = (name) => path.join(root, "node_modules", ".bin", name);
const installed = (name) => path.join(folder, "node_modules", ".bin", name);
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const install = (...packages) =>
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages]);
const write = (name, text) => writeFileSync(path.join(folder, name), text);

/**
 * Code with its types, pages for users, and nothing else: no picture, no source map without its source, no mark of the build. The page of
 * the command line is its help once more, and stays in the repository, as do those for people who change sunbeat.
 */
const BELONGS =
  /^(dist\/.*\.(js|d\.ts)|dist\/dashboard\/(NOTICES\.txt|ui\/[\w-]+\.(html|css|svg))|docs\/.*\.md|README\.md|LICENSE|package\.json)$/;
/** Pages that messages name. */
const PAGES = ["docs/errors.md", "docs/reliability.md", "docs/redis.md"];

/**
 * What `npm install sunbeat` may put on a disk, dependencies included; luxon alone is 4.6 MB. 7 MB before graphs of tasks, 8 MB with
 * pools and limits, 8.5 MB with monitoring; the dashboard takes the last half.
 */
const MOST_BYTES = 9_000_000;

function expectOutput(what, actual, expected) {
  if (!expected.test(actual)) throw new Error(`${what}: expected ${expected}, got:\n${actual}`);
  console.log(`ok  ${what}`);
}

/** Gives the tarball. */
function pack() {
  run(process.execPath, [path.join(root, "scripts", "build.mjs")], root);
  const [{ filename, files }] = JSON.parse(
    run("npm", ["pack", "--json", "--pack-destination", folder], root),
  );
  const paths = files.map((file) => file.path);
  const stray = paths.filter((file) => !BELONGS.test(file));
  if (stray.length > 0) throw new Error(`files that do not belong into the package: ${stray.join(", ")}`);
  const missing = PAGES.filter((page) => !paths.includes(page));
  if (missing.length > 0) throw new Error(`messages name pages that are not packed: ${missing.join(", ")}`);
  console.log(`ok  ${filename}: ${files.length} files`);
  return path.join(folder, filename);
}

/** The bytes of all files, not the blocks they take. */
function checkWeight() {
  const files = readdirSync(path.join(folder, "node_modules"), { withFileTypes: true, recursive: true });
  const bytes = files
    .filter((file) => file.isFile())
    .reduce((sum, file) => sum + statSync(path.join(file.parentPath, file.name)).size, 0);
  const said = `${(bytes / 1e6).toFixed(2)} MB installed, of ${MOST_BYTES / 1e6} MB at most`;
  if (bytes > MOST_BYTES) throw new Error(`too heavy: ${said}`);
  console.log(`ok  ${said}`);
}

function checkPrograms() {
  const program = (annotation) => `import { Sunbeat, crontab } from "sunbeat";
const app = new Sunbeat("packed", { broker: "memory:" });
const add = app.task("add", (x${annotation}, y${annotation}) => x + y);
const worker = app.worker();
await worker.start();
console.log("sum", await (await add.delay(2, 3)).get({ timeout: 10 }), crontab("30 2 * * *").next(0));
await app.close();
`;
  write("program.mjs", program(""));
  expectOutput("JavaScript program", run(process.execPath, ["program.mjs"]), /^sum 5 9000000$/m);

  write("program.ts", program(": number"));
  const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
  run(installed("tsc"), ["--noEmit", ...options, "program.ts"]);
  console.log("ok  TypeScript program compiles under strict, library types and those of Node included");
  const viaTsx = run(process.execPath, ["--import", "tsx", "program.ts"]);
  expectOutput("TypeScript program", viaTsx, /^sum 5 9000000$/m);

  write("program.cjs", `const { every } = require("sunbeat"); console.log("next", every("1m").next(0));`);
  expectOutput("require() from CommonJS", run(process.execPath, ["program.cjs"]), /^next 60000$/m);
}

function checkCli() {
  write(
    "app.ts",
    `import { Sunbeat } from "sunbeat";\nenum Mode { On = 1 }\nexport const app = new Sunbeat("packed", { broker: "sqlite:./packed.db" });\nexport const mode = app.task("mode", () => Mode.On);\n`,
  );
  const when = ["--from", "2027-03-27", "--timezone", "Europe/Paris", "--count", "2"];
  expectOutput("CLI", run(installed("sunbeat"), ["schedule", "next", "30 2 * * *", ...when]), /2027-03-28/);
  const report = run(installed("sunbeat"), ["-A", "app.ts", "report"]);
  expectOutput("CLI with a TypeScript app", report, /packed/);
}

/** Where Node has no SQLite of its own, its lack is one sentence with the command that helps; the command is run. */
function checkSqlite() {
  const list = () =>
    spawnSync(installed("sunbeat"), ["-A", "app.ts", "schedule", "list"], { cwd: folder, encoding: "utf8" });
  if (!isBuiltin("node:sqlite")) {
    const { stderr } = list();
    const [, packages] = /^sunbeat: .*: npm install (\S+) \[SUNBEAT_DRIVER_MISSING\]\n$/.exec(stderr) ?? [];
    if (packages === undefined) throw new Error(`the lack of SQLite is told as:\n${stderr}`);
    install(packages);
    console.log(`ok  Node ${process.version} has no SQLite: npm install ${packages}`);
  }
  const { status, stdout, stderr } = list();
  expectOutput("CLI with a SQLite file", `${status} ${stdout}${stderr}`, /^0 no entries/);
}

try {
  const tarball = pack();
  run(tool("publint"), ["run", tarball, "--strict"], root);
  console.log("ok  publint");
  run(tool("attw"), [tarball, "--profile", "esm-only"], root);
  console.log("ok  types resolve (attw, esm-only)");

  write("package.json", JSON.stringify({ name: "user", private: true, type: "module" }));
  install(tarball);
  checkWeight();
  checkTypes({ folder, install });
  const dev = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")).devDependencies;
  install(...["typescript", "tsx", "@types/node"].map((name) => `${name}@${dev[name]}`));
  checkPrograms();
  checkCli();
  checkSqlite();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
