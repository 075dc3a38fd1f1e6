/**
 * D1, E1 and E2 on Redis: five beats and four workers, two hundred due times a second, while whoever leads, follows or
 * works is killed and stopped at random moments and at named points. SUNBEAT_FAULT_MINUTES makes it longer, SUNBEAT_SEED
 * repeats what comes by chance (not the timing of the machine).
 */
import { afterEach, expect, test } from "vitest";
import { Crew, FORM, PATIENCE_MS } from "../support/fault-crew.js";
import { storm, takeOvers } from "../support/fault-storm.js";
import { judge, readLedgers } from "../support/invariants.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";
import { leftovers, quantiles } from "../support/fault-figures.js";

const HOUR = 3_600_000;

let crew: Crew | undefined;
let server: RedisServer | undefined;
afterEach(async () => {
  await crew?.dispose();
  await server?.stop();
});

test.each([
  ["right clocks", 15_000, [0]],
  ["clocks a day ahead, an hour behind and right", 8_000, [24 * HOUR, -HOUR, 0]],
])(
  `beats and workers with %s lose no tick and double none while they are killed and stopped (seed ${FORM.seed})`,
  async (name, shortMs, clockOffsetsMs) => {
    server = await startRedis();
    crew = new Crew({ broker: server.url, entries: 200 });
    const { random } = FORM;
    const report = await storm(crew, {
      ...{ random, clockOffsetsMs, durationMs: FORM.ms(shortMs) },
      ...{ beats: 5, workers: 4 },
    });
    await crew.drain();

    const store = await crew.store();
    const { broken, figures } = await judge(store, crew.expectations, crew.log);
    const rows = [...(await readLedgers(store, crew.expectations)).values()].flat();
    const took = takeOvers(report.silences, rows);
    const { kills, stops } = report;
    console.log(
      `${name}: ${JSON.stringify({ seed: FORM.seed, ...figures, kills, stops, takeOver: quantiles(took) })}`,
    );
    expect(broken.slice(0, 20)).toEqual([]);
    expect(crew.surprises).toEqual([]);
    expect(await leftovers(server)).toEqual([]);
    expect(took.filter((ms) => ms > crew!.beatLeaseMs + 1_000)).toEqual([]);
    expect(took.length).toBeGreaterThan(0);
    expect(figures.due).toBeGreaterThan(100 * (FORM.ms(shortMs) / 1_000));
  },
  FORM.ms(15_000) + 4 * PATIENCE_MS,
);
