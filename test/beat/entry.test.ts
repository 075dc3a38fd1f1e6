import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryFromDefinition } from "../../src/beat/definition.js";
import { argsOf, type Entry } from "../../src/beat/entry.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import {
  clocked,
  crontab,
  every,
  registerSchedule,
  type Schedule,
  solar,
} from "../../src/schedules/index.js";
import { OVERLAP_POLICIES } from "../../src/store/contracts/index.js";

const resolve = (options: object, name = "e"): Entry =>
  resolveEntry(name, options as EntryOptions, { timezone: "Europe/Paris" });
const MINIMAL = { task: "t", schedule: 30 };

test("fills in every default", () => {
  expect(resolve(MINIMAL)).toEqual({
    ...{ name: "e", task: "t", schedule: every(30), args: [], options: {}, enabled: true, description: null },
    misfire: { policy: "latest", withinMs: 86_400_000, max: 1_000 },
    ...{ lock: null, alert: null },
    overlap: { policy: "allow", timeoutMs: null, graceMs: 30_000 },
    ...{ jitterMs: 0, ownJitterMs: null, startAt: null, endAt: null, maxRuns: null },
    scheduleText: '{"everyMs":30000,"type":"interval"}',
    ...{
      atStart: false,
      codeArgs: false,
      codeSchedule: false,
      calendars: [],
      isZoned: false,
      renamedFrom: null,
    },
    withCalendars: expect.any(Function) as unknown,
    definition: '{"schedule":{"everyMs":30000,"type":"interval"},"task":"t"}',
    revision: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  });
});

describe("what is refused names the entry and what to do", () => {
  const circular: unknown[] = [];
  circular.push(circular);
  test.each<[string, object, string, RegExp]>([
    ["no task", { schedule: 30 }, "SUNBEAT_ENTRY_INVALID", /^entry "e": task: expected text/],
    ["no schedule", { task: "t" }, "SUNBEAT_ENTRY_INVALID", /^entry "e": schedule: expected a schedule/],
    [
      "nothing",
      null as unknown as object,
      "SUNBEAT_ENTRY_INVALID",
      /^entry "e": expected an object, got null/,
    ],
    [
      "a text as schedule",
      { task: "t", schedule: "* * * * *" },
      "SUNBEAT_SCHEDULE_INVALID",
      /^entry "e": .*crontab\(/,
    ],
    ["an interval that is too short", { task: "t", schedule: 0 }, "SUNBEAT_INTERVAL_INVALID", /^entry "e": /],
    [
      "a misspelt key",
      { ...MINIMAL, shedule: 1 },
      "SUNBEAT_OPTION_UNKNOWN",
      /^entry "e": unknown option "shedule" \(did you mean "schedule"\?\)/,
    ],
    [
      "a lock that is a number",
      { ...MINIMAL, lock: 5 as never },
      "SUNBEAT_ENTRY_INVALID",
      /^entry "e": lock: expected a name, or \{ name, capacity \}, got 5$/,
    ],
    ["a lock without a name", { ...MINIMAL, lock: "" }, "SUNBEAT_ENTRY_INVALID", /^entry "e": lock/],
    [
      "a misspelt send option",
      { ...MINIMAL, options: { que: "x" } },
      "SUNBEAT_OPTION_UNKNOWN",
      /^entry "e": .*did you mean "queue"/,
    ],
    [
      "an id for every run",
      { ...MINIMAL, options: { taskId: "x" } },
      "SUNBEAT_ENTRY_INVALID",
      /^entry "e": options.taskId: expected nothing/,
    ],
    [
      "arguments that are no list",
      { ...MINIMAL, args: { a: 1 } },
      "SUNBEAT_ENTRY_INVALID",
      /^entry "e": args: expected an array/,
    ],
    [
      "arguments JSON would change",
      { ...MINIMAL, args: [{ at: new Date(0) }] },
      "SUNBEAT_PAYLOAD_INVALID",
      /^entry "e": args\[0\]\.at: a Date/,
    ],
    [
      "arguments that contain themselves",
      { ...MINIMAL, args: circular },
      "SUNBEAT_PAYLOAD_INVALID",
      /^entry "e": args\[0\] is args again, so it has no JSON form/,
    ],
    [
      "an unknown policy",
      { ...MINIMAL, misfire: "last" },
      "SUNBEAT_ENTRY_INVALID",
      /^entry "e": misfire: expected "all" or "latest" or "skip"/,
    ],
    [
      "a misspelt policy key",
      { ...MINIMAL, misfire: { polcy: "all" } },
      "SUNBEAT_OPTION_UNKNOWN",
      /did you mean "policy"/,
    ],
    [
      "max without all",
      { ...MINIMAL, misfire: { max: 3 } },
      "SUNBEAT_ENTRY_INVALID",
      /misfire.max: expected nothing under "latest"/,
    ],
    [
      "within under skip",
      { ...MINIMAL, misfire: { policy: "skip", within: 3 } },
      "SUNBEAT_ENTRY_INVALID",
      /misfire.within/,
    ],
    [
      "a cap beyond one step",
      { ...MINIMAL, misfire: { policy: "all", max: 10_001 } },
      "SUNBEAT_ENTRY_INVALID",
      /from 1 to 10000/,
    ],
    [
      "an unknown overlap",
      { ...MINIMAL, overlap: "wait" },
      "SUNBEAT_ENTRY_INVALID",
      /overlap: expected "allow"/,
    ],
    ["negative jitter", { ...MINIMAL, jitter: -1 }, "SUNBEAT_ENTRY_INVALID", /jitter: expected a duration/],
    [
      "a jitter nobody can read",
      { ...MINIMAL, jitter: "soon" },
      "SUNBEAT_DURATION_INVALID",
      /^entry "e": jitter/,
    ],
    [
      "an end before the start",
      { ...MINIMAL, startAt: 2_000, endAt: 1_000 },
      "SUNBEAT_ENTRY_INVALID",
      /endAt: expected an instant after startAt/,
    ],
    [
      "a start without offset",
      { ...MINIMAL, startAt: "2027-01-01T00:00" },
      "SUNBEAT_ENTRY_INVALID",
      /startAt: expected an instant/,
    ],
    [
      "no runs",
      { ...MINIMAL, maxRuns: 0 },
      "SUNBEAT_ENTRY_INVALID",
      /maxRuns: expected a whole number of at least 1/,
    ],
    [
      "enabled as text",
      { ...MINIMAL, enabled: "no" },
      "SUNBEAT_ENTRY_INVALID",
      /enabled: expected true or false/,
    ],
  ])("%s", (_, options, code, message) => {
    expect(() => resolve(options)).toThrowError(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error,
    );
  });

  test.each([
    ["an empty one", ""],
    ["a long one", "x".repeat(256)],
    ["one with a line break", "a\nb"],
    ["half a character", "\ud800"],
  ])("a name: %s", (_, name) => {
    expect(() => resolve(MINIMAL, name)).toThrowError(
      expect.objectContaining({
        code: "SUNBEAT_ENTRY_INVALID",
        message: expect.stringContaining("name:") as string,
      }) as Error,
    );
  });
});

test("the app's zone is the crontab's, unless it has one", () => {
  const zoneOf = (entry: Entry) => (JSON.parse(entry.scheduleText) as { timezone?: string }).timezone;
  expect(zoneOf(resolve({ task: "t", schedule: crontab("0 2 * * *") }))).toBe("Europe/Paris");
  expect(zoneOf(resolve({ task: "t", schedule: crontab("0 2 * * *", { timezone: "UTC" }) }))).toBe("UTC");
});

test("an H in a crontab is spread by the entry's name", () => {
  const schedule = crontab("H H * * *", { extended: true });
  const texts = ["a", "b", "c"].map((name) => resolve({ task: "t", schedule }, name).schedule.next(0));
  expect(new Set(texts).size).toBe(3);
});

describe("the revision", () => {
  test.each<[string, object, object, boolean]>([
    [
      "other spellings of one thing",
      { misfire: "latest", options: { expires: "1m" } },
      { misfire: { within: "1d" }, options: { expires: 60 } },
      true,
    ],
    ["the order of keys", { args: [{ a: 1, b: 2 }] }, { args: [{ b: 2, a: 1 }] }, true],
    ["defaults written out", {}, { enabled: true, overlap: "allow", args: [], options: {} }, true],
    ["no jitter, whatever the app's spread is", {}, { jitter: 0 }, false],
    ["other arguments", { args: [1] }, { args: [2] }, false],
    ["another task", {}, { task: "u" }, false],
    ["another description", {}, { description: "x" }, false],
    ["a text for a number", { args: [1] }, { args: ["1"] }, false],
    ["a function for arguments", {}, { args: () => [] }, false],
    [
      "seconds for an instant",
      { options: { expires: 60 } },
      { options: { expires: new Date(60_000) } },
      false,
    ],
  ])("of %s", (_, a, b, equal) => {
    expect(resolve({ ...MINIMAL, ...a }).revision === resolve({ ...MINIMAL, ...b }).revision).toBe(equal);
  });

  test("of a custom schedule changes with what its toJSON tells", () => {
    const custom = (days: number) => ({ next: () => null, toJSON: () => ({ type: "workdays", days }) });
    const [five, six] = [5, 6].map((days) => resolve({ task: "t", schedule: custom(days) }));
    expect(five!.codeSchedule).toBe(true);
    expect(five!.revision).not.toBe(six!.revision);
  });
});

test("what the caller does to its arguments later changes nothing", () => {
  const args = [{ n: 1 }];
  const entry = resolve({ ...MINIMAL, args });
  args[0]!.n = 2;
  expect(argsOf(entry, 0)).toEqual([{ n: 1 }]);
});

describe("a definition reads back as the entry that wrote it", () => {
  const durations = fc.integer({ min: 1, max: 1e6 });
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const options = fc.record({
    task: fc.constantFrom("a", "b.c"),
    schedule: fc.constantFrom<Schedule>(
      every(30),
      crontab("*/5 2 * * mon", { dst: "skip" }),
      crontab("@reboot"),
      solar("sunset", 10, 20),
      clocked(5_000),
    ),
    args: optional(
      fc.array(
        fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes("__proto__")),
        { maxLength: 3 },
      ),
    ),
    options: optional(
      fc.record(
        {
          expires: fc.oneof(
            durations,
            durations.map((ms) => new Date(ms)),
          ),
          countdown: durations,
          queue: fc.constantFrom("q", "fast"),
          priority: fc.integer({ min: 0, max: 9 }),
          headers: fc.constant({ trace: "1" }),
          ignoreResult: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    ),
    enabled: optional(fc.boolean()),
    misfire: fc.oneof(
      fc.constantFrom(undefined, "all", "latest", "skip"),
      fc.record({ policy: fc.constant("all"), within: durations, max: fc.integer({ min: 1, max: 10_000 }) }),
    ),
    overlap: optional(fc.constantFrom(...OVERLAP_POLICIES)),
    overlapTimeout: optional(durations),
    jitter: optional(durations),
    startAt: optional(fc.integer({ min: 0, max: 1e12 })),
    endAt: optional(fc.integer({ min: 1e12 + 1, max: 2e12 })),
    maxRuns: optional(durations),
    description: optional(fc.string({ maxLength: 20 })),
  });

  test("whatever its options", () => {
    fc.assert(
      fc.property(options, (given) => {
        const entry = resolve(given);
        const read = entryFromDefinition(entry);
        const functions = { schedule: null, withCalendars: null };
        expect({ ...read, ...functions }).toEqual({ ...entry, ...functions });
        expect(read.schedule.toJSON?.()).toEqual(entry.schedule.toJSON?.());
      }),
    );
  });

  test("with stand-ins for what only code can give", () => {
    const entry = resolve({ task: "t", schedule: { next: () => 5 }, args: () => [1] });
    const read = entryFromDefinition(entry);
    expect(read).toMatchObject({ codeArgs: true, codeSchedule: true, revision: entry.revision });
    expect(read.schedule.next(0)).toBeNull();
  });

  test("with a registered custom schedule", () => {
    class Weekly {
      constructor(readonly days: number) {}
      next(after: number): number {
        return after + this.days;
      }
      toJSON() {
        return { type: "test-weekly", days: this.days };
      }
    }
    registerSchedule("test-weekly", { fromJSON: ({ days }) => new Weekly(days as number) });
    const entry = resolve({ task: "t", schedule: new Weekly(7) });
    expect(entry.codeSchedule).toBe(false);
    expect(entryFromDefinition(entry).schedule.next(1)).toBe(8);
  });

  test("but a wrapper that passes on another's JSON is code, not that other one", () => {
    const inner = every(60);
    const schedule: Schedule = { next: (after) => inner.next(after + 5), toJSON: () => inner.toJSON() };
    expect(resolve({ task: "t", schedule }).codeSchedule).toBe(true);
  });
});

test.each<[string, unknown]>([
  ["not JSON", "{"],
  ["a list", []],
  ["null", null],
  ["no schedule", { task: "t" }],
  ["no task", { schedule: { type: "interval", everyMs: 1_000 } }],
  ["a key of a newer version", { task: "t", schedule: { type: "interval", everyMs: 1_000 }, moon: 1 }],
  ["an unknown schedule", { task: "t", schedule: { type: "lunar" } }],
  ["a broken misfire", { task: "t", schedule: { type: "interval", everyMs: 1_000 }, misfire: 5 }],
  ["broken options", { task: "t", schedule: { type: "interval", everyMs: 1_000 }, options: null }],
])("a stored definition that is %s is a typed error that names the entry", (_, value) => {
  const definition = typeof value === "string" ? value : JSON.stringify(value);
  expect(() => entryFromDefinition({ name: "e", definition, revision: "r" })).toThrowError(
    expect.objectContaining({
      code: "SUNBEAT_ENTRY_INVALID",
      message: expect.stringMatching(/^entry "e": its stored definition cannot be read/) as string,
    }) as Error,
  );
});
