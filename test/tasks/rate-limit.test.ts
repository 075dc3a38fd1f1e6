import { describe, expect, test } from "vitest";
import {
  formatRate,
  isRatedByMessage,
  rateFor,
  type RateLimitOptions,
  type RateOptions,
  resolveRate,
  resolveTaskRate,
} from "../../src/tasks/rate-limit.js";

describe("rates as text and options", () => {
  test.each<[string | RateOptions, number, number, number, string]>([
    // rate, limit, per, burst, because
    ["100/s", 100, 1_000, 5, "the burst is what falls due in 50 ms"],
    ["10/m", 10, 60_000, 1, "and at least 1"],
    ["1000/h", 1_000, 3_600_000, 1, "hours"],
    ["50/d", 50, 86_400_000, 1, "days"],
    ["0.5/s", 0.5, 1_000, 1, "parts of one"],
    ["100000/s", 100_000, 1_000, 5_000, "the fastest"],
    [{ limit: 10, per: "5s" }, 10, 5_000, 1, "any duration"],
    [{ limit: 10, per: 2, burst: 7 }, 10, 2_000, 7, "a bare number is seconds"],
  ])("%j is %d per %d ms with a burst of %d: %s", (rate, limit, perMs, burst) => {
    expect(resolveRate(rate, "rate")).toEqual({ limit, perMs, burst });
  });

  test.each<[unknown, string, string]>([
    // rate, code, says
    ["0/s", "SUNBEAT_OPTION_INVALID", 'rate: expected a limit above 0 and at most 1000000, such as "100/s"'],
    [
      "10/x",
      "SUNBEAT_OPTION_INVALID",
      'rate: expected a rate such as "100/s", "10/m", "1000/h" or "50/d", got "10/x"',
    ],
    ["", "SUNBEAT_OPTION_INVALID", "expected a rate such as"],
    ["-1/s", "SUNBEAT_OPTION_INVALID", "expected a rate such as"],
    ["1e3/s", "SUNBEAT_OPTION_INVALID", "expected a rate such as"],
    ["100001/s", "SUNBEAT_OPTION_INVALID", "at most 100000 a second"],
    ["0.000001/d", "SUNBEAT_OPTION_INVALID", "at least one in 366 days"],
    [10, "SUNBEAT_OPTION_INVALID", "expected a rate such as"],
    [null, "SUNBEAT_OPTION_INVALID", "expected a rate such as"],
    [["10/s"], "SUNBEAT_OPTION_INVALID", "expected a rate such as"],
    [{ limit: NaN, per: "1s" }, "SUNBEAT_OPTION_INVALID", "expected a limit above 0"],
    [{ limit: Infinity, per: "1s" }, "SUNBEAT_OPTION_INVALID", "expected a limit above 0"],
    [{ limit: 2e6, per: "1d" }, "SUNBEAT_OPTION_INVALID", "expected a limit above 0 and at most 1000000"],
    [{ limit: "10", per: "1s" }, "SUNBEAT_OPTION_INVALID", "expected a limit above 0"],
    [{ limit: 10, per: 0 }, "SUNBEAT_OPTION_INVALID", "rate.per"],
    [{ limit: 10, per: "soon" }, "SUNBEAT_DURATION_INVALID", "rate.per"],
    [
      { limit: 10, per: "1s", burst: 0 },
      "SUNBEAT_OPTION_INVALID",
      "rate.burst: expected a whole number from 1 to 10000",
    ],
    [{ limit: 10, per: "1s", burst: 1.5 }, "SUNBEAT_OPTION_INVALID", "rate.burst"],
    [{ limit: 10, per: "1s", key: () => "x" }, "SUNBEAT_OPTION_UNKNOWN", "key"],
    [{ limit: 10, per: "1s", brust: 2 }, "SUNBEAT_OPTION_UNKNOWN", "burst"],
  ])("%j is refused with %s: %s", (rate, code, says) => {
    expect(() => resolveRate(rate as RateOptions, "rate")).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) as string }),
    );
  });

  test.each<[string | RateOptions, string]>([
    ["100/s", "100/s"],
    [{ limit: 10, per: "1m", burst: 3 }, "10/m, burst 3"],
    [{ limit: 10, per: "90s" }, "10/1m30s"],
  ])("%j is written %s", (rate, text) => {
    expect(formatRate(resolveRate(rate, "rate"))).toBe(text);
  });
});

describe("rate limits of tasks", () => {
  const rate = (options: Partial<RateLimitOptions>) =>
    resolveTaskRate({ limit: 10, per: "1s", ...options }, "task t: rateLimit");

  test("only keys and weights make runs differ", () => {
    expect(isRatedByMessage(resolveTaskRate("10/s", "r"))).toBe(false);
    expect(isRatedByMessage(rate({}))).toBe(false);
    expect(isRatedByMessage(rate({ weight: 1 }))).toBe(false);
    expect(isRatedByMessage(rate({ weight: 2 }))).toBe(true);
    expect(isRatedByMessage(rate({ key: () => "x" }))).toBe(true);
  });

  test("key and weight follow from the arguments", () => {
    const of = rate({ key: (to: string) => to, weight: (_: string, size: number) => size });
    expect(rateFor(of, ["ada", 3], "t")).toEqual({ key: "ada", weight: 3 });
    expect(rateFor(rate({ weight: 4 }), [], "t")).toEqual({ key: null, weight: 4 });
  });

  test.each<[Partial<RateLimitOptions>, unknown[], string]>([
    [{ key: (to: string) => to }, [""], "task t: rateLimit.key: expected text of 1 to 255 characters"],
    [{ key: (to: string) => to }, ["x".repeat(256)], "text of 1 to 255 characters"],
    [{ key: (to: string) => to }, [undefined], "text of 1 to 255 characters"],
    [{ key: (to: { id: string }) => to.id }, [null], "rateLimit.key: its function threw"],
    [{ weight: (n: number) => n }, [0], "task t: rateLimit.weight: expected a whole number from 1 to 10000"],
    [{ weight: (n: number) => n }, [NaN], "rateLimit.weight"],
    [{ weight: (n: number) => n }, [1e9], "rateLimit.weight"],
  ])("%j with %j is refused: %s", (options, args, says) => {
    expect(() => rateFor(rate(options), args, "t")).toThrow(
      expect.objectContaining({
        code: "SUNBEAT_OPTION_INVALID",
        message: expect.stringContaining(says) as string,
      }),
    );
  });

  test.each<[unknown, string]>([
    [{ limit: 1, per: 1, key: "customer" }, "task t: rateLimit.key: expected a function"],
    [{ limit: 1, per: 1, weight: 0 }, "task t: rateLimit.weight"],
    [{ limit: 1, per: 1, weight: "2" }, "task t: rateLimit.weight"],
  ])("%j is refused: %s", (options, says) => {
    expect(() => resolveTaskRate(options as RateLimitOptions, "task t: rateLimit")).toThrow(says);
  });
});
