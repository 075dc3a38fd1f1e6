/** Children that are threads of the worker's process. */
import type { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import { systemClock } from "../../core/clock.js";
import { messageOf } from "../../core/errors.js";
import type { Child, ChildEvents } from "./child.js";
import { ChildPool, PROGRAM } from "./children.js";
import type { ChildOptions } from "./options.js";
import type { ChildPoolParts, Pool } from "./pool.js";
import { makeStopFlag, StopFlag } from "./stop-flag.js";
import { isFromChild, type ToChild } from "./wire.js";

/** `program`: what the threads run. */
export function makePool(parts: ChildPoolParts, program = PROGRAM): Pool {
  const { options } = parts;
  return new ChildPool("threads", parts, (events) => startThread(program, options, events));
}

/** An option of the whole process, which a thread has as a limit of its own. */
const HEAP_OPTION = /^--max[-_]old[-_]space[-_]size=(\d+)$/;

type Surroundings = Pick<ChildOptions, "env" | "execArgv" | "redirectStdouts">;

function startThread(
  program: URL,
  { env, execArgv, redirectStdouts }: Surroundings,
  events: ChildEvents,
): Child {
  const shared = makeStopFlag();
  const flag = new StopFlag(shared);
  const heapMb = execArgv.map((option) => HEAP_OPTION.exec(option)?.[1]).find((size) => size !== undefined);
  const thread = new Worker(program, {
    env,
    execArgv: execArgv.filter((option) => !HEAP_OPTION.test(option)),
    ...(heapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: Number(heapMb) } }),
    stdout: redirectStdouts,
    stderr: redirectStdouts,
    workerData: { shared },
  });
  const send = (message: ToChild): void => thread.postMessage(message);
  let failure: string | null = null;
  thread.on("message", (message) => {
    if (isFromChild(message)) events.onMessage(message);
  });
  // What nobody caught in it, or a heap that is full.
  thread.on("error", (error) => (failure = messageOf(error)));
  thread.on("exit", (exit) => {
    const how = failure === null ? `exited with code ${exit}` : `exited with code ${exit}: ${failure}`;
    systemClock.soon(() => events.onExit({ how, exit, signal: null })); // what it has written is read before
  });
  for (const stream of ["stdout", "stderr"] as const) {
    if (!redirectStdouts) break; // it goes where that of the worker goes
    const pipe: Readable = thread[stream];
    pipe.on("data", (chunk: Buffer) => events.onOutput(stream, chunk));
    pipe.on("error", () => undefined);
  }
  return {
    pid: process.pid,
    thread: thread.threadId,
    send,
    stop: (order) => {
      flag.write(JSON.stringify(order));
      send({ kind: "look" });
    },
    kill: () => void thread.terminate(),
  };
}
