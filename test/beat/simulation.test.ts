/** Three beats and a store that is slow, cut off or dead for some of them, by a printed seed. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { every } from "../../src/schedules/index.js";
import { faulty } from "./faulty-store.js";
import { World } from "./harness.js";

const BEATS = 3;
const calls = fc.constantFrom("all", "tick", "due", "elect", "resign", "put");

const mishaps = fc.record({
  beat: fc.integer({ min: 0, max: BEATS - 1 }),
  kind: fc.oneof(
    fc.record({ delay: calls, delayMs: fc.integer({ min: 1, max: 60_000 }) }),
    fc.record({ fail: calls }),
    fc.record({ dead: fc.constant(true) }),
    fc.constant("stop" as const),
  ),
  afterMs: fc.integer({ min: 0, max: 9_000 }),
  forMs: fc.integer({ min: 100, max: 30_000 }),
});

test("whatever happens to the beats, each due time is accounted for once, and work goes on", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(mishaps, { maxLength: 8 }), async (plan) => {
      const world = new World();
      const lineup = { tick: { task: "t", schedule: every("2s"), misfire: "all" as const } };
      const wrapped = Array.from({ length: BEATS }, () => faulty(world.store, world.clock));
      const beats = wrapped.map(({ store }) => world.beat(lineup, {}, store));
      for (const beat of beats) beat.start();
      for (const { beat, kind, afterMs, forMs } of plan) {
        await world.clock.advance(afterMs);
        if (kind === "stop") void beats[beat]!.stop();
        else Object.assign(wrapped[beat]!.faults, kind);
        await world.clock.advance(forMs);
        Object.assign(wrapped[beat]!.faults, { delay: null, fail: null, dead: false });
      }
      // One that was never disturbed leads within a lease, once what hangs has been given up.
      const rescue = world.beat(lineup);
      rescue.start();
      await world.clock.advance(90_000);
      const rows = await world.schedules().history("tick", { limit: 10_000 });
      const first = rows[0]!.due.getTime();
      const last = Math.floor(world.clock.now() / 2_000) * 2_000;
      expect(rows.map(({ due }) => due.getTime())).toEqual(
        Array.from({ length: (last - first) / 2_000 + 1 }, (_, index) => first + index * 2_000),
      );
      expect(rows.every(({ fate }) => fate === "sent")).toBe(true);
      expect(beats.concat(rescue).filter((beat) => beat.stats().state === "leading")).toHaveLength(1);
      await world.stop();
      expect(world.clock.timers).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 120_000);
