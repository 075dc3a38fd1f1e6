/** Pools against what chance and operators do to them: children lost by the thousand, a worker that is killed, other versions of Node. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import type { Store } from "../../src/store/contracts/store.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import { FORM } from "../support/fault-crew.js";
import { ownNamespace } from "../support/redis-harness.js";
import { message } from "../worker/harness.js";
import { AppFolder } from "../worker/pools/folder.js";
import { KINDS, openWorld, within } from "../worker/pools/harness.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LOST = FORM.minutes === null ? 80 : 1_000;
/** Until then code is compiled, and caches fill. */
const WARM_UP = FORM.minutes === null ? 40 : 100;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what: string, limitMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
    await pause(10);
  }
}

function isGone(pid: number): boolean {
  try {
    return /^\S+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}

const openFiles = (): number => readdirSync("/proc/self/fd").length;
const resources = (): string[] =>
  process.getActiveResourcesInfo().filter((name) => !/^(Timeout|Immediate)$/.test(name));

describe.each(KINDS)("%s", (kind) => {
  test(`${LOST} lost children leave no handle, no pipe and no memory`, { timeout: 900_000 }, async () => {
    const world = await openWorld(onTestFinished, kind, { size: 4 });
    const lose = async (count: number): Promise<void> => {
      for (let lost = 0; lost < count; lost += 4) {
        const ends = await Promise.all([1, 2, 3, 4].map((code) => world.outcome("exit", [code])));
        expect(ends.map((end) => end.kind)).toEqual(["lost", "lost", "lost", "lost"]);
      }
      await until("all children", 20_000, () => world.pool.free === 4);
    };
    await lose(WARM_UP);
    world.lines.length = 0;
    globalThis.gc?.();
    const before = { files: openFiles(), resources: resources().length, rss: process.memoryUsage().rss };
    await lose(LOST - WARM_UP);
    world.lines.length = 0;
    globalThis.gc?.();
    await pause(300);
    const rssGrown = process.memoryUsage().rss - before.rss;
    console.log(
      `${kind}: ${LOST} lost; memory grew by ${(rssGrown / 1e6).toFixed(1)} MB, open files ${before.files} -> ${openFiles()}`,
    );
    expect(openFiles() - before.files).toBeLessThanOrEqual(8);
    expect(resources().length - before.resources).toBeLessThanOrEqual(8);
    expect(rssGrown).toBeLessThan(60_000_000);
    expect(world.pool.stats()).toMatchObject({ lost: LOST, running: 0, children: { length: 4 } });
  });
});

/** Where a child is killed by its own hand, and what its run comes to. */
const MOMENTS = [
  ["killed-at-start", "lost", "before it has asked for anything"],
  ["killed-in-call", "lost", "while it waits for the store"],
  ["killed-after-return", "succeeded", "its end is told"],
] as const;

test.each(MOMENTS)("a child that is %s: %s, %s", async (task, kind) => {
  const world = await openWorld(onTestFinished, "processes");
  for (let round = 0; round < 10; round++) {
    // An end that was written and not read when the process ended is an end: only what was never written is lost.
    const { pid } = world.pool.stats().children![0]!;
    expect((await world.outcome(task)).kind).toBe(kind);
    await until(
      "another child",
      20_000,
      () => world.pool.stats().children![0]?.pid !== pid && world.pool.free === 1,
    );
  }
  expect(world.fatal).toEqual([]);
});

interface CliWorker {
  readonly child: ChildProcess;
  readonly log: () => string;
}

function startWorker(node: string, cli: string, folder: string, args: readonly string[]): CliWorker {
  const child = spawn(node, [cli, ...args], {
    cwd: folder,
    env: { PATH: process.env["PATH"], TZ: "UTC" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { child, log: () => text };
}

async function ownStore(): Promise<{ readonly store: Store; readonly broker: string }> {
  const namespace = ownNamespace();
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const store = await openRedisStore(inject("redisUrl"), context, { namespace });
  onTestFinished(() => store.close());
  return { store, broker: `${inject("redisUrl")}/0?namespace=${namespace}` };
}

const CLI = path.join(ROOT, "dist/cli/main.js");

test(
  "a worker that is killed leaves no child after 3 s, busy ones neither",
  { timeout: 60_000 },
  async () => {
    const { store, broker } = await ownStore();
    const folder = new AppFolder(onTestFinished);
    folder.write(
      "app.js",
      `import { Sunbeat } from "sunbeat";
export const app = new Sunbeat("pools", { broker: "memory:" });
app.task("loop", { bind: true }, (self) => { self.log.info("pid " + process.pid); for (;;); });
`,
    );
    const args = ["-A", "app.js", "-b", broker, "worker", "-P", "processes", "-c", "3"];
    const { child, log } = startWorker(process.execPath, CLI, folder.folder, args);
    await store.sender.enqueue([message("one", "loop"), message("two", "loop")]);
    await until("two busy loops", 20_000, () => (log().match(/pid \d+/g) ?? []).length === 2);
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8")
      .trim()
      .split(" ")
      .map(Number);
    expect(children).toHaveLength(3);
    child.kill("SIGKILL");
    const since = performance.now();
    await until("no child", 3_000, () => children.every(isGone));
    console.log(
      `worker killed: its three children, two of them busy, were gone after ${(performance.now() - since).toFixed(0)} ms`,
    );
  },
);

test("SIGTERM while children are replaced ends warm, and loses nothing", { timeout: 60_000 }, async () => {
  const { store, broker } = await ownStore();
  const folder = new AppFolder(onTestFinished);
  folder.write(
    "app.js",
    `import { Sunbeat } from "sunbeat";
export const app = new Sunbeat("pools", { broker: "memory:" });
app.task("short", () => 1);
`,
  );
  const args = [
    "-A",
    "app.js",
    "-b",
    broker,
    "worker",
    "-P",
    "processes",
    "-c",
    "2",
    "--max-tasks-per-child",
    "1",
  ];
  const { child, log } = startWorker(process.execPath, CLI, folder.folder, args);
  await until("ready", 20_000, () => log().includes("ready."));
  const ids = Array.from({ length: 30 }, (_, n) => `short-${n}`);
  await store.sender.enqueue(ids.map((id) => message(id, "short")));
  await until("five ends", 20_000, () => (log().match(/succeeded/g) ?? []).length >= 5);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  expect(await within(ended, "its end")).toBe(0);
  const states = (await store.results.get(ids)).map((record) => record?.state);
  expect(new Set(states)).toEqual(new Set(["SUCCESS", "PENDING"])); // run to its end, or waiting again
  const [delivery] = (
    await store.consumer.claim({ queues: ["default"], worker: "w", leaseMs: 60_000, max: 1 })
  ).deliveries;
  expect(delivery).toMatchObject({ deliveries: 1 }); // given back uncounted
});

describe("on other versions of Node", () => {
  /** An installation that finds no tsx: Node strips the types itself. */
  function installedWithoutTsx(): { readonly folder: AppFolder; readonly cli: string } {
    const folder = new AppFolder(onTestFinished);
    const modules = path.join(folder.folder, "node_modules");
    rmSync(path.join(modules, "sunbeat"));
    mkdirSync(path.join(modules, "sunbeat"));
    for (const name of ["dist", "package.json"]) {
      cpSync(path.join(ROOT, name), path.join(modules, "sunbeat", name), { recursive: true });
    }
    for (const name of ["commander", "luxon", "suncalc", "ioredis"]) {
      symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name), "dir");
    }
    return { folder, cli: path.join(modules, "sunbeat/dist/cli/main.js") };
  }

  const source = (types: string): string => `import { Sunbeat } from "sunbeat";
${types}
export const app = new Sunbeat("pools", { broker: "memory:" });
app.task("where", { bind: true }, (self) => { console.log("written"); return [process.version, self.request.task]; });
app.task("busy", { timeLimit: 0.5 }, () => { for (;;); });
app.task("dies", { maxDeliveries: 1 }, () => process.exit(3));
`;
  const TYPES = "type Name = string;\nconst name: Name = 'typed';\nvoid name;";

  const run = promisify(execFile);

  /** Of the registry, once for all tests of this machine. */
  async function nodeOf(major: number): Promise<string | null> {
    if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
    const folder = path.join(os.tmpdir(), `sunbeat-node-${major}`);
    const binary = path.join(folder, "node_modules/node/bin/node");
    if (existsSync(binary)) return binary;
    const args = [
      "install",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      "--prefix",
      folder,
      `node@${major}`,
    ];
    await run("npm", args, { timeout: 120_000 }).catch(() => undefined);
    return existsSync(binary) ? binary : null;
  }

  const cases = [20, 22, 24, 26].flatMap((major) =>
    (["app.js", "tsx.ts", ...(major >= 22 ? ["stripped.ts"] : [])] as const).flatMap((file) =>
      KINDS.map((pool) => ({ major, file, pool })),
    ),
  );

  test.each(cases)("Node $major runs $file in $pool", { timeout: 240_000 }, async ({ major, file, pool }) => {
    const node = await nodeOf(major);
    if (node === null) return void console.log(`Node ${major} could not be fetched: not run`);
    const { store, broker } = await ownStore();
    const { folder, cli } =
      file === "stripped.ts" ? installedWithoutTsx() : { folder: new AppFolder(onTestFinished), cli: CLI };
    folder.write("app.js", source(""));
    folder.write("tsx.ts", source(`${TYPES}\nenum Kind { A = "a" }\nvoid Kind.A;`));
    folder.write("stripped.ts", source(TYPES));
    const args = ["-A", file, "-b", broker, "worker", "-P", pool, "-c", "2"];
    const { child, log } = startWorker(node, cli, folder.folder, args);
    await store.sender.enqueue(
      ["where", "busy", "dies"].map((task) => message(task, task, [], { maxDeliveries: 1 })),
    );
    const results = async () => store.results.get(["where", "busy", "dies"]);
    await until(`the ends; log:\n${log()}`, 60_000, async () =>
      (await results()).every((record) => record?.state === "SUCCESS" || record?.state === "FAILURE"),
    );
    const [where, busy, dies] = await results();
    expect(where).toMatchObject({
      state: "SUCCESS",
      payload: expect.stringMatching(`^\\["v${major}\\.`) as unknown,
    });
    expect(busy!.payload).toContain("SUNBEAT_TIME_LIMIT");
    expect(dies!.payload).toContain("SUNBEAT_WORKER_LOST");
    await until("what it wrote", 5_000, () => log().includes("where[where]: written"));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.kill("SIGTERM");
    expect(await within(ended, "its end")).toBe(0);
  });
});
