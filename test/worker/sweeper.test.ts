import { expect, test } from "vitest";
import { sleep } from "../../src/core/clock.js";
import { fixedRandom, Rig, turns } from "./harness.js";

/** Seconds since the start at which the store was swept, with what each sweep found. */
function sweeps(
  rig: Rig,
  found: readonly number[],
): { readonly at: number[]; readonly store: Rig["memory"] } {
  const at: number[] = [];
  const begun = rig.clock.now();
  const sweep = async (): Promise<number> => {
    at.push((rig.clock.now() - begun) / 1_000);
    return found[at.length - 1] ?? 0;
  };
  return { at, store: { ...rig.memory, sweep } };
}

test.each([
  // random  at                  because
  [0, [30, 60, 90, 120], "never more often than every half minute"],
  [0.5, [60, 120], "once a minute in the middle"],
  [0.999, [90], "never later than a minute and a half"],
])("with randomness %d the store is swept at %j: %s", async (random, expected) => {
  const rig = new Rig(fixedRandom(random));
  const { at, store } = sweeps(rig, []);
  await rig.started({}, store);
  await rig.clock.advance(120_000);
  expect(at.map(Math.round)).toEqual(expected);
});

test("a sweep that found its limit is soon followed by another, until one finds less", async () => {
  const rig = new Rig(fixedRandom(0.5));
  const { at, store } = sweeps(rig, [1_000, 1_000, 999]);
  await rig.started({}, store);
  await rig.clock.advance(125_000);
  expect(at).toEqual([60, 60.01, 60.02, 120.02]);
});

test("sweeps that take long leave the store to others for four fifths of the time", async () => {
  const rig = new Rig(fixedRandom(0.5));
  const { at, store } = sweeps(rig, [1_000, 1_000, 0]);
  const slow = {
    ...store,
    sweep: async (limit: number) => {
      await sleep(rig.clock, 500);
      return store.sweep(limit);
    },
  };
  await rig.started({}, slow);
  await rig.clock.advance(125_000);
  // Each is told at its end: half a second of sweeping, two seconds without.
  expect(at.slice(0, 3)).toEqual([60.5, 63, 65.5]);
});

test("a stopped worker sweeps no more", async () => {
  const rig = new Rig(fixedRandom(0.5));
  const { at, store } = sweeps(rig, []);
  const worker = await rig.started({}, store);
  const stop = worker.stop();
  await turns();
  await stop;
  await rig.clock.advance(600_000);
  expect(at).toEqual([]);
});
