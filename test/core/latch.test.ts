import { expect, test } from "vitest";
import { Latch } from "../../src/core/latch.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

test("a notice while nobody sleeps ends the next sleep at once, and only that one", async () => {
  const clock = new ManualClock();
  const latch = new Latch(clock);
  const woken: number[] = [];
  const { signal } = new AbortController();
  latch.notify();
  void latch
    .wait(1_000, signal)
    .then(() => woken.push(clock.monotonicMs()))
    .then(() => latch.wait(1_000, signal))
    .then(() => woken.push(clock.monotonicMs()));
  await clock.advance(5_000);
  expect(woken).toEqual([0, 1_000]);
});

test("a notice that is reset ends no sleep, and an abort ends every one", async () => {
  const clock = new ManualClock();
  const latch = new Latch(clock);
  const stop = new AbortController();
  latch.notify();
  latch.reset();
  let awake = false;
  void latch.wait(1_000, stop.signal).then(() => (awake = true));
  await clock.advance(999);
  expect(awake).toBe(false);
  stop.abort();
  await clock.advance(0);
  expect(awake).toBe(true);
  await latch.wait(1_000, stop.signal);
  expect(clock.timers).toBe(0);
});
