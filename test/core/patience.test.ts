import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreError, SunbeatError } from "../../src/core/errors.js";
import { backoffMs, bounded, isRetryable, Patience } from "../../src/core/patience.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

const away = new StoreError("SUNBEAT_STORE_UNAVAILABLE", "connection refused", { retryable: true });
const corrupt = new StoreError("SUNBEAT_STORE_CORRUPT", "broken", { retryable: false });
const random = { next: () => 0.5, uuid: () => "u" };

test.each<[unknown, boolean, string]>([
  [away, true, "the store says so"],
  [corrupt, false, "the store says that it is final"],
  [new SunbeatError("SUNBEAT_CLOSED", "closed"), false, "an error of ours that is not the store's"],
  [Object.assign(new Error("x"), { retryable: true }), false, "somebody else's error may call itself so"],
  ["refused", false, "not even an error"],
])("%s is retryable: %s, %s", (error, expected, _because) => {
  expect(isRetryable(error)).toBe(expected);
});

test("a call without an answer ends with SUNBEAT_STORE_TIMEOUT, which names the step and may be repeated", async () => {
  const clock = new ManualClock();
  const answer = bounded(clock, 2_000, "claim", new Promise<never>(() => undefined));
  const failure = answer.catch((error: unknown) => error);
  await clock.advance(2_000);
  expect(await failure).toMatchObject({
    code: "SUNBEAT_STORE_TIMEOUT",
    message: 'the store has not answered to "claim" within 2s',
    retryable: true,
    details: { step: "claim", limitMs: 2_000 },
  });
});

test("pauses double from 100 ms to 5 s, and their upper half is random", () => {
  fc.assert(
    fc.property(
      fc.nat(100),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, next) => {
        const longest = Math.min(100 * 2 ** Math.min(failures, 6), 5_000);
        const pause = backoffMs(failures, { ...random, next: () => next });
        expect(pause).toBeGreaterThanOrEqual(longest / 2);
        expect(pause).toBeLessThanOrEqual(longest);
      },
    ),
  );
});

describe("an outage", () => {
  const rig = () => {
    const [clock, lines] = [new ManualClock(), [] as string[]];
    const write = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
    const logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
    return { clock, lines, patience: new Patience("Store", { clock, random, logger }) };
  };

  test("is logged when the first loop meets it and when the last one is through it", async () => {
    const { clock, lines, patience } = rig();
    expect([patience.failed(away, "claim"), patience.failed(away, "heartbeat")]).toEqual([75, 75]);
    expect(patience.failed(away, "claim")).toBe(150);
    expect(patience.message).toBe("connection refused");
    await clock.advance(2_000);
    patience.succeeded("claim");
    expect(patience.message).toBe("connection refused");
    patience.succeeded("heartbeat");
    patience.succeeded("heartbeat");
    expect(patience.message).toBeNull();
    expect(lines).toEqual([
      "warn Store does not answer, trying again until it does: connection refused",
      "info Store answers again, after 2s",
    ]);
    expect(patience.failed(away, "claim")).toBe(75);
  });

  test.each<[Error, RegExp, string]>([
    [corrupt, /^error Store fails, trying again: broken$/, "a refusal says all by itself"],
    [
      new Error("bug"),
      /^error Store fails, trying again: bug\n\s+Error: bug\n\s+at /,
      "a bug comes with its stack",
    ],
  ])("begins with a line that fits its cause: %s", (error, line, _because) => {
    const { lines, patience } = rig();
    patience.failed(error);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
  });
});
