#!/usr/bin/env node
import { systemClock } from "../core/clock.js";
import { endOnSignals } from "./first-process.js";

endOnSignals(process);
// Only now: loading it takes longer than starting Node, and signals are heard meanwhile.
const { run } = await import("./run.js");

let needsReader = true;

/** The answer is all that a command is for. What tasks print is not all that a worker is for. */
function unwritten(error: NodeJS.ErrnoException, exitCode: number): void {
  if (!needsReader) return;
  // `| head` closes the pipe when it has seen enough: no reason to complain, and none to go on.
  if (error.code === "EPIPE") process.exit(exitCode);
  process.stderr.write(`sunbeat: the answer could not be written: ${error.message}\n`);
  process.exit(1);
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => unwritten(error, 0));
process.stderr.on("error", () => undefined);

const exitCode = await run(process.argv.slice(2), {
  clock: systemClock,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  outliveReader: () => void (needsReader = false),
});
// What the app's own code keeps open (a pool, a server) must not keep a finished command alive. A write of nothing
// ends after all writes before it.
process.stdout.write("", (error) => {
  if (error) unwritten(process.stdout.errored ?? error, exitCode);
  process.exit(exitCode);
});
