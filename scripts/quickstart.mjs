// The first five minutes: installs and builds what is missing, then runs examples/quickstart as one process,
// worker with beat, on a SQLite file. Ctrl-C ends it cleanly; `--for 15s` makes it end by itself.
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const setup = spawnSync(process.execPath, [path.join(root, "scripts", "setup.mjs"), "--build"], {
  stdio: "inherit",
});
if (setup.status !== 0) process.exit(setup.status ?? 1);

const usage = "usage: npm run quickstart [-- --for 15s]";
let runMs;
const args = process.argv.slice(2);
if (args.length > 0) {
  const [flag, value] = args.length === 1 ? args[0].split("=") : args;
  const { durationMs } = await import("../dist/core/duration.js");
  try {
    if (flag !== "--for" || args.length > 2) throw new Error(`unknown argument ${args.join(" ")}`);
    runMs = durationMs(value ?? "", "--for");
    if (runMs <= 0) throw new Error(`--for: expected a time above zero, got ${value}`);
  } catch (error) {
    console.error(`quickstart: ${error.message}\n${usage}`);
    process.exit(2);
  }
}

const child = spawn(
  process.execPath,
  [
    path.join(root, "dist", "cli", "main.js"),
    "-A",
    path.join(root, "examples", "quickstart", "app.ts"),
    "worker",
    "--beat",
  ],
  { cwd: path.join(root, "examples", "quickstart"), stdio: "inherit" },
);
// A terminal sends Ctrl-C to both; other signals reach only this process and are passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
const timer = runMs === undefined ? undefined : setTimeout(() => child.kill("SIGTERM"), runMs);
child.on("exit", (code, signal) => {
  clearTimeout(timer);
  process.exit(code ?? (signal === null ? 1 : 128));
});
