/**
 * D1, E1 and E2 on Redis: five beats and four workers, two hundred due times a second, while whoever leads, follows or
 * works is killed and stopped at random moments and at named points. SUNBEAT_FAULT_MINUTES makes it longer, SUNBEAT_SEED
 * repeats what comes by chance (not the timing of the machine).
 */
import { expect, test } from "vitest";
import { FORM, PATIENCE_MS, withCrew } from "../support/fault-crew.js";
import { leftovers, quantiles } from "../support/fault-figures.js";
import { storm, takeOvers } from "../support/fault-storm.js";
import { judge, readLedgers } from "../support/invariants.js";
import { startRedis } from "../support/redis-server.js";

const HOUR = 3_600_000;

// Side by side in `npm test`; one after the other where it measures.
test.each([
  ["right clocks", 10_000, [0]],
  ["clocks a day ahead, an hour behind and right", 10_000, [24 * HOUR, -HOUR, 0]],
])(
  `beats and workers with %s lose no tick and double none while they are killed and stopped (seed ${FORM.seed})`,
  { concurrent: FORM.minutes === null, timeout: FORM.ms(10_000) + 4 * PATIENCE_MS },
  async (name, shortMs, clockOffsetsMs) => {
    const server = await startRedis();
    try {
      await withCrew({ broker: server.url, entries: 200 }, async (crew) => {
        const { random } = FORM;
        const report = await storm(crew, {
          ...{ random, clockOffsetsMs, durationMs: FORM.ms(shortMs) },
          ...{ beats: 5, workers: 4 },
        });
        await crew.goesOn("the storm");
        await crew.drain();

        const store = await crew.store();
        const { broken, figures } = await judge(store, crew.expectations, crew.log);
        const rows = [...(await readLedgers(store, crew.expectations)).values()].flat();
        const took = takeOvers(report.silences, rows);
        const { kills, stops } = report;
        const told = { seed: FORM.seed, ...figures, kills, stops, takeOver: quantiles(took) };
        console.log(`${name}: ${JSON.stringify(told)}`);
        expect(broken.slice(0, 20)).toEqual([]);
        expect(crew.surprises).toEqual([]);
        expect(await leftovers(server)).toEqual([]);
        expect(took.filter((ms) => ms > FORM.bound(crew.beatLeaseMs + 1_000))).toEqual([]);
        expect(took.length).toBeGreaterThan(0);
        expect(figures.due).toBeGreaterThan(100 * (FORM.ms(shortMs) / 1_000));
      });
    } finally {
      await server.stop();
    }
  },
);
