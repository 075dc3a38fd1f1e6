/**
 * Chords under kill, on SQLite and on Redis. Four workers are killed, at random and at named points, stall over their lease,
 * and do steps twice; the sender crashes and sends again. In each chord a member is replaced by a chain and ten add two; every
 * fourth has two members that fail, every tenth is revoked while it runs. Afterwards support/chord-invariants.ts says what has
 * become of each, and once the graphs are forgotten the store is as empty as before. Chords that have failed are resumed, each
 * asked twice, under the same faults. SUNBEAT_FAULT_CHORDS sets how many chords there are, SUNBEAT_SEED what comes by chance.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, inject, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { judgeChords } from "../support/chord-invariants.js";
import { leftOfGraphs } from "../support/chord-leftovers.js";
import {
  CHORD_PROGRAM,
  type ChordPlan,
  planChords,
  planFailures,
  raid,
  wantedOf,
} from "../support/chords.js";
import { type Crew, FORM, PATIENCE_MS, withCrew } from "../support/fault-crew.js";
import { ownNamespace } from "../support/redis-harness.js";

const MEMBERS = 100;
const WORKERS = 4;
const RESUMED = Math.ceil(FORM.chords / 4);
const STORES = ["SQLite", "Redis"] as const;

/** A crew for `use` on a store of its own, and a folder that goes with it. */
async function onStore(
  name: (typeof STORES)[number],
  use: (crew: Crew, broker: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-chords-"));
  const broker =
    name === "Redis"
      ? `${inject("redisUrl")}/0?namespace=${ownNamespace()}`
      : `sqlite:${path.join(folder, "chords.db")}`;
  try {
    await withCrew({ broker, program: CHORD_PROGRAM, entries: 0 }, (crew) => use(crew, broker, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 9 });
  }
}

test.each(STORES)(
  `%s: of ${FORM.chords} chords of ${MEMBERS} under kill each ends once, as it has to (seed ${FORM.seed})`,
  (name) =>
    onStore(name, async (crew, broker) => {
      const plans = planChords(FORM.chords, MEMBERS, FORM.random);
      const from = systemClock.monotonicMs();
      const harms = await raid(crew, plans, { random: FORM.randomOf(1), workers: WORKERS });
      const tookMs = Math.round(systemClock.monotonicMs() - from);

      const store = await crew.store();
      const { broken, figures } = await judgeChords(store, plans, crew.log);
      console.log(`chords on ${name}: ${JSON.stringify({ seed: FORM.seed, tookMs, ...harms, ...figures })}`);
      expect(broken.slice(0, 20)).toEqual([]);
      expect(crew.surprises).toEqual([]);
      expect(harms.kills).toBeGreaterThan(0);
      expect(figures).toMatchObject(wantedOf(plans));

      for (const { id } of plans) await store.graphs.forget(id);
      // Dead letters stay for those who look after them, whatever becomes of their graph.
      const dead = (await store.deadLetters.list({ limit: 1_000 })).letters.map(({ id }) => id);
      expect(dead.sort()).toEqual(rejectedIn(plans).sort());
      await store.deadLetters.delete(dead);
      expect(await emptied(crew, broker)).toEqual([]);
    }),
  4 * PATIENCE_MS + FORM.chords * 10_000,
);

test.each(STORES)(
  `%s: ${RESUMED} chords that failed are resumed under kill, each asked twice, and end once (seed ${FORM.seed})`,
  (name) =>
    onStore(name, async (crew, _, folder) => {
      const plans = planFailures(RESUMED, MEMBERS, FORM.random);
      const random = FORM.randomOf(1);
      const better = path.join(folder, "better");
      const options = { random, workers: WORKERS, extras: { better, memberMs: 20 } };
      await raid(crew, plans, options);
      const store = await crew.store();
      const before = crew.log.length;
      expect((await judgeChords(store, plans, crew.log)).broken.slice(0, 20)).toEqual([]);

      writeFileSync(better, "");
      for (const { id } of plans) {
        expect([await store.graphs.resume(id), await store.graphs.resume(id)]).toEqual([
          "resumed",
          "refused",
        ]);
      }
      const harms = await raid(crew, plans, options);
      const { broken, figures } = await judgeChords(store, plans, crew.log, { resumedAfter: before });
      console.log(`resumed on ${name}: ${JSON.stringify({ seed: FORM.seed, ...harms, ...figures })}`);
      expect(broken.slice(0, 20)).toEqual([]);
      expect(crew.surprises).toEqual([]);
      expect(figures).toMatchObject(wantedOf(plans, true));
    }),
  4 * PATIENCE_MS + RESUMED * 20_000,
);

function rejectedIn(plans: readonly ChordPlan[]): string[] {
  return plans.flatMap(({ id, manners }) =>
    manners.flatMap((manner, place) => (manner === "rejects" ? [`${id}:${place}`] : [])),
  );
}

/** Has a worker do what is left to do of graphs that are forgotten; gives what remains. */
async function emptied(crew: Crew, broker: string): Promise<readonly string[]> {
  let left = await leftOfGraphs(broker);
  crew.start("drain", { role: "worker" });
  const look = async (): Promise<boolean> => (left = await leftOfGraphs(broker)).length === 0;
  await crew.until("an empty store", look, PATIENCE_MS / 3).catch(() => undefined);
  await crew.endAll();
  return left;
}
