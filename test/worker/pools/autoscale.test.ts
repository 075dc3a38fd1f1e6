import { expect, test } from "vitest";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { Autoscaler } from "../../../src/worker/pools/autoscale.js";

/** A pool that only counts. */
class Counted {
  size: number;
  running = 0;

  constructor(size: number) {
    this.size = size;
  }

  grow(slots: number): void {
    this.size += slots;
  }

  shrink(slots: number): void {
    this.size -= slots;
  }
}

function setUp(max: number, min: number) {
  const clock = new ManualClock();
  const pool = new Counted(min);
  const changes: number[] = [];
  const scaler = new Autoscaler({
    ...{ clock, pool, bounds: { max, min } },
    onChange: (by) => void changes.push(by),
  });
  const run = (running: number): void => {
    pool.running = running;
    scaler.took();
  };
  return { clock, pool, scaler, changes, run };
}

test.each<[number, number, number, string]>([
  // asked, given, slots after, because
  [3, 3, 6, "a claim that gave all that it asked for: there may be more"],
  [6, 6, 9, "by as much as it asked for"],
  [20, 20, 10, "never above the upper bound"],
  [3, 2, 3, "the store has no more"],
  [0, 0, 3, "nothing was asked for"],
])("a claim of %i that gave %i makes 3 slots of 10,3 %i: %s", (asked, given, size) => {
  const { pool, scaler, changes } = setUp(10, 3);
  scaler.claimed(asked, given);
  expect([pool.size, changes]).toEqual([size, size === 3 ? [] : [size - 3]]);
  expect(scaler.canGrow).toBe(size < 10);
});

test("one slot goes for each 30 s in which one was idle, down to the lower bound", async () => {
  const { clock, pool, scaler, changes } = setUp(10, 3);
  scaler.start();
  scaler.claimed(3, 3);
  await clock.advance(30_000);
  expect([pool.size, "they have just come"]).toEqual([6, "they have just come"]);
  await clock.advance(29_999);
  expect(pool.size).toBe(6);
  await clock.advance(1);
  expect(pool.size).toBe(5);
  await clock.advance(300_000);
  expect([pool.size, changes]).toEqual([3, [3, -1, -1, -1]]);
});

test("a slot that was taken for a moment was not idle", async () => {
  const { clock, pool, scaler, run } = setUp(10, 3);
  scaler.start();
  scaler.claimed(1, 1);
  await clock.advance(30_000);
  run(4);
  run(1);
  await clock.advance(30_000);
  expect(pool.size).toBe(4);
  run(3);
  await clock.advance(30_000);
  expect(pool.size).toBe(3);
});

test("never below what runs", async () => {
  const { clock, pool, scaler, run } = setUp(5, 1);
  scaler.start();
  scaler.claimed(4, 4);
  run(5);
  await clock.advance(300_000);
  expect(pool.size).toBe(5);
  run(2);
  await clock.advance(300_000);
  expect(pool.size).toBe(2);
});

test("no timer is left when it has stopped", () => {
  const { clock, scaler } = setUp(5, 1);
  scaler.start();
  scaler.start();
  expect(clock.timers).toBe(1);
  scaler.stop();
  expect(clock.timers).toBe(0);
});
