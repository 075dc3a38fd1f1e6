// What a pool adds to a run, and how soon it is rid of one that does not end.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { elapsed, median } from "../harness.mjs";
import { PoolWorld } from "../pool-world.mjs";

const KINDS = ["async", "threads", "processes"];
const SIZES = { "100 B": 100, "10 kB": 10_000, "1 MB": 1_000_000 };
const LIMIT_MS = 2_000;

/** Median microseconds from the start of a run to its end. */
async function runTime(kind, bytes, runs) {
  const world = await PoolWorld.open(kind, 1);
  // The payload limit is that of arguments and result with their quotes.
  const text = "x".repeat(bytes);
  // Compiled code is what is measured.
  for (let run = 0; run < Math.max(runs / 5, bytes > 100_000 ? 20 : 2_000); run++)
    await world.run("echo", [text]);
  const times = [];
  for (let run = 0; run < runs; run++) times.push(await elapsed(() => world.run("echo", [text])));
  await world.close();
  return median(times) * 1_000;
}

/** A busy loop under a hard limit: when its end was told, when its slot was back, and how late the others and the parent's timer were. */
async function hardLimit(kind) {
  const world = await PoolWorld.open(kind, 2, { timeLimitMs: LIMIT_MS });
  const start = performance.now();
  let late = 0;
  let last = start;
  const timer = setInterval(() => {
    late = Math.max(late, performance.now() - last - 10);
    last = performance.now();
  }, 10);
  let isOver = false;
  let slowest = 0;
  const looping = world.run("loop", []).then(() => (isOver = true));
  while (!isOver) {
    if (world.pool.free > 0) slowest = Math.max(slowest, await elapsed(() => world.run("echo", [1])));
    await new Promise(setImmediate);
  }
  await looping;
  const ended = performance.now() - start;
  while (world.pool.free < 2) await new Promise(setImmediate);
  const back = performance.now() - start - ended;
  clearInterval(timer);
  await world.close();
  return { ended, back, slowest, late };
}

const isGone = (pid) => {
  try {
    return /^\S+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
};

/** A worker with two children in busy loops is killed: how long it takes until they are gone. */
async function orphans() {
  const code =
    `const { PoolWorld } = await import(${JSON.stringify(new URL("../pool-world.mjs", import.meta.url).href)});` +
    'const world = await PoolWorld.open("processes", 2); void world.run("loop", []); void world.run("loop", []);' +
    "console.log(JSON.stringify(world.pool.stats().children.map(({ pid }) => pid)));";
  const worker = spawn(process.execPath, ["--input-type=module", "-e", code], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pids = await new Promise((resolve) =>
    worker.stdout.once("data", (text) => resolve(JSON.parse(text))),
  );
  await new Promise((resolve) => setTimeout(resolve, 300)); // they loop by now
  worker.kill("SIGKILL");
  return elapsed(async () => {
    while (!pids.every(isGone)) await new Promise((resolve) => setTimeout(resolve, 5));
  });
}

export async function run({ quick }) {
  const rows = [];
  for (const [what, bytes] of Object.entries(SIZES)) {
    const runs = bytes > 100_000 ? (quick ? 50 : 300) : quick ? 500 : 5_000;
    const times = {};
    for (const kind of KINDS) times[kind] = await runTime(kind, bytes - 2, runs);
    for (const kind of ["processes", "threads"]) {
      rows.push({
        what: `added to a run by ${kind}, ${what} there and back, p50`,
        unit: "us",
        ours: times[kind] - times.async,
        ...(kind === "processes" && bytes === 100 && { wanted: "150 us at most" }),
      });
    }
  }
  for (const kind of ["processes", "threads"]) {
    const { ended, back, slowest, late } = await hardLimit(kind);
    rows.push(
      {
        what: `busy loop, hard limit of 2 s, ${kind}: ended after`,
        unit: "ms",
        ours: ended,
        wanted: "2,100 ms at most",
      },
      { what: "  its slot was back after", unit: "ms", ours: back, wanted: "250 ms at most" },
      { what: "  slowest run beside it", unit: "ms", ours: slowest },
      { what: "  the worker's timers were late by at most", unit: "ms", ours: late },
    );
  }
  rows.push({
    what: "worker killed: its busy children were gone after",
    unit: "ms",
    ours: await orphans(),
    wanted: "3,000 ms at most",
  });
  return { title: "Pools", rows };
}
