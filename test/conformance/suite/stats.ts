/** Statistics: rings of slots, whatever the time and whoever tells. */
import assert from "node:assert/strict";
import type { QueueSample, StatDelta, StatPoint, StatStep } from "../../../src/store/contracts/history.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group, type Harness } from "./harness.js";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const delta = (task: string, changes: Partial<StatDelta> = {}): StatDelta => ({
  ...{ task, ok: 1, failed: 0, retried: 0, other: 0, sumMs: 10, maxMs: 10, run: { 4: 1 }, wait: { 0: 1 } },
  ...changes,
});

const sample = (queue: string, changes: Partial<QueueSample> = {}): QueueSample => ({
  ...{ queue, scheduled: 0, ready: 1, leased: 0, blocked: 0, dead: 0, oldestMs: 100 },
  ...changes,
});

/** The clock at the beginning of an hour. */
async function onTheHour({ clock }: Harness): Promise<number> {
  await clock.advance(HOUR - (clock.now() % HOUR));
  return clock.now();
}

const all = async (store: Store, step: StatStep = "minute", names?: string[]): Promise<StatPoint[]> => [
  ...(await store.history.stats({ from: 0, to: Number.MAX_SAFE_INTEGER, step, ...(names && { names }) })),
];

const counts = (points: readonly StatPoint[]): [number, Record<string, number>][] =>
  points.map(({ at, tasks }) => [at, Object.fromEntries(tasks.map(({ task, ok }) => [task, ok]))]);

export const statCases = group("history: statistics", {
  "numbers of several processes are added in the slot of their minute": async (harness) => {
    const { store, clock } = harness;
    const from = await onTheHour(harness);
    await store.history.addStats("one", 1, [delta("a", { run: { 3: 2 }, maxMs: 7 }), delta("b")]);
    await clock.advance(30_000);
    await store.history.addStats("two", 1, [
      delta("a", { failed: 2, retried: 1, other: 4, run: { 3: 1, 17: 1 } }),
    ]);
    await clock.advance(30_000);
    await store.history.addStats("one", 2, [delta("a")]);
    const [first, second] = await all(store);
    assert.deepEqual(first, {
      at: from,
      tasks: [
        {
          ...{ task: "a", ok: 2, failed: 2, retried: 1, other: 4, sumMs: 20, maxMs: 10 },
          ...{ run: { 3: 3, 17: 1 }, wait: { 0: 2 } },
        },
        delta("b"),
      ],
      queues: [],
    });
    assert.deepEqual(second, { at: from + MINUTE, tasks: [delta("a")], queues: [] });
  },

  "a number that came before adds nothing": async (harness) => {
    await onTheHour(harness);
    const { store } = harness;
    await store.history.addStats("one", 1, [delta("a")]);
    await store.history.addStats("one", 1, [delta("a")]);
    await store.history.addStats("one", 3, [delta("a")]);
    await store.history.addStats("one", 2, [delta("a")]);
    assert.deepEqual(
      counts(await all(store)).map(([, each]) => each),
      [{ a: 2 }],
    );
  },

  "a range and names say which are meant": async (harness) => {
    const { store, clock } = harness;
    const from = await onTheHour(harness);
    for (let number = 1; number <= 5; number++) {
      await store.history.addStats("one", number, [delta("a"), delta("b b%")]);
      await store.history.sample([sample("q"), sample("b b%")]);
      await clock.advance(MINUTE);
    }
    const points = await store.history.stats({
      ...{ from: from + MINUTE + 1, to: from + 3 * MINUTE, step: "minute", names: ["b b%"] },
    });
    assert.deepEqual(
      points.map(({ at, tasks, queues }) => [
        at,
        tasks.map(({ task }) => task),
        queues.map(({ queue }) => queue),
      ]),
      [
        [from + MINUTE, ["b b%"], ["b b%"]],
        [from + 2 * MINUTE, ["b b%"], ["b b%"]],
      ],
    );
  },

  "a sample takes the place of the one before in its minute": async (harness) => {
    const { store } = harness;
    const at = await onTheHour(harness);
    await store.history.sample([sample("q", { ready: 3 }), sample("other")]);
    await store.history.sample([sample("q", { ready: 5, oldestMs: 9 })]);
    assert.deepEqual(await all(store, "minute", ["q"]), [
      { at, tasks: [], queues: [sample("q", { ready: 5, oldestMs: 9 })] },
    ]);
  },

  "slots that have ended become one of ten minutes, and those one of an hour; repeated to the same effect":
    async (harness) => {
      const { store, clock } = harness;
      const from = await onTheHour(harness);
      for (let minute = 0; minute < 70; minute++) {
        await store.history.addStats("one", minute + 1, [delta("a")]);
        await store.history.sample([sample("q", { ready: minute, oldestMs: 1_000 - minute })]);
        await clock.advance(MINUTE);
        if (minute % 7 === 0) await store.history.rollUp();
      }
      const other = await harness.peer();
      for (const peer of [store, other, store]) {
        await peer.history.rollUp();
        assert.deepEqual(
          counts(await all(store, "10min")),
          Array.from({ length: 7 }, (_, index) => [from + index * 10 * MINUTE, { a: 10 }]),
        );
        const hours = await all(store, "hour");
        assert.deepEqual(counts(hours), [[from, { a: 60 }]]);
        assert.deepEqual(hours[0]?.queues, [sample("q", { ready: 59, oldestMs: 1_000 })]);
        assert.deepEqual(hours[0]?.tasks[0]?.run, { 4: 60 });
      }
    },

  "a ring holds two hours of minutes, and what was not rolled up in time is not made up": async (harness) => {
    const { store, clock } = harness;
    const from = await onTheHour(harness);
    for (let minute = 0; minute < 150; minute++) {
      await store.history.addStats("one", minute + 1, [delta("a")]);
      await clock.advance(MINUTE);
    }
    const points = await all(store);
    assert.ok(points.length <= 120 && points.length >= 119, `${points.length} slots`);
    assert.equal(points.at(-1)?.at, from + 149 * MINUTE);
    await store.history.rollUp();
    const rolled = await all(store, "10min");
    assert.ok(rolled.every(({ tasks }) => tasks[0]?.ok === 10));
    assert.ok(rolled.length >= 10 && rolled.length <= 12, `${rolled.length} slots`);
  },

  "a slot of which the beginning has gone is not made up of the rest": async (harness) => {
    const { store, clock } = harness;
    await onTheHour(harness);
    for (let minute = 0; minute < 136; minute++) {
      await store.history.addStats("one", minute + 1, [delta("a")]);
      await clock.advance(MINUTE);
    }
    await store.history.rollUp();
    const rolled = await all(store, "10min");
    assert.deepEqual([...new Set(rolled.map(({ tasks }) => tasks[0]?.ok))], [10]);
  },

  "a number that came before adds nothing after a roll-up either": async (harness) => {
    await onTheHour(harness);
    const { store } = harness;
    await store.history.addStats("one", 1, [delta("a")]);
    await store.history.rollUp();
    await store.history.addStats("one", 1, [delta("a")]);
    assert.deepEqual(
      counts(await all(store)).map(([, each]) => each),
      [{ a: 1 }],
    );
  },

  "a name that nobody has told of for a fortnight makes room for another": async (harness) => {
    const { store, clock } = harness;
    await onTheHour(harness);
    await store.history.addStats(
      "one",
      1,
      Array.from({ length: 200 }, (_, index) => delta(`t${index}`)),
    );
    await clock.advance(15 * DAY);
    await store.history.rollUp();
    await store.history.addStats("two", 1, [delta("new")]);
    assert.deepEqual(
      (await all(store)).flatMap(({ tasks }) => tasks.map(({ task }) => task)),
      ["new"],
    );
  },

  "over a year rings hold what is young, and nothing grows": async (harness) => {
    const { store, clock } = harness;
    await onTheHour(harness);
    for (let number = 1; number <= 365; number++) {
      await store.history.addStats(`boot-${number}`, 1, [delta(number < 300 ? "old" : "a")]);
      await store.history.sample([sample("q")]);
      await clock.advance(10 * MINUTE);
      await store.history.rollUp();
      await clock.advance(50 * MINUTE);
      await store.history.rollUp();
      await clock.advance(DAY - HOUR);
    }
    assert.equal((await all(store)).length, 0);
    const hours = await all(store, "hour");
    assert.ok(hours.length >= 13 && hours.length <= 14, `${hours.length} hours`);
    assert.deepEqual(
      [...new Set(hours.flatMap(({ tasks }) => tasks.map(({ task, ok }) => `${task} ${ok}`)))],
      ["a 1"],
    );
  },

  "there are two hundred names, and one for all others": async (harness) => {
    const { store } = harness;
    await onTheHour(harness);
    const deltas = Array.from({ length: 230 }, (_, index) => delta(`t${index}`));
    await store.history.addStats("one", 1, deltas.slice(0, 150));
    await store.history.addStats("one", 2, deltas.slice(100));
    const [point] = await all(store);
    const found = new Map(point!.tasks.map(({ task, ok }) => [task, ok]));
    assert.deepEqual(
      [found.size, found.get("(other)"), found.get("t120"), found.get("t199")],
      [201, 30, 2, 1],
    );
    await store.history.sample(Array.from({ length: 230 }, (_, index) => sample(`q${index}`)));
    const queues = new Map((await all(store))[0]!.queues.map(({ queue, ready }) => [queue, ready]));
    assert.deepEqual([queues.size, queues.get("(other)")], [201, 30]);
  },

  "statistics survive": {
    needs: "durable",
    run: async (harness) => {
      await onTheHour(harness);
      await harness.store.history.addStats("one", 1, [delta("a")]);
      const again = await harness.reopen()!;
      await again.history.addStats("one", 1, [delta("a")]);
      assert.deepEqual(
        counts(await all(again)).map(([, each]) => each),
        [{ a: 1 }],
      );
    },
  },
});
