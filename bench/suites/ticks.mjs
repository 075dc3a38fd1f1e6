// Ticks: a timeline of 2,000, a grid of 50 entries by 60 ticks, and the forecast of a week of 10,000 hourly entries.
import { Sunbeat, every } from "../../dist/index.js";
import { coreOf } from "../../dist/app/index.js";
import { openMemoryStore } from "../../dist/store/memory/index.js";
import { systemClock } from "../../dist/core/clock.js";
import { elapsed, median } from "../harness.mjs";

const HOUR = 3_600_000;

function app() {
  const made = new Sunbeat("bench", { broker: "memory:", logger: null });
  coreOf(made).use({ store: (context) => openMemoryStore(context) });
  return made;
}

/** An entry whose newest `count` ticks were sent, each a minute after the other. */
async function dispatched(core, names, count) {
  const store = core.lazyStore;
  const elected = await store.leases.elect({ id: "b", nonce: "n", host: "h", version: "1" }, 600_000);
  const now = await store.now();
  for (const name of names) {
    const [stored] = await store.entries.get([name]);
    const dues = Array.from(
      { length: count },
      (_, n) => Math.floor(now / 60_000) * 60_000 - (count - n) * 60_000,
    );
    const plan = dues.map((due) => ({
      kind: "send",
      due,
      overlap: { policy: "allow", timeoutMs: null, graceMs: 0 },
      message: {
        id: `${name}@${due}`,
        task: "t",
        queue: "q",
        priority: 0,
        maxDeliveries: 1,
        resultTtlMs: 1e6,
        body: "{}",
        entry: name,
      },
    }));
    const put = { ...stored, expect: stored.etag, cursor: { due: dues[0], dispatchAt: dues[0] }, ledger: [] };
    await store.entries.put([put]);
    for (let from = 0; from < plan.length; from += 250) {
      const part = plan.slice(from, from + 250);
      const next = { due: part.at(-1).due + 60_000, dispatchAt: part.at(-1).due + 60_000 };
      await store.entries.tick(elected.term, [
        {
          entry: name,
          revision: stored.revision,
          expect: part[0].due,
          plan: part,
          next,
          disable: null,
          maxRuns: null,
        },
      ]);
    }
  }
  return now;
}

async function times(rounds, work) {
  const all = [];
  for (let round = 0; round < rounds; round++) all.push(await elapsed(work));
  return median(all);
}

/** The longest time for which the event loop had no turn. */
async function longestSilence(work) {
  let longest = 0;
  let last = performance.now();
  let over = false;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!over) setImmediate(look);
  };
  setImmediate(look);
  await work();
  over = true;
  return longest;
}

export async function run({ quick }) {
  const rounds = quick ? 3 : 7;
  const one = app();
  const names = Array.from({ length: 50 }, (_, n) => `e${n}`);
  for (const name of names) await one.schedules.set(name, { task: "t", schedule: every("1m") });
  await one.schedules.set("long", { task: "t", schedule: every("1m") });
  const now = await dispatched(coreOf(one), ["long"], 2_000);
  await dispatched(coreOf(one), names, 60);
  const range = { from: now - 2_001 * 60_000, to: now, limit: 2_000 };
  const timeline = await one.schedules.timeline("long", range);
  const grid = await one.schedules.timelines(names);
  const timelineMs = await times(rounds, () => one.schedules.timeline("long", range));
  const gridMs = await times(rounds, () => one.schedules.timelines(names));
  await one.close();

  const many = app();
  const count = quick ? 1_000 : 10_000;
  for (let n = 0; n < count; n++) {
    await many.schedules.set(`h${n}`, {
      task: `t${n % 20}`,
      schedule: every("1h"),
      options: { queue: `q${n % 5}` },
    });
  }
  const week = { from: systemClock.now(), to: systemClock.now() + 168 * HOUR };
  const forecast = await many.schedules.forecast(week);
  const forecastMs = await times(Math.min(rounds, 5), () => many.schedules.forecast(week));
  const silenceMs = await longestSilence(() => many.schedules.forecast(week));
  await many.close();
  return {
    title: `Ticks (memory): ${timeline.items.length} of a timeline, ${Object.values(grid).flat().length} of a grid, ${forecast.occurrences} of a forecast`,
    rows: [
      { what: "timeline of 2,000 ticks", unit: "ms", ours: timelineMs, wanted: 100 },
      { what: "grid, 50 entries by 60 ticks", unit: "ms", ours: gridMs, wanted: 150 },
      { what: `forecast of a week, ${count} hourly entries`, unit: "ms", ours: forecastMs, wanted: 1_500 },
      { what: "longest time without a turn of the event loop", unit: "ms", ours: silenceMs, wanted: 20 },
    ],
  };
}
