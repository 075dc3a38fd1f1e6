/** Children that are processes. Each has a group of its own, so that a kill takes with it what its task has started. */
import { type ChildProcess, fork } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../core/clock.js";
import { messageOf } from "../../core/errors.js";
import type { ChildEnd } from "../outcome.js";
import type { Child, ChildEvents } from "./child.js";
import { ChildPool, PROGRAM } from "./children.js";
import type { ChildOptions } from "./options.js";
import type { ChildPoolParts, Pool } from "./pool.js";
import { isFromChild, WATCH_FD } from "./wire.js";

/** What it has sent and written is read within so long of its end. */
const LAST_WORDS_MS = 200;

/** `program`: what the processes run. */
export function makePool(parts: ChildPoolParts, program = PROGRAM): Pool {
  const { options } = parts;
  return new ChildPool("processes", parts, (events) => startProcess(program, options, events));
}

type Surroundings = Pick<ChildOptions, "env" | "execArgv" | "redirectStdouts">;

function startProcess(
  program: URL,
  { env, execArgv, redirectStdouts }: Surroundings,
  events: ChildEvents,
): Child {
  const output = redirectStdouts ? "pipe" : "inherit";
  const child = fork(fileURLToPath(program), [], {
    detached: true,
    env,
    execArgv: [...execArgv],
    serialization: "json",
    stdio: ["ignore", output, output, "ipc", "pipe"],
  });
  const watch = child.stdio[WATCH_FD] as Duplex;
  listen(child, watch, events);
  return {
    pid: child.pid ?? 0,
    send: (message) => void (child.connected && child.send(message, ignore)),
    stop: (order) => void watch.write(`${JSON.stringify(order)}\n`),
    kill: () => killGroup(child),
  };
}

/** What cannot be sent belongs to a child that is gone, or about to be: its end is told. */
const ignore = (): void => undefined;

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // Windows has no groups; elsewhere it is gone
  }
}

function listen(child: ChildProcess, watch: Duplex, events: ChildEvents): void {
  let ended: ChildEnd | null = null;
  let isClosed = false;
  let isOver = false;
  const end = (): void => {
    if (isOver || ended === null) return;
    isOver = true;
    watch.destroy();
    events.onExit(ended);
  };
  /** What it has sent and written is read: its channel is no pipe of those that "close" waits for. */
  const endOnceRead = (): void => {
    if (isClosed && !child.connected) end();
  };
  child.on("message", (message) => {
    if (!isOver && isFromChild(message)) events.onMessage(message);
  });
  child.on("disconnect", () => {
    // Nothing can be asked of one that has closed its channel and lives.
    if (ended === null) systemClock.after(LAST_WORDS_MS, () => ended === null && killGroup(child));
    endOnceRead();
  });
  child.on("exit", (exit, signal) => {
    const how = signal === null ? `exited with code ${exit}` : `was ended by ${signal}`;
    ended ??= { how, exit, signal };
    killGroup(child); // what its tasks have left behind
    systemClock.after(LAST_WORDS_MS, end);
  });
  child.on("close", () => {
    isClosed = true;
    endOnceRead();
  });
  child.on("error", (error) => {
    if (child.pid !== undefined) return; // of a message, or a kill
    ended ??= { how: `could not be started: ${messageOf(error)}`, exit: null, signal: null };
    end();
  });
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.on("data", (chunk: Buffer) => events.onOutput(stream, chunk));
    child[stream]?.on("error", ignore);
  }
  let rest = "";
  watch.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    const newest = lines.at(-1);
    if (newest !== undefined) events.onMemory(Number(newest));
  });
  watch.on("error", ignore);
}
