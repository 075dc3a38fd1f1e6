// Brings a fresh clone to the point where everything runs: installs what the lock file names when it is not
// installed yet, and with --build compiles when a source is newer than the last build. Quiet when there is nothing to do.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => path.join(root, ...parts);

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`sunbeat needs Node.js 20.19 or newer; this is ${process.version}.`);
  process.exit(1);
}

function run(command, args) {
  // On Windows npm is a script, which only a shell can start; the arguments are constants.
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) {
    console.error(`setup: \`${command} ${args.join(" ")}\` failed; its output is above.`);
    process.exit(1);
  }
}

function install() {
  const stamp = at("node_modules", ".sunbeat-lock");
  const lock = createHash("sha256")
    .update(readFileSync(at("package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  console.error("setup: installing dependencies (npm ci)");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, lock);
}

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(file) : statSync(file).mtimeMs);
  }
  return latest;
}

function build() {
  const built = existsSync(at("dist", ".built")) ? statSync(at("dist", ".built")).mtimeMs : 0;
  const sources = Math.max(
    newest(at("src")),
    newest(at("ui")),
    statSync(at("tsconfig.build.json")).mtimeMs,
    statSync(at("tsconfig.json")).mtimeMs,
  );
  if (built > sources) return;
  console.error("setup: compiling src to dist");
  run(process.execPath, [at("scripts", "build.mjs")]);
}

install();
if (process.argv.includes("--build")) build();
