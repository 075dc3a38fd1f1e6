/**
 * One rate over four worker processes on a Redis: starts in each second, after all workers were busy, when it is changed while ten
 * thousand wait, by key, and over a restart of the server. With SUNBEAT_FAULT_MINUTES the machine is expected to be at ease.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Sunbeat, type RateLimitOptions } from "../../src/index.js";
import { FORM } from "../support/fault-crew.js";
import { endWithUs } from "../support/reaper.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";

const root = path.resolve(import.meta.dirname, "../..");
const PATIENCE_MS = 90_000;
const WORKERS = 4;
/** What a start is late in its process, on a machine with other work. */
const SLACK = FORM.minutes === null ? 15 : 0;

interface Start {
  readonly at: number;
  readonly key: string;
}

interface Setting {
  readonly rateLimit?: string;
  readonly byKey?: Pick<RateLimitOptions, "limit" | "per">;
  readonly concurrency?: number;
  readonly busyMs?: number;
}

/** Sends to four workers, which are started when all is sent. */
class Crew {
  readonly #children: ChildProcess[] = [];
  readonly #folder = mkdtempSync(path.join(tmpdir(), "sunbeat-rates-"));
  readonly #log = path.join(this.#folder, "starts.log");
  readonly app: Sunbeat;

  constructor(
    readonly server: RedisServer,
    readonly setting: Setting,
  ) {
    writeFileSync(this.#log, "");
    this.app = new Sunbeat("rates", { broker: server.url, logger: null });
    const { byKey, rateLimit } = setting;
    const limit = byKey ? { ...byKey, key: (key: string) => key } : rateLimit;
    this.app.task("hit", { rateLimit: limit, ignoreResult: true }, (key: string) => key);
  }

  send(keys: readonly string[], task = "hit"): Promise<unknown> {
    return Promise.all(keys.map((key) => this.app.sendTask(task, [key], { ignoreResult: true })));
  }

  work(): void {
    const given = { broker: this.server.url, log: this.#log, ...this.setting };
    for (let worker = 0; worker < WORKERS; worker++) {
      const child = fork(path.join(import.meta.dirname, "rate-worker.mjs"), [JSON.stringify(given)], {
        execArgv: [],
        env: { ...process.env, SUNBEAT_DIST: path.join(root, "dist") },
      });
      endWithUs(child);
      this.#children.push(child);
    }
  }

  get starts(): Start[] {
    const lines = readFileSync(this.#log, "utf8").split("\n").filter(Boolean);
    return lines
      .map((line) => line.split(" "))
      .map(([at, key = ""]) => ({ at: Number(at), key }))
      .sort((a, b) => a.at - b.at);
  }

  /** Until there are so many starts. */
  async begun(count: number): Promise<Start[]> {
    const deadline = Date.now() + PATIENCE_MS + FORM.ms(0);
    for (;;) {
      const { starts } = this;
      if (starts.length >= count) return starts;
      if (Date.now() > deadline) throw new Error(`${starts.length} of ${count} runs have begun`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await this.app.close();
    await this.server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function crewOf(setting: Setting): Promise<Crew> {
  const crew = new Crew(
    await startRedis({ args: ["--appendonly", "yes", "--appendfsync", "always"] }),
    setting,
  );
  onTestFinished(() => crew.close());
  return crew;
}

/** The most in any window of this length. */
function mostIn(starts: readonly Start[], windowMs: number): number {
  let [most, first] = [0, 0];
  starts.forEach(({ at }, last) => {
    while (starts[first]!.at <= at - windowMs) first++;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

function perSecond(starts: readonly Start[]): number[] {
  const begin = starts[0]!.at;
  const counts: number[] = [];
  for (const { at } of starts) {
    const second = Math.floor((at - begin) / 1_000);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts.slice(0, -1);
}

const numbers = (count: number, prefix = ""): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}${n}`);

test(
  "a hundred a second over four processes",
  async () => {
    const crew = await crewOf({ rateLimit: "100/s" });
    const count = FORM.ms(6_000) / 10;
    await crew.send(numbers(count));
    crew.work();
    const starts = await crew.begun(count);
    const seconds = perSecond(starts);
    console.log(`starts in each second: ${seconds.join(" ")}`);
    expect(new Set(starts.map(({ key }) => key)).size).toBe(count);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(105 + SLACK);
    if (FORM.minutes !== null) expect(Math.min(...seconds)).toBeGreaterThanOrEqual(95);
  },
  PATIENCE_MS + 2 * FORM.ms(20_000),
);

test(
  "after all workers were busy there is no burst",
  async () => {
    const crew = await crewOf({
      rateLimit: "100/s",
      concurrency: 5,
      busyMs: FORM.ms(3_000) > 3_000 ? 10_000 : 3_000,
    });
    await crew.send(numbers(20), "busy");
    await crew.send(numbers(200));
    crew.work();
    const starts = await crew.begun(200);
    // What falls due in 50 ms, and what came meanwhile.
    expect(mostIn(starts, 100)).toBeLessThanOrEqual(5 + 10 + SLACK);
    expect(mostIn(starts, 1_000)).toBeLessThanOrEqual(105 + SLACK);
  },
  PATIENCE_MS + 60_000,
);

test(
  "a rate that is changed while ten thousand wait holds at once",
  async () => {
    const crew = await crewOf({ rateLimit: "1/h" });
    for (let part = 0; part < 10; part++) await crew.send(numbers(1_000, `${part}-`));
    crew.work();
    await crew.begun(1);
    await crew.app.control.rateLimit("hit", "200/s");
    const changedAt = Date.now();
    const starts = await crew.begun(400);
    expect(starts.at(-1)!.at - changedAt).toBeGreaterThan(1_900);
    await crew.app.control.rateLimit("hit", "1/h");
    const after = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(crew.starts.filter(({ at }) => at > after + 250).length).toBeLessThanOrEqual(1);
  },
  PATIENCE_MS + 60_000,
);

test(
  "ten thousand keys have a bucket each, and all of them are swept",
  async () => {
    const crew = await crewOf({ byKey: { limit: 1, per: "1s" }, concurrency: 50 });
    for (let part = 0; part < 10; part++) await crew.send(numbers(1_000, `${part}-`));
    crew.work();
    await crew.begun(10_000);
    const { raw } = crew.server;
    const store = {
      rate: "{sunbeat}:rate",
      rest: ["ratemsg", "ratein", "ratewait", "backlog", "ratedue", "rateturn"],
    };
    const deadline = Date.now() + PATIENCE_MS;
    // The sweeps of workers come each minute.
    while ((await raw.hlen(store.rate)) > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await raw.hlen(store.rate)).toBe(0);
    expect(await raw.exists(...store.rest.map((key) => `{sunbeat}:${key}`))).toBe(0);
  },
  3 * PATIENCE_MS,
);

test(
  "a restart of the server loses no run and gives no burst",
  async () => {
    const crew = await crewOf({ rateLimit: "100/s" });
    await crew.send(numbers(600));
    crew.work();
    await crew.begun(150);
    await crew.server.kill();
    await crew.server.restart();
    const starts = await crew.begun(600);
    expect(new Set(starts.map(({ key }) => key)).size).toBe(600);
    expect(mostIn(starts, 1_000)).toBeLessThanOrEqual(105 + SLACK);
  },
  PATIENCE_MS + 60_000,
);
