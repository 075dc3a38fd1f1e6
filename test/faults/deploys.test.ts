/**
 * A rolling deploy: beats of two versions of one app take turns, started and ended or killed at random moments, while
 * entries that the newer one has changed, renamed, removed and added are due every second. SUNBEAT_FAULT_MINUTES makes it
 * longer, SUNBEAT_SEED repeats what comes by chance.
 */
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { every } from "../../src/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import type { LedgerRecord, Store } from "../../src/store/contracts/index.js";
import { FORM, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { type AppSpec, type Program, Programs } from "../support/fault-programs.js";
import { RunLog } from "../support/fault-runs.js";
import { judge } from "../support/invariants.js";
import { ownNamespace } from "../support/redis-harness.js";
import { until } from "../support/redis-topologies.js";

const second = { task: "log", schedule: 1, misfire: { policy: "all", within: "1h", max: 10_000 } } as const;
const OLD = {
  kept: second,
  changed: { ...second, args: ["old"] },
  slower: second,
  before: second,
  removed: second,
};
const NEW = {
  kept: second,
  changed: { ...second, args: ["new"] },
  slower: { ...second, schedule: 2 },
  after: second,
  added: second,
};
const NAMES = [...new Set([...Object.keys(OLD), ...Object.keys(NEW)])];

const programs = new Programs();
let log: RunLog;
let store: Store;
let broker: string;
beforeEach(async () => {
  const namespace = ownNamespace();
  broker = `${inject("redisUrl")}/0?namespace=${namespace}`;
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  store = await openRedisStore(inject("redisUrl"), context, { namespace });
  log = new RunLog();
});
afterEach(async () => {
  await programs.dispose();
  await store.close();
  log.dispose();
});

/** What each entry was, one after another, as seen from outside. */
async function watched(isOver: () => boolean): Promise<Map<string, string[]>> {
  const seen = new Map<string, string[]>(NAMES.map((name) => [name, []]));
  while (!isOver()) {
    (await store.entries.get(NAMES)).forEach((stored, index) => {
      const history = seen.get(NAMES[index]!)!;
      const now = stored ? `${stored.version} ${stored.revision} ${stored.disabled ?? "enabled"}` : "none";
      if (history.at(-1) !== now) history.push(now);
    });
    await pause(20);
  }
  return seen;
}

const duesOf = (records: readonly LedgerRecord[]): number[] =>
  records.flatMap((record) => {
    if (record.kind === "row") return [record.due];
    // Of entries of every second, and of every two.
    const step = record.count === 1 ? 1 : (record.to - record.from) / (record.count - 1);
    return Array.from({ length: record.count }, (_, index) => record.from + index * step);
  });

test(
  `beats of two versions by turns: each due time once, nothing comes back (seed ${FORM.seed})`,
  async () => {
    const { random } = FORM;
    const spec = (version: number): AppSpec => ({
      broker,
      options: { version },
      entries: version === 1 ? OLD : NEW,
      log: log.file,
    });
    await programs.worker(spec(2));
    let beat: Program = await programs.beat(spec(1));
    let over = false;
    const watch = watched(() => over);
    await pause(500 + random.next() * 1_000);

    let turns = 0;
    const end = systemClock.monotonicMs() + FORM.ms(4_000);
    do {
      // The new one first: the roll-out itself comes once, what follows are late processes of the old version.
      const next = await programs.beat(spec(turns % 2 === 0 ? 2 : 1));
      await pause(random.next() * 300);
      if (random.next() < 0.5) await beat.kill();
      else expect(await beat.end()).toEqual({ code: 0, signal: null });
      beat = next;
      turns++;
    } while (systemClock.monotonicMs() < end);
    // Whoever leads then has nothing left to catch up with.
    const from = await store.now();
    await until("a tick of each entry after the last turn", async () =>
      (await store.entries.get(Object.keys(NEW))).every((stored) => (stored?.cursor?.due ?? 0) > from),
    );
    await beat.end();
    over = true;
    const seen = await watch;

    // Once each: from old to new, and never back.
    const [oldOnes, newOnes] = ["1 ", "2 "].map((version) =>
      Object.fromEntries(
        [...seen].map(([name, all]) => [name, all.filter((each) => each.startsWith(version)).length]),
      ),
    );
    expect(newOnes).toEqual({ kept: 1, changed: 1, slower: 1, after: 1, added: 1, before: 1, removed: 1 });
    expect(oldOnes).toEqual({ kept: 1, changed: 1, slower: 1, after: 0, added: 0, before: 1, removed: 1 });
    expect(
      [...seen].filter(([, all]) =>
        all.some((each, index) => each.startsWith("1 ") && all[index - 1]?.startsWith("2 ")),
      ),
    ).toEqual([]);
    for (const name of ["before", "removed"]) expect(seen.get(name)?.at(-1)).toMatch(/^2 .* left-code$/);

    const steady = ["kept", "changed", "after", "added"].map((entry) => ({ entry, schedule: every("1s") }));
    const { broken, figures } = await judge(store, steady, []);
    expect(broken.filter((each) => each.startsWith("D1"))).toEqual([]);
    const ledgers = new Map<string, LedgerRecord[]>();
    for (const name of NAMES)
      ledgers.set(name, await store.ledger.rows(name, { limit: 100_000, keep: "oldest" }));
    // Of every second until the change, of every two from then on, and none twice.
    for (const name of ["slower", "before", "removed"]) {
      const dues = duesOf(ledgers.get(name)!);
      expect([name, new Set(dues).size]).toEqual([name, dues.length]);
      const steps = dues.slice(1).map((due, index) => due - dues[index]!);
      const slows = steps.findIndex((step) => step === 2_000);
      const wanted = steps.map((_, index) =>
        name === "slower" && slows >= 0 && index >= slows ? 2_000 : 1_000,
      );
      expect([name, steps]).toEqual([name, wanted]);
    }

    // What was sent has run; of the entry with other arguments, the old ones first, and never again after the new.
    const sent = [...ledgers.values()].flat().filter((row) => row.kind === "row" && row.fate === "sent");
    await until("a run of all that was sent", async () => {
      const ran = new Set(log.runs.map(({ id }) => id));
      return sent.every((row) => row.kind === "row" && ran.has(row.taskId!));
    });
    const { runs } = log;
    expect(new Set(runs.map(({ id }) => id)).size).toBe(sent.length);
    const args = runs.filter(({ entry }) => entry === "changed").sort((a, b) => a.due! - b.due!);
    const words = args.map((run) => String(run.args?.[0]));
    expect(words.join(" ")).toMatch(/^(old )+(new ?)+$/);
    console.log(`deploys: ${JSON.stringify({ seed: FORM.seed, turns, ...figures, runs: runs.length })}`);
    expect(turns).toBeGreaterThan(1);
  },
  FORM.ms(4_000) + 4 * PATIENCE_MS,
);
