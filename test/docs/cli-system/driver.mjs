/** Runs command lines, one a line of stdin as a JSON array, in one process: a process each would load the package a hundred times. */
import { copyFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { systemClock } from "./node_modules/sunbeat/dist/core/clock.js";
import { run } from "./node_modules/sunbeat/dist/cli/run.js";

let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const written = { stdout: "", stderr: "" };
  const sink = (name) => ({ write: (text) => (written[name] += text) });
  // Each command closes its app: the next one needs a module of its own.
  const file = `app-${++count}.mjs`;
  copyFileSync("app.mjs", file);
  const host = {
    ...{ clock: systemClock, env: {}, outliveReader: () => undefined },
    ...{ stdout: sink("stdout"), stderr: sink("stderr") },
  };
  const exitCode = await run(["-A", file, ...JSON.parse(line)], host);
  process.stdout.write(`${JSON.stringify({ exitCode, ...written })}\n`);
}
