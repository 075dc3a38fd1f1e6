/**
 * Pools, limits and graphs at once on one Redis, from one printed seed. Three workers have tasks in their loop, in processes and in
 * threads; two of them are killed, ended and told to renew their children, one is watched. In between everything stops: all that was sent
 * has ended as its kind says, rates, permits, pauses and keys have held, and the store, the watched worker and the machine have nothing
 * that they did not have before. SUNBEAT_FAULT_MINUTES sets how long it is.
 */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { openStore } from "../../src/app/open-store.js";
import { parseBrokerUrl } from "../../src/app/broker-url.js";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import type { Sunbeat } from "../../src/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { DEFAULT_NAMESPACE } from "../../src/store/redis/index.js";
import { KEY_TYPES, type KeyName, keyspace } from "../../src/store/redis/keys.js";
import { DIST, FORM, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { HISTORIES } from "../support/fault-figures.js";
import { type AppSpec, type Program, Programs } from "../support/fault-programs.js";
import { type GaugeLine, judgeMixed, type MixedLine } from "../support/mixed-judge.js";
import { type Forms, LIMITS, Load } from "../support/mixed-load.js";
import { census } from "../support/redis-census.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";

const APP = fileURLToPath(new URL("./mixed-app.mjs", import.meta.url));
const isLong = FORM.minutes !== null;
const SHORT_MS = 6_000;
/** Between two quiet points, of which there are two at least. */
const PHASE_MS = isLong ? 30_000 : SHORT_MS / 2;
const DRAWS_PER_SECOND = isLong ? 70 : 50;
const CHILDREN = 2;
const WORKER = ["-P", "async,processes,threads", "-c", `20,${CHILDREN},2`, "--max-tasks-per-child", "100"];
/** Longer than the store keeps what is to be kept for a moment: brief results, throttled keys, empty buckets. */
const AFTERWARDS_MS = 1_500;
/** In which children that were killed end, and their successors stand. */
const CHILDREN_MS = 15_000;
const ENTRIES = 2;
const RETENTION = { maxAgeMs: 3_600_000, maxRowsPerEntry: 20 };
const RECORDS = { maxAgeMs: 3_600_000, maxRows: 20 };

/** Of scripts/lib/messages.lua. */
const FORGETS_RATE = "if any_rated_messages() then rates().forget_rate(m.id) end";

/** What stays: entries, who led and who watched, numbers, the version, the limits of tasks, and histories. */
const STAYING: ReadonlySet<KeyName> = new Set<KeyName>([
  ...(["meta", "seq", "epoch", "beat", "entry", "entrystate", "due", "names", "ledger"] as const),
  ...(["watcher", "watchepoch", "entrysuccess", "limits", "fence", "fair", "locklog"] as const),
  ...HISTORIES,
]);

/** How large each key of the store is, of those that are there. */
async function sizes({ raw }: RedisServer): Promise<Partial<Record<KeyName, number>>> {
  const { keys } = keyspace(DEFAULT_NAMESPACE);
  const found: Partial<Record<KeyName, number>> = {};
  for (const [name, type] of Object.entries(KEY_TYPES) as [KeyName, string][]) {
    const key = keys[name];
    const size = {
      hash: () => raw.hlen(key),
      zset: () => raw.zcard(key),
      list: () => raw.llen(key),
      stream: () => raw.xlen(key),
      string: () => raw.exists(key),
    }[type]!;
    const members = await size();
    if (members > 0) found[name] = members;
  }
  return found;
}

/** Processes that were started, by whom ever, for this test: they have the name of its log in their environment. */
function processesOf(log: string): { readonly pid: number; readonly parent: number }[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      if (!readFileSync(`/proc/${name}/environ`, "utf8").includes(log)) return [];
      const [, , parent] = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/\(.*\)/, "()")
        .split(" ")
        .slice(1);
      return [{ pid: Number(name), parent: Number(parent) }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

/** What a quiet point finds. */
interface Figures {
  readonly at: number;
  readonly keys: Partial<Record<KeyName, number>>;
  /** Of the store, without the history of locks. */
  readonly bytes: number;
  readonly rss: number;
  readonly heap: number;
  readonly files: number;
  readonly resources: number;
}

/** Bytes a minute, by least squares. */
function slope(figures: readonly Figures[], of: (each: Figures) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const times = figures.map(({ at }) => at / 60_000);
  const [middle, height] = [mean(times), mean(figures.map(of))];
  const over = times.map((time) => time - middle);
  const product = figures.reduce((sum, each, index) => sum + over[index]! * (of(each) - height), 0);
  return product / over.reduce((sum, one) => sum + one * one, 0);
}

async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = systemClock.monotonicMs() + 2 * PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (systemClock.monotonicMs() > deadline) throw new Error(`never came: ${what}`);
    await pause(50);
  }
}

/** The crew, its load and its log. */
class Soak {
  readonly tally: Record<string, number> = {};
  readonly #server: RedisServer;
  readonly #extras: object;
  readonly #folder = mkdtempSync(path.join(tmpdir(), "sunbeat-mixed-"));
  readonly #log = path.join(this.#folder, "log");
  readonly #programs = new Programs(APP);
  readonly #ends = new Map<string, number>();
  readonly #random = FORM.randomOf(1);
  #watched!: Program;
  #others: { name: string; program: Program }[] = [];
  #app!: Sunbeat;
  #store!: Store;
  #load!: Load;
  #started = 0;

  /** `extras`: what its workers are told beside their limits. */
  constructor(server: RedisServer, extras: object) {
    this.#server = server;
    this.#extras = extras;
    writeFileSync(this.#log, "");
  }

  async start(): Promise<void> {
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    this.#store = await openStore(parseBrokerUrl(this.#server.url), context);
    const { app, forms } = await this.#sender();
    this.#app = app;
    const tell = (line: object): void =>
      appendFileSync(this.#log, `${JSON.stringify({ at: systemClock.now(), ...line })}\n`);
    this.#load = new Load({ app, forms, tell, random: FORM.random });
    [this.#watched, ...this.#others] = await Promise.all([
      this.#programs.worker(this.#spec(), [...WORKER, "-n", "watched@soak"]),
      this.#another(),
      this.#another(),
    ]);
  }

  /** Sends, kills and pauses for so long, then lets all of it end; gives what has not held. */
  async phase(ms: number): Promise<string[]> {
    const beat = await this.#programs.beat(this.#spec());
    const deadline = systemClock.monotonicMs() + ms;
    const over = (): boolean => systemClock.monotonicMs() >= deadline;
    await Promise.all([
      this.#load.run(DRAWS_PER_SECOND, over),
      this.#load.pauses("pausable", over),
      this.#trouble(over),
    ]);
    expect(await beat.end()).toEqual({ code: 0, signal: null });
    await this.#emptied();
    const lines = this.#taken();
    const { sent, paused, refused } = this.#load.take();
    for (const { kind } of sent) this.#count(`sent ${kind}`);
    for (const [code, times] of Object.entries(refused)) this.#count(code, times);
    this.#count("sent", sent.length);
    this.#count("runs", lines.filter(({ kind }) => kind === "began").length);
    const broken = await judgeMixed(this.#store, {
      lines,
      sent,
      paused,
      ends: this.#ends,
    });
    for (const { id, isGraph } of sent) if (isGraph) await this.#store.graphs.forget(id);
    const tasks = sent.flatMap(({ id, isGraph }) => (isGraph ? [] : [id]));
    for (let from = 0; from < tasks.length; from += 500)
      await this.#store.results.forget(tasks.slice(from, from + 500));
    return [
      ...broken,
      ...(await this.#deadLetters(sent.flatMap(({ id, kind }) => (kind === "exits" ? [id] : [])))),
    ];
  }

  /** All has ended; what is kept for a moment is over and swept. */
  async figures(): Promise<{ readonly broken: readonly string[]; readonly figures: Figures }> {
    await pause(AFTERWARDS_MS);
    while ((await this.#store.sweep(1_000)) > 0);
    while ((await this.#store.ledger.trim(RETENTION, 1_000)) > 0);
    while ((await this.#store.history.trimRecords(RECORDS, 1_000)) > 0);
    const strays = await this.#strays();
    const { raw } = this.#server;
    const keys = await sizes(this.#server);
    const left = Object.entries(keys).flatMap(([name, size]) =>
      STAYING.has(name as KeyName) ? [] : [`the store has ${size} in ${name}`],
    );
    const { bytes } = await census(this.#server);
    const history = Number(await raw.memory("USAGE", keyspace(DEFAULT_NAMESPACE).keys.locklog));
    const { pid } = this.#watched;
    const { heap, resources } = await this.#gauge();
    const rss = 1_024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    const files = readdirSync(`/proc/${pid}/fd`).length;
    return {
      broken: [...left, ...strays],
      figures: { at: systemClock.monotonicMs(), keys, bytes: bytes - history, rss, heap, files, resources },
    };
  }

  async stop(): Promise<void> {
    await this.#programs.dispose();
    await this.#app?.close();
    await this.#store?.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 9 });
  }

  #spec(extras: object = {}): AppSpec {
    return {
      broker: this.#server.url,
      log: this.#log,
      extras: { limit: LIMITS, ...this.#extras, ...extras },
    };
  }

  /** The app in this process, of the build that the workers have. */
  async #sender(): Promise<{ readonly app: Sunbeat; readonly forms: Forms }> {
    process.env["FAULT_APP"] = JSON.stringify(this.#spec({ mutants: [], onlySends: true }));
    process.env["SUNBEAT_DIST"] = DIST;
    // Another one for each soak: an app that was closed stays closed.
    const url = `${pathToFileURL(APP).href}?${this.#server.port}`;
    return (await import(/* @vite-ignore */ url)) as { app: Sunbeat; forms: Forms };
  }

  #count(what: string, times = 1): void {
    this.tally[what] = (this.tally[what] ?? 0) + times;
  }

  async #another(): Promise<{ name: string; program: Program }> {
    const name = `other-${++this.#started}@soak`;
    return { name, program: await this.#programs.worker(this.#spec(), [...WORKER, "-n", name]) };
  }

  async #trouble(over: () => boolean): Promise<void> {
    const draw = (bound: number): number => Math.floor(this.#random.next() * bound);
    while (!over()) {
      await pause(isLong ? 1_000 + draw(3_000) : 300 + draw(700));
      const place = draw(2);
      const { name, program } = this.#others[place]!;
      const act = (["SIGKILL", "SIGTERM", "SIGHUP"] as const)[draw(3)]!;
      this.#count(act);
      if (act === "SIGHUP") {
        // The watched one has new children now and then, too.
        (draw(2) === 0 ? this.#watched : program).signal(act);
        continue;
      }
      if (act === "SIGKILL") await program.kill();
      else expect(await program.end()).toEqual({ code: 0, signal: null });
      this.#ends.set(name, systemClock.now());
      this.#others[place] = await this.#another();
    }
  }

  async #emptied(): Promise<void> {
    await until("empty queues", async () => {
      const counts = await this.#store.queues.counts();
      return (
        counts.every(
          ({ ready, scheduled, leased, blocked = 0 }) => ready + scheduled + leased + blocked === 0,
        ) || undefined
      );
    });
  }

  /** The log up to here, which begins anew: nothing runs that could write to it. */
  #taken(): MixedLine[] {
    const text = readFileSync(this.#log, "utf8");
    writeFileSync(this.#log, "");
    return text
      .split("\n")
      .filter((line) => line.endsWith("}"))
      .map((line) => JSON.parse(line) as MixedLine);
  }

  /** Those of a task that ends its process, and no others; they are deleted. */
  async #deadLetters(wanted: readonly string[]): Promise<string[]> {
    const dead = (await this.#store.deadLetters.list({ limit: 10_000 })).letters.map(({ id }) => id);
    await this.#store.deadLetters.delete(dead);
    await this.#forgetFailed();
    const own = new Set(wanted);
    return dead
      .flatMap((id) => (own.delete(id) ? [] : [`dead letter ${id}`]))
      .concat([...own].map((id) => `no dead letter ${id}`));
  }

  /** Messages of tasks that failed are kept for days. */
  async #forgetFailed(): Promise<void> {
    for (;;) {
      const failed = (await this.#store.deadLetters.list({ failed: true, limit: 500 })).letters;
      if (failed.length === 0) return;
      await this.#store.deadLetters.delete(failed.map(({ id }) => id));
    }
  }

  /** Processes that belong to no worker that lives, and workers that have not their children, once those that end have had their time. */
  async #strays(): Promise<string[]> {
    const look = (): string[] => {
      const all = processesOf(this.#log);
      const programs = [this.#watched, ...this.#others.map(({ program }) => program)];
      const workers = new Set(programs.map(({ pid }) => pid));
      const strangers = all.filter(({ pid, parent }) => !workers.has(pid) && !workers.has(parent));
      const numbers = [...workers].map((worker) => all.filter(({ parent }) => parent === worker).length);
      return [
        ...strangers.map(({ pid, parent }) => `process ${pid} of ${parent} is left over`),
        ...numbers.flatMap((number) => (number === CHILDREN ? [] : [`a worker has ${number} children`])),
      ];
    };
    const deadline = systemClock.monotonicMs() + CHILDREN_MS;
    while (look().length > 0 && systemClock.monotonicMs() < deadline) await pause(100);
    return look();
  }

  /** Twice: what the first collection finds may be kept by what ends with it. */
  async #gauge(): Promise<GaugeLine> {
    const read = (): GaugeLine[] =>
      readFileSync(this.#log, "utf8")
        .split("\n")
        .filter((line) => line.includes('"gauge"'))
        .map((line) => JSON.parse(line) as GaugeLine);
    for (const count of [1, 2]) {
      this.#watched.signal("SIGUSR2");
      await until("a gauge", () => read()[count - 1]);
    }
    return read()[1]!;
  }
}

/** What has not held at the first quiet point where something did not, and what each has found. */
async function soaked(
  leastMs: number,
  extras: object = {},
): Promise<{
  readonly broken: readonly string[];
  readonly quiet: readonly Figures[];
  readonly tally: object;
}> {
  const server = await startRedis({ args: ["--appendonly", "yes"] });
  const soak = new Soak(server, extras);
  const quiet: Figures[] = [];
  try {
    await soak.start();
    const deadline = systemClock.monotonicMs() + leastMs;
    while (quiet.length < 2 || systemClock.monotonicMs() < deadline) {
      const broken = await soak.phase(PHASE_MS);
      const found = await soak.figures();
      quiet.push(found.figures);
      broken.push(...found.broken);
      if (isLong) console.log(`quiet point ${quiet.length}: ${JSON.stringify(found.figures)}`);
      if (broken.length > 0) return { broken, quiet, tally: soak.tally };
    }
    return { broken: [], quiet, tally: soak.tally };
  } finally {
    await soak.stop();
    await server.stop();
  }
}

/**
 * What has grown from the first quiet point to the last.
 *
 * - Keys: nothing but histories, which have bounds of their own.
 * - Open files and handles: 4, as connections are renewed.
 *
 * In the long form, when scripts are loaded, code is compiled and caches are full:
 *
 * - The store: 256 kB. Its own noise is some 50 kB; a hundred bytes of every tenth task would be as much after ten minutes.
 * - Heap, with nothing in it that could be collected, in the second half: 200 kB a minute, 200 bytes of each run of that worker.
 * - Memory of the process, which also sees what is native: 2 MB a minute, three times the error of the slope.
 */
function growth(quiet: readonly Figures[]): string[] {
  const [first, last] = [quiet[0]!, quiet.at(-1)!];
  const grown = (what: string, by: number, most: number): string[] =>
    by > most ? [`${what} grew by ${Math.round(by)}, more than ${most}`] : [];
  const keys = (Object.keys(last.keys) as KeyName[]).filter(
    (name) => name !== "ledger" && name !== "locklog" && !HISTORIES.includes(name),
  );
  const found = [
    ...keys.flatMap((name) => grown(name, last.keys[name]! - (first.keys[name] ?? 0), 0)),
    ...grown("ledger", last.keys.ledger ?? 0, ENTRIES * RETENTION.maxRowsPerEntry),
    ...grown("records", last.keys.tasks ?? 0, RECORDS.maxRows),
    ...grown("open files", last.files - first.files, 4),
    ...grown("handles", last.resources - first.resources, 4),
  ];
  if (quiet.length < 6) return found;
  const later = quiet.slice(quiet.length / 2);
  return [
    ...found,
    ...grown(
      "heap, a minute,",
      slope(later, ({ heap }) => heap),
      200_000,
    ),
    ...grown(
      "memory, a minute,",
      slope(quiet.slice(1), ({ rss }) => rss),
      2_000_000,
    ),
  ];
}

test(
  `pools, limits and graphs at once leave nothing behind (seed ${FORM.seed})`,
  async () => {
    const { broken, quiet, tally } = await soaked(FORM.ms(SHORT_MS));
    console.log(
      `mixed soak: ${JSON.stringify({ seed: FORM.seed, ...tally, points: quiet.length, first: quiet[0], last: quiet.at(-1) })}`,
    );
    expect(broken.slice(0, 20)).toEqual([]);
    expect(growth(quiet)).toEqual([]);
  },
  FORM.ms(SHORT_MS) + 10 * PATIENCE_MS,
);

describe("the suite fails where", () => {
  test.each<readonly [string, object, RegExp]>([
    [
      "an ended message leaves its rate behind",
      { mutants: [{ script: "library", find: FORGETS_RATE, put: "" }] },
      /^the store has \d+ in ratemsg$/,
    ],
    ["a process outlives the run that started it", { orphans: true }, /^process \d+ of \d+ is left over$/],
  ])(
    "%s",
    async (_, extras, wanted) => {
      const { broken } = await soaked(0, extras);
      expect(broken).toContainEqual(expect.stringMatching(wanted));
    },
    10 * PATIENCE_MS,
  );
});
