import { describe, expect, test } from "vitest";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { TaskEntryOptions } from "../../src/beat/entry-options.js";
import { type EntryState, foretell } from "../../src/beat/foretell.js";
import { cursorAfter } from "../../src/beat/occurrences.js";
import { clocked, crontab, every } from "../../src/schedules/index.js";
import { World } from "./harness.js";

const at = (text: string): number => Date.parse(`2027-01-01T${text}Z`);
const date = (text: string): Date => new Date(at(text));
const time = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
const entryOf = (options: Partial<TaskEntryOptions>) =>
  resolveEntry("e", { task: "t", schedule: every("1h"), ...options }, { timezone: "UTC" });

/** The first four runs, and why no other follows. */
function told(
  options: Partial<TaskEntryOptions>,
  state: EntryState | null = null,
  now = "00:00",
  from = now,
) {
  const runs = foretell(entryOf(options), state, at(now), at(from));
  const lines: string[] = [];
  for (let step = runs.next(); ; step = runs.next()) {
    if (step.done === true) return [...lines, step.value];
    if (lines.length === 4) return lines;
    const { due, sentAt, late } = step.value;
    lines.push(time(due) + (sentAt === due ? "" : ` at ${time(sentAt)}`) + (late ? " late" : ""));
  }
}

test.each<[string, Partial<TaskEntryOptions>, string[]]>([
  ["nothing until now is due", {}, ["01:00", "02:00", "03:00", "04:00"]],
  ["startAt moves no phase", { startAt: date("05:30") }, ["06:00", "07:00", "08:00", "09:00"]],
  ["endAt is excluded", { endAt: date("03:00") }, ["01:00", "02:00", "ended"]],
  ["endAt is over", { endAt: date("00:00") }, ["ended"]],
  ["nothing lies between", { startAt: date("01:10"), endAt: date("01:50") }, ["ended"]],
  ["two runs are all it has", { maxRuns: 2 }, ["01:00", "02:00", "max-runs"]],
  ["its one instant is over", { schedule: clocked(date("00:00")) }, ["ended"]],
  ["its one instant comes", { schedule: clocked(date("00:01")) }, ["00:01", "ended"]],
  ["its date never comes", { schedule: crontab("0 0 30 2 *") }, ["ended"]],
  ["it is switched off", { enabled: false }, ["disabled"]],
  ["it has no due times", { schedule: crontab("@reboot") }, ["at-start"]],
  ["its start is over", { schedule: crontab("@reboot"), endAt: date("00:00") }, ["ended"]],
])("a new entry at midnight, %s: %j gives %j", (_, options, expected) => {
  expect(told(options)).toEqual(expected);
});

test("jitter is in the instant of sending, and not in the due time", () => {
  const [first] = foretell(entryOf({ jitter: "30m" }), null, at("00:00"));
  expect(first!.due).toBe(at("01:00"));
  expect(first).toMatchObject({
    sentAt: cursorAfter(entryOf({ jitter: "30m" }), at("00:00"))!.dispatchAt,
    late: false,
  });
  expect(first!.sentAt).toBeGreaterThan(first!.due);
});

describe("a stored entry", () => {
  const stateAt = (cursor: string, more: Partial<EntryState> = {}): EntryState => {
    const due = at(cursor);
    return { cursor: { due, dispatchAt: due }, runs: 0, pausedAt: null, disabled: null, ...more };
  };

  test.each<[string, Partial<TaskEntryOptions>, EntryState, string, string[]]>([
    ["goes on at its cursor", {}, stateAt("03:00"), "00:30", ["03:00", "04:00", "05:00", "06:00"]],
    ["has one run left", { maxRuns: 3 }, stateAt("03:00", { runs: 2 }), "02:30", ["03:00", "max-runs"]],
    ["has none left", { maxRuns: 3 }, stateAt("03:00", { runs: 3 }), "02:30", ["max-runs"]],
    ["is paused", {}, stateAt("03:00", { pausedAt: 1 }), "02:30", ["paused"]],
    ["has left the code", {}, stateAt("03:00", { disabled: "left-code" }), "02:30", ["left-code"]],
    [
      "catches up the newest",
      {},
      stateAt("01:00"),
      "04:30",
      ["04:00 at 04:30 late", "05:00", "06:00", "07:00"],
    ],
    [
      "catches up each, and they count",
      { misfire: "all", maxRuns: 3 },
      stateAt("01:00"),
      "02:30",
      ["01:00 at 02:30 late", "02:00 at 02:30 late", "03:00", "max-runs"],
    ],
    ["catches up none", { misfire: "skip" }, stateAt("01:00"), "02:30", ["03:00", "04:00", "05:00", "06:00"]],
    ["is due now, which is not late", {}, stateAt("01:00"), "01:00", ["01:00", "02:00", "03:00", "04:00"]],
    [
      "was missed to its end",
      { endAt: date("03:00"), misfire: "skip" },
      stateAt("01:00"),
      "05:00",
      ["ended"],
    ],
  ])("%s: %j, %j at %s gives %j", (_, options, state, now, expected) => {
    expect(told(options, state, now)).toEqual(expected);
  });

  test("counts the runs before the instant from which one asks", () => {
    expect(told({ maxRuns: 4 }, stateAt("01:00"), "00:30", "02:30")).toEqual(["03:00", "04:00", "max-runs"]);
    expect(told({ maxRuns: 1e9 }, stateAt("01:00"), "00:30", "02:30")).toEqual([
      ...["03:00", "04:00", "05:00", "06:00"],
    ]);
  });

  test("counts what is caught up for `max` also where a plan is cut", () => {
    const entry = entryOf({ schedule: every("100ms"), misfire: { policy: "all", max: 3 } });
    const state = { ...stateAt("00:00"), cursor: { due: 100, dispatchAt: 100 } };
    let late = 0;
    for (const run of foretell(entry, state, 150_000_000)) {
      if (run.sentAt > 150_000_000) break;
      if (run.late) late++;
    }
    expect(late).toBe(3);
  });
});

test("app.schedules.next gives what is caught up, and not what is missed for good", async () => {
  const world = new World("2027-01-01T00:00:00Z");
  const schedules = world.schedules();
  await schedules.set("e", { task: "t", schedule: every("1h"), maxRuns: 3 });
  await schedules.set("boot", { task: "t", schedule: crontab("@reboot") });
  // No beat has led meanwhile.
  await world.clock.advance(3.5 * 3_600_000);
  const next = async (options: Parameters<typeof schedules.next>[1]) =>
    (await schedules.next("e", options)).map((due) => time(due.getTime()));
  expect(await next({ count: 9 })).toEqual(["03:00", "04:00", "05:00"]);
  expect(await next({ count: 9, after: date("03:00") })).toEqual(["04:00", "05:00"]);
  expect(await schedules.next("boot")).toEqual([]);
});
