import { expect, test } from "vitest";
import { Alarm } from "../../src/beat/alarm.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

test("a ring while nobody sleeps ends the next sleep at once, and only that one", async () => {
  const clock = new ManualClock();
  const alarm = new Alarm(clock);
  const woken: number[] = [];
  const { signal } = new AbortController();
  alarm.ring();
  void alarm
    .sleep(1_000, signal)
    .then(() => woken.push(clock.monotonicMs()))
    .then(() => alarm.sleep(1_000, signal))
    .then(() => woken.push(clock.monotonicMs()));
  await clock.advance(5_000);
  expect(woken).toEqual([0, 1_000]);
});

test("a ring that is silenced ends no sleep, and an abort ends every one", async () => {
  const clock = new ManualClock();
  const alarm = new Alarm(clock);
  const stop = new AbortController();
  alarm.ring();
  alarm.silence();
  let awake = false;
  void alarm.sleep(1_000, stop.signal).then(() => (awake = true));
  await clock.advance(999);
  expect(awake).toBe(false);
  stop.abort();
  await clock.advance(0);
  expect(awake).toBe(true);
  await alarm.sleep(1_000, stop.signal);
  expect(clock.timers).toBe(0);
});
