/** What is foretold of an entry, against a beat that runs it on virtual time. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import { type EntryState, foretell } from "../../src/beat/foretell.js";
import { clocked, crontab, every, solar } from "../../src/schedules/index.js";
import { DEFAULTS, World } from "../beat/harness.js";

/** The night before the clocks of Paris change. */
const START = Date.UTC(2027, 2, 27, 12);
const HOUR = 3_600_000;

const hoursFromStart = (min: number, max: number) =>
  fc.integer({ min: min * 4, max: max * 4 }).map((quarters) => new Date(START + (quarters * HOUR) / 4));

const schedules = fc.oneof(
  fc.integer({ min: 400, max: 20_000 }).map((seconds) => every(seconds)),
  fc
    .constantFrom("*/20 * * * *", "30 2 * * *", "0,7 */3 * * *", "15 1-4 * * sun", "0 0 30 2 *")
    .map((text) => crontab(text, { timezone: "Europe/Paris" })),
  fc.constantFrom("sunrise" as const, "solar_noon" as const).map((event) => solar(event, 48.85, 2.35)),
  hoursFromStart(-4, 40).map((at) => clocked(at)),
);

const misfires = fc.constantFrom<NonNullable<EntryOptions["misfire"]>[]>(
  "latest",
  "skip",
  "all",
  { policy: "latest", within: "3h" },
  { policy: "all", max: 3 },
  { policy: "all", within: "5h" },
);

const lineups = fc
  .record(
    {
      schedule: schedules,
      startAt: hoursFromStart(-20, 20),
      endAt: hoursFromStart(21, 40),
      maxRuns: fc.integer({ min: 1, max: 12 }),
      jitter: fc.constantFrom("10m", "1h", "30h"),
      enabled: fc.constantFrom(true, true, false),
      misfire: misfires,
    },
    { requiredKeys: ["schedule"] },
  )
  .map((options): EntryOptions => ({ task: "t", ...options }));

/** How long a beat leads, how long none does, and how long one leads again. */
const lengths = fc.tuple(
  ...[0, 0, 1].map((min) => fc.integer({ min: min * HOUR, max: 30 * HOUR })),
) as fc.Arbitrary<[number, number, number]>;

/** Renewing the lead is no part of this, and costs more than all runs. */
const IDLE = { leaseMs: 1_000 * HOUR, maintenanceIntervalMs: 1_000 * HOUR, maxLoopIntervalMs: 1_000 * HOUR };

function foretold(options: EntryOptions, state: EntryState | null, now: number, until: number) {
  const runs: { due: number; at: number }[] = [];
  for (const { due, sentAt } of foretell(resolveEntry("e", options, DEFAULTS), state, now)) {
    if (sentAt > until) break;
    runs.push({ due, at: sentAt });
  }
  return runs;
}

async function sent(world: World, since: number) {
  const rows = await world.schedules().history("e", { limit: 10_000 });
  return rows
    .filter(({ fate, at }) => fate === "sent" && at.getTime() > since)
    .map(({ due, at }) => ({ due: due.getTime(), at: at.getTime() }));
}

test("a beat sends what was foretold, at the instants that were foretold, a new entry as one it finds again", async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(lineups, lengths, async (options, [firstMs, awayMs, againMs]) => {
      const world = new World(START);
      const first = await world.started({ e: options }, IDLE);
      const expected = foretold(options, null, START, START + firstMs);
      await world.clock.advance(firstMs);
      expect(await sent(world, START)).toEqual(expected);

      const stopped = first.stop();
      await world.clock.advance(1);
      await stopped;
      await world.clock.advance(awayMs);
      const now = world.clock.now();
      const [state] = await world.store.entries.get(["e"]);
      const again = foretold(options, state!, now, now + againMs);
      await world.started({ e: options }, IDLE);
      await world.clock.advance(againMs);
      expect(await sent(world, now - 1)).toEqual(again);
      runs += expected.length + again.length;
      await world.stop();
    }),
    { numRuns: 600 },
  );
  // A law that holds because nothing ever runs would hold of nothing.
  expect(runs).toBeGreaterThan(500);
}, 120_000);
