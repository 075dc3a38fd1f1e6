/**
 * Text of any length where a schedule, a name or a URL is expected: it is refused by a typed error, soon. The figures are
 * printed; what is asserted is only that ten times the text does not take thirty times as long, and the loose bound of
 * two seconds.
 */
import { afterAll, describe, expect, test } from "vitest";
import { maskPassword, parseBrokerUrl } from "../../src/app/broker-url.js";
import { scheduleFromText } from "../../src/cli/schedule-text.js";
import { WrongUsage } from "../../src/cli/usage.js";
import { durationMs } from "../../src/core/duration.js";
import { instantMs } from "../../src/core/instant.js";
import {
  clocked,
  crontab,
  every,
  isSunbeatError,
  scheduleFromJSON,
  solar,
  type SolarEvent,
  Sunbeat,
} from "../../src/index.js";
import { keyspace } from "../../src/store/redis/keys.js";
import { fromWire, fromWord, toWord } from "../../src/store/redis/text.js";
import { decodeBody } from "../../src/tasks/envelope.js";
import { decodeFailure } from "../../src/tasks/failure.js";
import { cli } from "../support/cli.js";
import { costOf, growsTooFast, patternsOf, patternsOfSrc } from "../support/src-patterns.js";

/** For anything at all. */
const LIMIT_MS = 2_000;

describe("regular expressions", () => {
  test("none in src takes more than its share of time over longer text", () => {
    const costs = patternsOfSrc().map((pattern) => ({ ...pattern, ...costOf(pattern, LIMIT_MS) }));
    const [slowest] = [...costs].sort((a, b) => b.large - a.large);
    console.log(
      `${costs.length} patterns; slowest at 10^5 characters: ${slowest?.large.toFixed(1)} ms, ${slowest?.at}`,
    );
    expect(costs.length).toBeGreaterThan(50);
    expect(costs.filter(growsTooFast)).toEqual([]);
  });

  test.each([
    ["quadratic", String.raw`text.replace(/\s*\n\s*/g, " ")`],
    ["quadratic from the middle", String.raw`/a+@/.test(text)`],
    ["exponential", String.raw`/^(a+)+$/.test(text)`],
  ])("it is noticed when one is %s", (_, code) => {
    const [pattern] = patternsOf("made.ts", code);
    expect(growsTooFast(costOf(pattern!, 200))).toBe(true);
  });
});

const app = new Sunbeat("hostile", { broker: "memory:" });
afterAll(() => app.close());

type Reader = (text: string) => unknown;
const READERS: Readonly<Record<string, Reader>> = {
  crontab: (text) => crontab(text),
  "crontab, a field": (text) => crontab({ minute: text }),
  "crontab, zone": (text) => crontab("* * * * *", { timezone: text }),
  every: (text) => every(text),
  clocked: (text) => clocked(text, { timezone: "UTC" }),
  solar: (text) => solar(text as SolarEvent, 0, 0),
  "schedule on the command line": (text) => scheduleFromText(text, {}),
  "stored schedule": (text) => scheduleFromJSON({ type: text }),
  duration: (text) => durationMs(text, "x"),
  instant: (text) => instantMs(text, "x"),
  broker: (text) => parseBrokerUrl(text),
  "broker, after the scheme": (text) => parseBrokerUrl(`redis://${text}`),
  namespace: (text) => keyspace(text),
  "message body": (text) => decodeBody(text),
  "stored failure": (text) => decodeFailure(text),
  "name of a task": (text) => app.task(text, () => undefined),
  "name of an entry": (text) =>
    new Sunbeat("x", { broker: "memory:", beatSchedule: { [text]: { task: "t", schedule: 1 } } }),
  // These read anything.
  "words of a record": (text) => [toWord(fromWord(text)), fromWire(text)],
  "masked URL": (text) => maskPassword(text),
};

const UNITS = [
  "1,",
  "*/",
  "*",
  "1-",
  "a",
  " ",
  "\n",
  "0",
  "../",
  "@",
  "9h",
  "[",
  '{"a":',
  "%",
  "\ud800",
  "é:",
];

/** Of the processor: what the neighbours on the machine take is not counted. */
function usedMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Milliseconds, and what was thrown that is no error of ours. */
function read(reader: Reader, text: string): readonly [ms: number, stranger: unknown] {
  const before = process.cpuUsage();
  let stranger: unknown = null;
  try {
    reader(text);
  } catch (thrown) {
    const error = thrown instanceof WrongUsage ? thrown.cause : thrown;
    if (!isSunbeatError(error) || error.message.length > 1_000) stranger = error;
  }
  return [usedMs(before), stranger];
}

const LENGTHS = [10_000, 100_000];

test.each(Object.keys(READERS))("%s: text of any length is taken or refused by name, soon", (name) => {
  const reader = READERS[name]!;
  const slowest = [0, 0, 0];
  const take = (index: number, unit: string, length: number): number => {
    const [ms, stranger] = read(reader, unit.repeat(length / unit.length));
    expect([unit, length, stranger]).toEqual([unit, length, null]);
    slowest[index] = Math.max(slowest[index]!, ms);
    return ms;
  };
  for (const unit of UNITS) {
    const [small, large] = LENGTHS.map((length, index) => take(index, unit, length));
    // The first of all is warming up.
    expect([unit, growsTooFast({ small: Math.max(small!, 1), large: large! })]).toEqual([unit, false]);
  }
  for (const unit of UNITS.slice(0, 4)) take(2, unit, 1_000_000);
  console.log(`${name}: ${slowest.map((ms) => ms.toFixed(1)).join(", ")} ms at 10^4, 10^5, 10^6 characters`);
  expect(slowest.filter((ms) => ms > LIMIT_MS)).toEqual([]);
});

describe("hostile schedules", () => {
  const minutes = `${"1,".repeat(500_000)}1 * * * *`;

  test("a million characters of one minute are refused", () => {
    expect(() => crontab(minutes)).toThrow(expect.objectContaining({ code: "SUNBEAT_CRONTAB_INVALID" }));
  });

  test.each([
    ["*/1e9 * * * *", "a step is digits"],
    ["*/1000000000 * * * *", "a step above the range"],
    ["0-99999999999999999999 * * * *", "a number that is no number any more"],
    ["* * * * * * * * * *", "too many fields"],
    ["\0 * * * *", "NUL"],
    ["__proto__", "a name of Object.prototype"],
    ["@constructor", "a nickname that is a name of Object.prototype"],
  ])("%j is refused: %s", (text) => {
    expect(() => crontab(text)).toThrow(expect.objectContaining({ code: "SUNBEAT_CRONTAB_INVALID" }));
  });

  test.each([
    ["../../../etc/passwd", "a path"],
    ["Europe/../Paris", "a path that leads to a zone"],
    ["Europe/Paris\0", "NUL"],
    ["__proto__", "a name of Object.prototype"],
    ["+02:00", "an offset"],
    ["", "nothing"],
  ])("the zone %j is refused: %s", (timezone) => {
    expect(() => crontab("0 0 * * *", { timezone })).toThrow(
      expect.objectContaining({ code: "SUNBEAT_TIMEZONE_INVALID" }),
    );
  });

  test.each([
    ["0 0 30 2 *", "30 February"],
    ["0 0 31 4,6,9,11 *", "31 of months of 30 days"],
    ["0 0 29 2 1#5", "a fifth Monday that is 29 February comes every 28 years"],
    ["0 0 30W 2 *", "the weekday nearest to a day that does not exist"],
  ])("%s does not search for ever: %s", (text) => {
    const before = process.cpuUsage();
    crontab(text, { timezone: "Europe/Paris", extended: true }).next(Date.UTC(2027, 0, 1));
    const ms = usedMs(before);
    console.log(`next of ${text}: ${ms.toFixed(1)} ms`);
    expect(ms).toBeLessThan(LIMIT_MS);
  });

  test.each([
    ["minutes", ["schedule", "next", minutes]],
    ["blanks", ["schedule", "next", " ".repeat(1_000_000)]],
    ["a path as a zone", ["schedule", "next", "* * * * *", "--timezone", "../".repeat(10_000)]],
    ["empty lines as an app", ["-A", "\n ".repeat(100_000), "report"]],
  ])("the command line answers with one line: %s", async (_, args) => {
    const { exitCode, stderr } = await cli(args);
    expect(exitCode).toBeGreaterThan(0);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr.length).toBeLessThan(1_000);
  });
});
