import { expect, test } from "vitest";
import { cached } from "../../src/core/cached.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

/** Reads that the test answers. */
function world(ms: number, staleMs?: number) {
  const clock = new ManualClock(0);
  const reads: { readonly give: (value: number) => void; readonly fail: () => void }[] = [];
  const read = cached(
    clock,
    ms,
    () =>
      new Promise<number>((resolve, reject) => {
        reads.push({ give: resolve, fail: () => reject(new Error("away")) });
      }),
    staleMs,
  );
  return { clock, reads, read };
}

test("an answer is kept for its time from when it was there, and read anew then", async () => {
  const { clock, reads, read } = world(100);
  const first = read();
  await clock.advance(50);
  reads[0]!.give(1);
  expect(await first).toBe(1);
  await clock.advance(99);
  expect(await read()).toBe(1);
  await clock.advance(1);
  const second = read();
  reads[1]!.give(2);
  expect(await second).toBe(2);
});

test("a source that is slower than that is not asked once more while it is asked", async () => {
  const { clock, reads, read } = world(100);
  const asked = [read()];
  await clock.advance(1_000);
  asked.push(read());
  expect(reads).toHaveLength(1);
  reads[0]!.give(1);
  expect(await Promise.all(asked)).toEqual([1, 1]);
});

test("an old value is given at once while a new one is read, until it is too old", async () => {
  const { clock, reads, read } = world(100, 50);
  const first = read();
  reads[0]!.give(1);
  await first;
  await clock.advance(100);
  expect(await read()).toBe(1);
  expect(await read()).toBe(1);
  expect(reads).toHaveLength(2);
  reads[1]!.give(2);
  await clock.advance(0);
  expect(await read()).toBe(2);
  await clock.advance(150);
  const late = read();
  reads[2]!.give(3);
  expect(await late).toBe(3);
});

test("a failure behind an old value is told to nobody, and the next one reads again", async () => {
  const { clock, reads, read } = world(100, 50);
  const first = read();
  reads[0]!.give(1);
  await first;
  await clock.advance(120);
  expect(await read()).toBe(1);
  reads[1]!.fail();
  await clock.advance(0);
  expect(await read()).toBe(1);
  expect(reads).toHaveLength(3);
});

test.each([
  ["that comes later", () => undefined],
  [
    "that is thrown at once",
    () => {
      throw new Error("away");
    },
  ],
])("a failure %s reaches whoever asks, and is not kept", async (_, act) => {
  const { reads, read } = world(100);
  let isFirst = true;
  const failing = cached(new ManualClock(0), 100, () => {
    if (isFirst) {
      isFirst = false;
      act();
      return Promise.reject(new Error("away"));
    }
    return read();
  });
  await expect(failing()).rejects.toThrow("away");
  const next = failing();
  reads[0]!.give(3);
  expect(await next).toBe(3);
});
