#!/usr/bin/env node
import { systemClock } from "../core/clock.js";
import { endOnSignals } from "./first-process.js";

endOnSignals(process);
// Only now: loading it takes longer than starting Node, and signals are heard meanwhile.
const { run } = await import("./run.js");

// `| head` closes the pipe when it has seen enough: no reason to complain, and none to go on. A worker whose log
// nobody reads any more goes on working.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
process.stderr.on("error", () => undefined);

const exitCode = await run(process.argv.slice(2), {
  clock: systemClock,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
});
// What the app's own code keeps open (a pool, a server) must not keep a finished command alive. A write of nothing
// ends after all writes before it.
process.stdout.write("", () => process.exit(exitCode));
