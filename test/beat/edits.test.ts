/** One entry that operators change, pause and resume while beats come and go: D1 for every schedule that was in force. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import {
  crontab,
  every,
  type Schedule,
  scheduleFromJSON,
  type ScheduleJSON,
} from "../../src/schedules/index.js";
import type { LedgerRecord } from "../../src/store/contracts/index.js";
import { World } from "./harness.js";

/** The night on which Paris goes from 02:00 to 03:00 UTC+2, soon. */
const START = Date.UTC(2027, 2, 28, 0, 50);

/** Many have due times in common: an edit may keep one that is overdue. */
const schedules: readonly Schedule[] = [
  every(7),
  every(10),
  every(20),
  every("500ms"),
  crontab("*/20 * * * * *"),
  crontab("0,30 * 2,3 * * *", { timezone: "Europe/Paris" }),
];

interface Wanted {
  readonly schedule: Schedule;
  /** From the edit on; negative: before it. */
  readonly startInMs: number | null;
  readonly lastsMs: number | null;
  readonly enabled: boolean;
  readonly rest: Pick<EntryOptions, "jitter" | "misfire">;
}

const wanted: fc.Arbitrary<Wanted> = fc.record({
  schedule: fc.constantFrom(...schedules),
  startInMs: fc.option(fc.integer({ min: -20_000, max: 40_000 }), { freq: 3 }),
  lastsMs: fc.option(fc.integer({ min: 1, max: 120_000 }), { freq: 3 }),
  enabled: fc.oneof(
    { weight: 7, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  rest: fc.record({
    jitter: fc.constantFrom(0, 0, 0, 5, 30),
    misfire: fc.constantFrom<NonNullable<EntryOptions["misfire"]>>(
      ...(["all", "latest", "skip", { policy: "all", max: 3 }, { policy: "latest", within: 20 }] as const),
    ),
  }),
});

/** The second form changes a part of what is in force, if anything is. */
type Step = { readonly set: Wanted } | { readonly change: Partial<Wanted> } | "pause" | "resume" | "beat";

const steps = fc.array(
  fc.tuple(
    fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
      { weight: 2, arbitrary: wanted.map((set) => ({ set })) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(wanted, fc.constantFrom<keyof Wanted>("schedule", "startInMs", "lastsMs", "enabled", "rest"))
          .map(([next, key]) => ({ change: { [key]: next[key] } })),
      },
      { weight: 3, arbitrary: fc.constantFrom<Step>("pause", "resume", "beat") },
    ),
    // Edits at a due time are the interesting ones, and those soon after each other.
    fc.oneof(fc.constantFrom(0, 10, 500, 10_000, 30_000), fc.integer({ max: 90_000, min: 0 })),
    fc.constantFrom(1, 1_000, 10_000),
  ),
  { maxLength: 14 },
);

interface InForce {
  /** When it was edited so. */
  readonly at: number;
  readonly wanted: Wanted;
}

/** Due times while an edit was in force: after it, up to and with the instant of the next one. */
function* duesOf(
  at: number,
  { schedule, startInMs, lastsMs, enabled }: Wanted,
  until: number,
): Generator<number> {
  const startAt = startInMs === null ? -Infinity : at + startInMs;
  const endAt = lastsMs === null ? Infinity : Math.max(startAt, at) + lastsMs;
  for (let due = schedule.next(at); enabled && due !== null && due <= until; due = schedule.next(due)) {
    if (due >= startAt && due < endAt) yield due;
  }
}

function* duesIn(record: LedgerRecord): Generator<number> {
  if (record.kind === "row") {
    yield record.due;
    return;
  }
  const schedule = scheduleFromJSON(JSON.parse(record.schedule) as ScheduleJSON);
  for (let due: number | null = record.from; due !== null && due <= record.to; due = schedule.next(due))
    yield due;
}

test("whatever is edited, paused or down, each due time in force is accounted for once, and no other is", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const world = new World(START);
      const { clock } = world;
      const entries = world.schedules();
      let beat = await world.started();
      let inForce: InForce | null = null;
      const expected: number[] = [];
      const set = async (next: Wanted): Promise<void> => {
        const at = clock.now();
        if (inForce !== null) expected.push(...duesOf(inForce.at, inForce.wanted, at));
        inForce = { at, wanted: next };
        const { schedule, startInMs, lastsMs, enabled, rest } = next;
        const startAt = startInMs === null ? {} : { startAt: at + startInMs };
        const endAt = lastsMs === null ? {} : { endAt: Math.max(startAt.startAt ?? at, at) + lastsMs };
        await entries.set("e", { task: "t", schedule, enabled, ...rest, ...startAt, ...endAt });
      };
      for (const [step, waitMs, roundMs] of plan) {
        if (typeof step === "object") {
          if ("set" in step) await set(step.set);
          else if (inForce !== null) await set({ ...(inForce as InForce).wanted, ...step.change });
        } else if (step === "beat") {
          if (beat.stats().state === "stopped") beat = await world.started();
          else await beat.stop();
        } else if (inForce !== null) await entries[step]("e");
        const until = Math.ceil((clock.now() + waitMs) / roundMs) * roundMs;
        await clock.advance(until - clock.now());
      }
      if (inForce === null) return world.stop();
      await entries.resume("e");
      if (beat.stats().state === "stopped") await world.started();
      await clock.advance(60_000);
      await set({ ...(inForce as InForce).wanted, enabled: false });
      const records = await world.store.ledger.rows("e", { limit: 1e6, keep: "oldest" });
      const accounted = records.flatMap((record) => [...duesIn(record)]);
      expect(accounted.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
      for (const record of records)
        if (record.kind === "range") expect(record.count).toBe([...duesIn(record)].length);
      await world.stop();
    }),
    { numRuns: 400 },
  );
}, 120_000);
