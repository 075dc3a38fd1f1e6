/**
 * A beat that was down for a minute, an hour and a year, with entries of every minute: what it finds late is sent, or
 * accounted for in ranges, as the policy of each entry says; in little memory, and in steps that do not hold up the server.
 */
import { afterEach, expect, test } from "vitest";
import type { MisfireOptions } from "../../src/beat/index.js";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { every } from "../../src/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import type { LedgerRecord, Store } from "../../src/store/contracts/index.js";
import { FORM, PATIENCE_MS } from "../support/fault-crew.js";
import { type AppSpec, Programs } from "../support/fault-programs.js";
import { judge, readLedgers } from "../support/invariants.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { until } from "../support/redis-topologies.js";

const MINUTE = 60_000;
const DOWN = { minute: MINUTE, hour: 60 * MINUTE, year: 365 * 24 * 60 * MINUTE };
const POLICIES: Readonly<Record<string, MisfireOptions & { readonly withinMs?: number }>> = {
  all: { policy: "all" },
  most: { policy: "all", max: 10_000 },
  bounded: { policy: "all", within: "2h", withinMs: 120 * MINUTE, max: 50 },
  latest: { policy: "latest", withinMs: 24 * 60 * MINUTE },
  skip: { policy: "skip" },
};
const NAMES = Object.keys(DOWN).flatMap((down) => Object.keys(POLICIES).map((policy) => `${policy} ${down}`));
/** What is later is late. */
const GRACE_MS = 1_000;

const programs = new Programs();
let server: RedisServer | undefined;
let store: Store | undefined;
afterEach(async () => {
  await programs.dispose();
  await store?.close();
  await server?.stop();
});

/** How many of `dues`, found at `at`, are sent, by the words of the documentation. */
function sendsOf(policy: string, dues: readonly number[], at: number): number {
  const { policy: name, max = 1_000, withinMs = Infinity } = POLICIES[policy]!;
  const onTime = dues.filter((due) => at - due <= GRACE_MS).length;
  const late = dues.filter((due) => at - due > GRACE_MS && at - due <= withinMs).length;
  if (name === "skip") return onTime;
  return onTime + Math.min(late, name === "latest" ? 1 : max);
}

/** The work of the server for one step, in ms. */
async function slowestStep(redis: RedisServer): Promise<number> {
  const log = (await redis.raw.slowlog("GET", "10000")) as [number, number, number, string[]][];
  const scripts = log.filter(([, , , [command = ""]]) => /^eval/i.test(command));
  return Math.max(...scripts.map(([, , microseconds]) => microseconds)) / 1_000;
}

const countOf = (record: LedgerRecord): number => (record.kind === "row" ? 1 : record.count);

test(
  "a minute, an hour and a year of missed minutes are caught up as each policy says",
  async () => {
    server = await startRedis({ args: ["--slowlog-log-slower-than", "500", "--slowlog-max-len", "10000"] });
    const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
    store = await openRedisStore(server.url, context);
    const { entries } = store;
    // Far from now, so that none of them becomes due while the beat catches up.
    const second = (Math.floor(systemClock.now() / 1_000) + 30) % 60;
    const entry = (policy: string) => {
      const { withinMs: _, ...misfire } = POLICIES[policy]!;
      return { task: "log", schedule: `${second} * * * * *`, misfire };
    };
    const spec: AppSpec = {
      broker: server.url,
      entries: Object.fromEntries(NAMES.map((name) => [name, entry(name.split(" ")[0]!)])),
    };
    const first = await programs.beat(spec);
    await first.end();

    const now = await store.now();
    const puts = (await entries.get(NAMES)).map((stored) => {
      const down = DOWN[stored!.name.split(" ")[1] as keyof typeof DOWN];
      const due = Math.floor((now - down - second * 1_000) / MINUTE) * MINUTE + second * 1_000;
      return { ...stored!, expect: stored!.etag, cursor: { due, dispatchAt: due }, ledger: [] };
    });
    expect(new Set(await entries.put(puts))).toEqual(new Set(["stored"]));
    await server.raw.slowlog("RESET");

    // A plan that keeps each minute of the year does not fit.
    const beat = await programs.beat(spec, { NODE_OPTIONS: "--max-old-space-size=64" });
    const startedAt = systemClock.monotonicMs();
    await until("cursors that are not due", async () =>
      (await entries.get(NAMES)).every((stored) => stored!.cursor!.due > now),
    );
    const tookMs = systemClock.monotonicMs() - startedAt;
    expect(await beat.end()).toEqual({ code: 0, signal: null });
    const stepMs = await slowestStep(server);
    console.log(
      `backlog: caught up ${tookMs.toFixed(0)} ms after the start, slowest step ${stepMs.toFixed(0)} ms`,
    );

    // The same instants by another rule, which is also the quicker one to walk.
    const expectations = NAMES.map((name) => ({
      entry: name,
      schedule: every("1m", { offset: `${second}s` }),
    }));
    // A year minute by minute takes half a second: one of them in the short form.
    const judged = expectations.filter(
      ({ entry }) => FORM.minutes !== null || !/year/.test(entry) || /most/.test(entry),
    );
    const { broken, figures } = await judge(store, judged, []);
    expect(broken.filter((each) => each.startsWith("D1"))).toEqual([]);
    expect(figures.due).toBeGreaterThanOrEqual(DOWN.year / MINUTE);

    const ledgers = await readLedgers(store, expectations);
    const found: Record<string, number> = {};
    const expected: Record<string, number> = {};
    for (const { name, cursor } of puts) {
      const records = ledgers.get(name)!;
      // What became due later was sent by itself.
      const at = Math.min(...records.map((record) => record.at));
      const dues = Array.from(
        { length: Math.floor((at - cursor.due) / MINUTE) + 1 },
        (_, index) => cursor.due + index * MINUTE,
      );
      const ofTheTime = records.filter((record) => (record.kind === "row" ? record.due : record.from) <= at);
      expect([name, ofTheTime.reduce((sum, record) => sum + countOf(record), 0)]).toEqual([
        name,
        dues.length,
      ]);
      expected[name] = sendsOf(name.split(" ")[0]!, dues, at);
      found[name] = ofTheTime.filter((record) => record.kind === "row" && record.fate === "sent").length;
      // Neighbours that were skipped for one reason are one record.
      const skips = ofTheTime.length - found[name];
      expect([name, skips <= 3]).toEqual([name, true]);
    }
    console.log(`backlog: sent ${JSON.stringify(found)}`);
    expect(found).toEqual(expected);
    expect(stepMs).toBeLessThan(FORM.bound(1_000));
  },
  3 * PATIENCE_MS,
);
