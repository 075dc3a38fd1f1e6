import { describe, expect, test } from "vitest";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { TaskEntryOptions } from "../../src/beat/entry-options.js";
import type { Decision } from "../../src/beat/misfire.js";
import { cursorAfter, occurrenceId, restartCursor } from "../../src/beat/occurrences.js";
import { planDue } from "../../src/beat/planner.js";
import { clocked, crontab, every, type Schedule, solar } from "../../src/schedules/index.js";

const at = (text: string): number => Date.parse(`2027-01-01T${text}Z`);
const entryOf = (options: Partial<TaskEntryOptions>, name = "e") =>
  resolveEntry(name, { task: "t", schedule: every("10m"), ...options }, { timezone: "UTC" });

function lines(decisions: readonly Decision[]): string[] {
  const time = (ms: number) => new Date(ms).toISOString().slice(11, 19);
  return decisions.map((decision) => {
    if (decision.kind === "send") return `${time(decision.due)} send`;
    if (decision.kind === "skip") return `${time(decision.due)} ${decision.reason}`;
    return `${time(decision.from)}-${time(decision.to)} ${decision.count} ${decision.reason}`;
  });
}

describe("what becomes of due times, every 10 minutes from 10:10", () => {
  test.each<[string, TaskEntryOptions["misfire"] & {}, string[], string]>([
    ["10:10:00", "latest", ["10:10:00 send"], "it is on time"],
    ["10:10:01", "skip", ["10:10:00 send"], "a second is the grace"],
    ["10:10:01.001", "skip", ["10:10:00 late"], "more than a second is late"],
    ["10:35:00", "skip", ["10:10:00-10:30:00 3 late"], "skip runs none"],
    ["10:30:00", "skip", ["10:10:00-10:20:00 2 late", "10:30:00 send"], "the last is on time"],
    ["10:35:00", "latest", ["10:10:00-10:20:00 2 coalesced", "10:30:00 send"], "only the newest runs"],
    [
      "10:30:00",
      "latest",
      ["10:10:00 coalesced", "10:20:00 send", "10:30:00 send"],
      "what is not late always runs",
    ],
    [
      "11:25:00",
      { policy: "latest", within: "30m" },
      ["10:10:00-10:50:00 5 too-late", "11:00:00-11:10:00 2 coalesced", "11:20:00 send"],
      "older than within is too late",
    ],
    ["10:15:00", { policy: "latest", within: "4m" }, ["10:10:00 too-late"], "none is inside"],
    ["10:15:00", { policy: "latest", within: "5m" }, ["10:10:00 send"], "within is inclusive"],
    ["10:35:00", "all", ["10:10:00 send", "10:20:00 send", "10:30:00 send"], "oldest first"],
    [
      "11:05:00",
      { policy: "all", within: "45m", max: 2 },
      ["10:10:00 too-late", "10:20:00 send", "10:30:00 send", "10:40:00-11:00:00 3 cap"],
      "within, then the oldest up to max",
    ],
    [
      "11:00:00",
      { policy: "all", max: 2 },
      ["10:10:00 send", "10:20:00 send", "10:30:00-10:50:00 3 cap", "11:00:00 send"],
      "the cap is for late ones",
    ],
  ])("at %s under %j: %j, since %s", (now, misfire, expected) => {
    const entry = entryOf({ misfire });
    const cursor = cursorAfter(entry, at("10:00:00"))!;
    const plan = planDue(entry, { cursor, runs: 0 }, at(now));
    expect(lines(plan.decisions)).toEqual(expected);
  });
});

test("by default one run of the last day is caught up", () => {
  const entry = entryOf({ schedule: every("12h") });
  const cursor = cursorAfter(entry, at("00:00:00"))!;
  const plan = planDue(entry, { cursor, runs: 0 }, at("00:00:00") + 3.6 * 86_400_000);
  expect(plan.decisions).toEqual([
    {
      kind: "range",
      from: cursor.due,
      to: cursor.due + 4 * 43_200_000,
      count: 5,
      reason: "too-late",
    },
    { kind: "skip", due: cursor.due + 5 * 43_200_000, reason: "coalesced" },
    { kind: "send", due: cursor.due + 6 * 43_200_000 },
  ]);
});

test("a year of missed minutes is one range and one run", () => {
  const entry = entryOf({ schedule: crontab("* * * * *"), misfire: { policy: "latest", within: 60 } });
  const start = Date.UTC(2027, 0, 1);
  const cursor = cursorAfter(entry, start)!;
  const plan = planDue(entry, { cursor, runs: 0 }, Date.UTC(2028, 0, 1) + 2_000);
  expect(plan.decisions).toEqual([
    {
      kind: "range",
      from: start + 60_000,
      to: Date.UTC(2027, 11, 31, 23, 59),
      count: 525_599,
      reason: "too-late",
    },
    { kind: "send", due: Date.UTC(2028, 0, 1) },
  ]);
});

test("late ones that were sent before count for max", () => {
  const entry = entryOf({ schedule: every("10m"), misfire: { policy: "all", max: 3 } });
  const cursor = cursorAfter(entry, at("10:00:00"))!;
  const kinds = (caughtUp: number) =>
    planDue(entry, { cursor, runs: 9, caughtUp }, at("10:50:05")).decisions.map(({ kind }) => kind);
  expect([0, 2, 3].map(kinds)).toEqual([["send", "send", "send", "range"], ["send", "range"], ["range"]]);
});

test("a plan that is too long is cut, and the next one goes on where it ended", () => {
  const entry = entryOf({ schedule: every("100ms") });
  const cursor = cursorAfter(entry, 0)!;
  const now = 150_000_000;
  const first = planDue(entry, { cursor, runs: 0 }, now);
  expect(first).toEqual({
    decisions: [{ kind: "range", from: 100, to: 100_000_000, count: 1_000_000, reason: "too-late" }]
      .map((range) => ({
        ...range,
        // The last day of it is inside the default `within`.
        ...{ to: 63_599_900, count: 635_999 },
      }))
      .concat([{ kind: "range", from: 63_600_000, to: 100_000_000, count: 364_001, reason: "coalesced" }]),
    next: { due: 100_000_100, dispatchAt: 100_000_100 },
    disable: null,
  });
  const second = planDue(entry, { cursor: first.next!, runs: 0 }, now);
  expect(second.decisions[0]).toEqual({
    ...{ kind: "range", from: 100_000_100, to: 149_998_800, count: 499_988, reason: "coalesced" },
  });
  expect(second.decisions.slice(1).map(({ kind }) => kind)).toEqual(Array(12).fill("send"));
});

describe("startAt, endAt and maxRuns, every 10 minutes", () => {
  test.each<[Partial<TaskEntryOptions>, string[], string | null, string]>([
    [{ startAt: new Date(at("10:20:00")) }, ["10:20:00 send", "10:30:00 send"], null, "startAt is included"],
    [{ startAt: new Date(at("10:21:00")) }, ["10:30:00 send"], null, "startAt does not move the phase"],
    [{ endAt: new Date(at("10:30:00")) }, ["10:10:00 send", "10:20:00 send"], "ended", "endAt is excluded"],
    [
      { endAt: new Date(at("10:30:01")) },
      ["10:10:00 send", "10:20:00 send", "10:30:00 send"],
      "ended",
      "all before endAt",
    ],
    [{ maxRuns: 2 }, ["10:10:00 send", "10:20:00 send"], null, "the third would be one too many"],
    [{ maxRuns: 3 }, ["10:10:00 send", "10:20:00 send", "10:30:00 send"], null, "the store ends it"],
    [{ schedule: clocked(new Date(at("10:15:00"))) }, ["10:15:00 send"], "ended", "one shot"],
  ])("%j: %j, then %s: %s", (options, expected, disable) => {
    const entry = entryOf({ misfire: "all", ...options });
    const cursor = cursorAfter(entry, at("10:00:00"))!;
    const plan = planDue(entry, { cursor, runs: 0 }, at("10:35:00"));
    expect(lines(plan.decisions)).toEqual(expected);
    expect(plan.disable).toBe(disable);
  });

  test("runs that are used up end the entry without a decision", () => {
    const entry = entryOf({ maxRuns: 2 });
    const cursor = cursorAfter(entry, at("10:00:00"))!;
    expect(planDue(entry, { cursor, runs: 2 }, at("10:10:00"))).toEqual({
      ...{ decisions: [], next: null, disable: "max-runs" },
    });
  });
});

test("what waited for a busy beat is judged as of when that began", () => {
  const entry = entryOf({ misfire: "skip" });
  const cursor = cursorAfter(entry, at("10:00:00"))!;
  const plan = planDue(entry, { cursor, runs: 0 }, at("10:10:04"), { judgedAt: at("10:10:01") });
  expect(lines(plan.decisions)).toEqual(["10:10:00 send"]);
});

test("jitter is the same share for every occurrence, and never reaches the next one", () => {
  const entry = entryOf({ jitter: "1h" }, "billing");
  const cursors = [at("10:00:00"), at("10:10:00")].map((after) => cursorAfter(entry, after)!);
  const delays = cursors.map(({ due, dispatchAt }) => dispatchAt - due);
  expect(delays[0]).toBe(delays[1]);
  expect(delays[0]).toBeGreaterThan(0);
  expect(delays[0]).toBeLessThan(600_000);
  expect(cursorAfter(entryOf({ jitter: "1h" }, "other"), at("10:00:00"))).not.toEqual(cursors[0]);
});

test("after an occurrence the search goes on past the schedule's separation", () => {
  // A model that has moved its event by a minute since it was sent.
  const moved: Schedule = {
    next: (after) => Math.ceil((after - 60_000 + 1) / 86_400_000) * 86_400_000 + 60_000,
    separationMs: 600_000,
  };
  const entry = entryOf({ schedule: moved });
  const midnight = Date.UTC(2027, 0, 2);
  const plan = planDue(entry, { cursor: { due: midnight, dispatchAt: midnight }, runs: 0 }, midnight);
  expect(plan.next?.due).toBe(midnight + 86_460_000);
  expect(restartCursor(entry, midnight + 5, { due: midnight, sameSchedule: true })?.due).toBe(
    midnight + 86_460_000,
  );
  expect(restartCursor(entry, midnight + 5, { due: midnight, sameSchedule: false })?.due).toBe(
    midnight + 60_000,
  );
});

describe("the id of an occurrence", () => {
  test.each<[string, Partial<TaskEntryOptions>, string]>([
    ["interval", {}, "e@1798797000000"],
    ["crontab", { schedule: crontab("*/10 * * * *") }, "e@1798797000000"],
  ])("of a schedule of type %s has the instant", (_, options, id) => {
    expect(occurrenceId(entryOf(options), at("09:50:00"))).toBe(id);
  });

  test("of a solar schedule is an index, equal for instants seconds apart", () => {
    const entry = entryOf({ schedule: solar("sunset", 48.85, 2.35) });
    const sunset = entry.schedule.next(at("00:00:00"))!;
    expect(occurrenceId(entry, sunset)).toBe(occurrenceId(entry, sunset + 5_000));
    expect(occurrenceId(entry, sunset)).not.toBe(`e@${sunset}`);
  });

  test("fits a message id also for the longest name, and keeps names apart", () => {
    const [a, b] = ["a", "b"].map((last) => occurrenceId(entryOf({}, "x".repeat(254) + last), 1e12));
    expect(a!.length).toBeLessThanOrEqual(255);
    expect(a).not.toBe(b);
  });
});

describe("a custom schedule that breaks the rule is refused", () => {
  test.each<[(after: number) => number, string]>([
    [(after) => after, "its argument would loop for ever"],
    [(after) => after - 1, "it goes back"],
    [() => NaN, "not an instant"],
    [(after) => after + 0.5, "not whole milliseconds"],
    [() => undefined as unknown as number, "nothing"],
  ])("%s: %s", (next) => {
    const entry = entryOf({ schedule: { next } });
    expect(() => cursorAfter(entry, 1_000)).toThrowError(
      expect.objectContaining({ code: "SUNBEAT_SCHEDULE_INVALID" }) as Error,
    );
  });
});
