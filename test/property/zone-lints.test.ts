/**
 * What lints and notes say of a night of a change, against what `next` does in it: the date that they name is the
 * local date of the run, by offsets that Intl gives.
 */
import { describe, expect, it, test } from "vitest";
import { crontab, type CrontabSchedule, type DstOption } from "../../src/schedules/crontab/crontab.js";
import { zone } from "../../src/schedules/zone.js";
import { referenceOffset } from "../support/crontab-reference.js";

const MINUTE = 60_000;
const DAY = 1_440;

const localText = (localMinute: number): string => new Date(localMinute * MINUTE).toISOString().slice(0, 16);
/** The local time of an instant: "2027-03-28T03:00". */
const localOf = (timezone: string, instant: number): string =>
  localText(instant / MINUTE + referenceOffset(timezone, Math.floor(instant / MINUTE)));

/** A change of a zone's offset: the minute it happens in, and the local minutes that it skips or repeats. */
interface Change {
  readonly timezone: string;
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

function changesOf(timezone: string, from: string, to: string): Change[] {
  const changes: Change[] = [];
  const [first, last] = [Date.parse(from) / MINUTE, Date.parse(to) / MINUTE];
  for (let segment = zone(timezone).at(first); segment.end < last;) {
    segment = zone(timezone).at(segment.end);
    const [before, after] = [segment.previousOffset, segment.offset].map((offset) => segment.start + offset);
    if (before !== after) {
      changes.push({
        timezone,
        at: segment.start,
        from: Math.min(before!, after!),
        to: Math.max(before!, after!),
      });
    }
  }
  return changes.filter((change) => change.to - change.from < DAY);
}

/** Zones whose clocks change at different moments: of those that change at the same ones, the first alone. */
function differentZones(from: string, to: string): string[] {
  const seen = new Set<string>();
  return Intl.supportedValuesOf("timeZone").filter((timezone) => {
    const key = changesOf(timezone, from, to)
      .map((change) => `${change.at} ${change.from}`)
      .join();
    if (key === "" || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** Crontabs that a change meets: at its first, middle and last minute, on its day alone, and as wildcards. */
function crontabsFor({ from, to }: Change): string[] {
  const fixed = [from, Math.floor((from + to) / 2), to - 1].flatMap((minute) => {
    const date = new Date(minute * MINUTE);
    const time = `${date.getUTCMinutes()} ${date.getUTCHours()}`;
    const weekday = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][date.getUTCDay()]!;
    return [
      `${time} * * *`,
      `${time} * * ${weekday}`,
      `${time} ${date.getUTCDate()} ${date.getUTCMonth() + 1} *`,
    ];
  });
  const fields = fixed[0]!;
  const hours = [...new Set([from, to - 1].map((minute) => new Date(minute * MINUTE).getUTCHours()))].join();
  return [
    ...new Set([...fixed, `15 ${fields}`, `*/7 ${hours} * * *`, `0,30 ${hours} * * *`, `0,59 0,23 * * *`]),
  ];
}

const OPTIONS: readonly DstOption[] = [
  "vixie",
  "skip",
  "wall",
  { gap: "shift", fold: "second" },
  { gap: "skip", fold: "both" },
];

/** A run, by its instant and its local time. */
interface Run {
  readonly minute: number;
  readonly local: string;
}

/** All runs within two days of a change, in order. */
function runsAround(schedule: CrontabSchedule, timezone: string, at: number): Run[] {
  const runs: Run[] = [];
  const end = (at + 2 * DAY) * MINUTE;
  for (
    let run = schedule.next((at - 2 * DAY) * MINUTE - 1);
    run !== null && run < end;
    run = schedule.next(run)
  ) {
    runs.push({ minute: Math.floor(run / MINUTE), local: localOf(timezone, run) });
  }
  return runs;
}

/** The minutes that have a local time, in order: two of them in a fold. */
function minutesOf({ timezone, at }: Change, local: string): number[] {
  const offsets = [at - 1, at].map((minute) => referenceOffset(timezone, minute));
  const minutes = offsets.map((offset) => Date.parse(`${local}Z`) / MINUTE - offset);
  return minutes.filter((minute) => localOf(timezone, minute * MINUTE) === local).sort((a, b) => a - b);
}

/** What is wrong with a statement of a lint about a change; undefined: nothing. `matches` are the runs without a zone. */
function wrong(
  message: string,
  change: Change,
  runs: readonly Run[],
  matches: readonly Run[],
): string | undefined {
  const isAt = (local: string) => (run: Run) => run.local === local;
  const moved = /on (\S+) this runs at (\d\d:\d\d), after the gap/.exec(message);
  if (moved !== null) {
    const end = change.at + change.to - change.from;
    const found = runs.filter(isAt(`${moved[1]}T${moved[2]}`));
    return found.some(({ minute }) => minute >= change.at && minute < end) ? undefined : "no such run";
  }
  const nothing = /nothing runs on ([0-9-]+)/.exec(message)?.[1];
  if (nothing !== undefined) {
    if (runs.some(({ local }) => local.startsWith(nothing))) return "something runs on that date";
    return matches.some(({ local }) => local.startsWith(nothing)) ? undefined : "nothing is due on that date";
  }
  const left = /(\d\d:\d\d) is left out on (\S+?)(?::|$)/.exec(message);
  if (left !== null) {
    const local = `${left[2]}T${left[1]}`;
    return !runs.some(isAt(local)) && matches.some(isAt(local)) ? undefined : "it runs, or is not due";
  }
  const twice = /(\d\d:\d\d) comes twice on (\S+): runs (?:once, (first|second) pass|in both passes)/.exec(
    message,
  );
  if (twice === null) return "not understood";
  const local = `${twice[2]}T${twice[1]}`;
  const passes = minutesOf(change, local);
  if (passes.length !== 2) return "that time comes once";
  const expected = twice[3] === undefined ? passes : [passes[twice[3] === "first" ? 0 : 1]];
  const found = runs.filter(isAt(local)).map(({ minute }) => minute);
  return found.join() === expected.join() ? undefined : `runs ${found.length} times, or in the other pass`;
}

const STATEMENTS = ["gap-fixed", "gap-wildcard", "fold", "dst-option"];

/** Compares every statement about one change; returns those that are not so, and counts all. */
function check(change: Change, count: Map<string, number>): string[] {
  const { timezone, at } = change;
  const failures: string[] = [];
  for (const text of crontabsFor(change)) {
    const matches = runsAround(crontab(text), "UTC", at);
    for (const dst of OPTIONS) {
      const schedule = crontab(text, { timezone, dst });
      const runs = runsAround(schedule, timezone, at);
      const near = [localText(at - 2 * DAY), localText(at + 2 * DAY)] as const;
      for (const { code, message } of schedule.lints({ from: (at - DAY) * MINUTE })) {
        const date = /\d{4}-\d\d-\d\d/.exec(message)?.[0] ?? "";
        if (!STATEMENTS.includes(code) || date <= near[0] || date >= near[1].slice(0, 10)) continue;
        count.set(code, (count.get(code) ?? 0) + 1);
        const problem = wrong(message, change, runs, matches);
        if (problem !== undefined)
          failures.push(`${timezone} ${text} ${JSON.stringify(dst)}: ${message}: ${problem}`);
      }
    }
  }
  return failures;
}

describe("a date that a lint names is the local date of the run", () => {
  it("in every zone whose clocks change from 2027 to 2028", () => {
    const count = new Map<string, number>();
    const [from, to] = ["2027-01-01T00:00Z", "2028-12-31T00:00Z"];
    const failures = differentZones(from, to).flatMap((timezone) =>
      changesOf(timezone, from, to).flatMap((change) => check(change, count)),
    );
    expect(failures).toEqual([]);
    for (const code of STATEMENTS) expect(count.get(code)).toBeGreaterThan(100);
  });

  test.each([
    ["America/St_Johns", "2006-01-01", "2011-12-31", "changes at 00:01"],
    ["America/Goose_Bay", "2006-01-01", "2011-12-31", "changes at 00:01"],
    ["America/Sao_Paulo", "2015-01-01", "2019-12-31", "midnight does not exist"],
    ["America/Campo_Grande", "2015-01-01", "2019-12-31", "midnight does not exist"],
    ["America/Asuncion", "2015-01-01", "2024-12-31", "midnight does not exist"],
    ["America/Scoresbysund", "2022-01-01", "2026-12-31", "changed its offset and its hour"],
    ["America/Nuuk", "2021-01-01", "2026-12-31", "changed its offset and its hour"],
    ["Atlantic/Azores", "2000-01-01", "2004-12-31", "midnight does not exist"],
    ["Asia/Tehran", "2017-01-01", "2022-12-31", "midnight does not exist"],
    ["Asia/Amman", "2017-01-01", "2023-12-31", "midnight does not exist"],
    ["Asia/Damascus", "2017-01-01", "2023-12-31", "midnight does not exist"],
    ["Asia/Gaza", "2010-01-01", "2019-12-31", "midnight, one minute past, and one in the morning"],
    ["Asia/Dhaka", "2009-01-01", "2010-12-31", "a gap from 23:00 to 24:00"],
    ["Asia/Karachi", "2008-01-01", "2009-12-31", "midnight does not exist"],
    ["Asia/Pyongyang", "2015-01-01", "2019-12-31", "half an hour over midnight, and one before it"],
    ["America/Caracas", "2007-01-01", "2017-12-31", "half an hour"],
    ["Antarctica/Casey", "2009-01-01", "2024-12-31", "two and three hours"],
    ["Africa/Casablanca", "2012-01-01", "2019-12-31", "four changes a year"],
  ])("in %s from %s to %s: %s", (timezone, from, to) => {
    const changes = changesOf(timezone, `${from}T00:00Z`, `${to}T00:00Z`);
    expect(changes.length).toBeGreaterThan(0);
    expect(changes.flatMap((change) => check(change, new Map()))).toEqual([]);
  });
});
