/**
 * The second thread of a child process. It hears of reasons to stop while the first one is busy, tells how much memory the process has,
 * and ends the process, with all that it has started, when the worker is gone: whatever the first thread does.
 */
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../../core/clock.js";
import { WATCH_FD } from "../wire.js";
import { StopFlag } from "../stop-flag.js";
import type { WatchData } from "./link.js";

const MEMORY_INTERVAL_MS = 1_000;

const flag = new StopFlag((workerData as WatchData).shared);
const pipe = new Socket({ fd: WATCH_FD, readable: true, writable: true });
let rest = "";
let told = 0;

pipe.setEncoding("utf8");
pipe.on("data", (text: string) => {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  const newest = lines.at(-1);
  if (newest === undefined) return;
  flag.write(newest);
  parentPort!.postMessage(null);
});
pipe.on("error", () => undefined); // "close" follows
pipe.on("close", () => process.kill(-process.pid, "SIGKILL"));

function tellMemory(): void {
  const bytes = process.memoryUsage.rss();
  if (bytes !== told) pipe.write(`${(told = bytes)}\n`);
  systemClock.after(MEMORY_INTERVAL_MS, tellMemory);
}
tellMemory();
