/** Windows with the Sun: where their pieces begin and end, what is refused, and what is linted. */
import { expect, test } from "vitest";
import {
  crontab,
  during,
  every,
  isSunbeatError,
  solar,
  type BuiltInSchedule,
  type Edge,
  type TimeWindow,
  type WindowOptions,
} from "../../src/index.js";

const at = (text: string): number => Date.parse(`${text}Z`);
const minute = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString().slice(0, 16);
const TROMSO = [69.6492, 18.9553] as const;
const STOCKHOLM = [59.3293, 18.0686] as const;
const oslo = { timezone: "Europe/Oslo" } as const;
const stockholm = { timezone: "Europe/Stockholm" } as const;
const [rise, set] = [solar("sunrise", ...TROMSO), solar("sunset", ...TROMSO)];
const [dawn, dusk] = [solar("sunrise", ...STOCKHOLM), solar("sunset", ...STOCKHOLM)];
const late = solar("sunset", ...STOCKHOLM, { notBefore: "21:00", ...stockholm });

/** Minutes in which pieces begin and end, as [first minute inside, first minute outside]. */
function pieces(window: TimeWindow, after: string, count: number): (string | null)[][] {
  const [inside, outside] = [every("1m").only(window), every("1m").except(window)];
  const found: (string | null)[][] = [];
  for (let from = at(after); found.length < count;) {
    const begin = inside.next(from)!;
    const end = outside.next(begin)!;
    expect([outside.previous(end), inside.previous(end), inside.previous(begin)]).toEqual([
      outside.previous(begin),
      end - 60_000,
      inside.previous(from + 1),
    ]);
    found.push([minute(begin), minute(end)]);
    from = end;
  }
  return found;
}

test.each<[string, TimeWindow, string, [string, string][]]>([
  [
    "daylight ends with the last sunrise before the polar night",
    during(rise, set),
    "2027-11-26T00:00",
    [
      ["2027-11-26T09:54", "2027-11-26T11:09"],
      ["2027-11-27T10:13", "2027-11-27T10:51"],
      ["2028-01-15T10:43", "2028-01-15T11:05"],
    ],
  ],
  [
    "and stays open in the midnight sun",
    during(rise, set),
    "2027-05-16T22:00",
    [
      ["2027-05-16T23:22", "2027-05-17T22:19"],
      ["2027-05-17T23:02", "2027-07-26T22:18"],
    ],
  ],
  [
    "night is the mirror of that",
    during(set, rise),
    "2027-05-16T12:00",
    [
      ["2027-05-16T21:59", "2027-05-16T23:22"],
      ["2027-05-17T22:19", "2027-05-17T23:02"],
      ["2027-07-26T22:18", "2027-07-26T23:26"],
    ],
  ],
  [
    "moved edges that cross leave a short winter day empty",
    during(rise.offset("1h"), set.offset("-1h")),
    "2027-11-23T00:00",
    [
      ["2027-11-23T10:21", "2027-11-23T10:40"],
      ["2028-01-19T10:48", "2028-01-19T11:03"],
      ["2028-01-20T10:40", "2028-01-20T11:12"],
    ],
  ],
  [
    "one event with two offsets is paired with itself",
    during(dusk.offset("-1h"), dusk.offset("1h")),
    "2027-06-07T12:00",
    [
      ["2027-06-07T18:58", "2027-06-07T20:58"],
      ["2027-06-08T18:59", "2027-06-08T20:59"],
    ],
  ],
  [
    "an end that has passed by sunset leaves the day empty, not open all night",
    during(dusk, "22:00", stockholm),
    "2027-06-08T12:00",
    [
      ["2027-06-08T19:59", "2027-06-08T20:00"],
      ["2027-07-09T19:59", "2027-07-09T20:00"],
    ],
  ],
  [
    "26:00 is two in the night after",
    during(dusk, "26:00", stockholm),
    "2027-06-08T12:00",
    [
      ["2027-06-08T19:59", "2027-06-09T00:00"],
      ["2027-06-09T20:00", "2027-06-10T00:00"],
    ],
  ],
  [
    "from a time until sunrise",
    during("04:00", dawn, stockholm),
    "2027-06-07T00:00",
    [
      ["2027-07-17T02:00", "2027-07-17T02:01"],
      ["2027-07-18T02:00", "2027-07-18T02:03"],
    ],
  ],
  [
    "a sunset past midnight belongs to the day before it",
    during(set, "24:30", oslo),
    "2027-07-25T12:00",
    [
      ["2027-07-26T22:18", "2027-07-26T22:30"],
      ["2027-07-27T22:02", "2027-07-27T22:30"],
    ],
  ],
  [
    "the night that begins on a Friday",
    during(dusk, dawn, { days: "fri", ...stockholm }),
    "2027-06-07T12:00",
    [
      ["2027-06-11T20:02", "2027-06-12T01:33"],
      ["2027-06-18T20:08", "2027-06-19T01:31"],
    ],
  ],
  [
    "days judge the date on which a piece begins, Tuesday 00:18, also where the event is Monday's",
    during(set, "26:00", { days: "tue", ...oslo }),
    "2027-07-25T12:00",
    [
      ["2027-07-26T22:18", "2027-07-27T00:00"],
      ["2027-08-03T21:01", "2027-08-04T00:00"],
    ],
  ],
  [
    "an edge may be bounded by the clock, and moved after that",
    during(late.offset("30m"), "23:00", stockholm),
    "2027-04-07T12:00",
    [
      ["2027-04-07T19:30", "2027-04-07T21:00"],
      ["2027-04-08T19:30", "2027-04-08T21:00"],
    ],
  ],
  [
    "an event beside another schedule is one of two schedules",
    during(dusk, crontab("0 22 * * *"), { days: "mon" }),
    "2027-04-01T00:00",
    [
      ["2027-04-05T17:40", "2027-04-05T22:00"],
      ["2027-04-12T17:56", "2027-04-12T22:00"],
    ],
  ],
  [
    "a piece that several starts keep open begins with the first",
    during(crontab("0 12 * * *"), crontab("0 6 * * wed"), { days: "wed" }),
    "2027-04-07T11:00",
    [["2027-04-07T12:00", "2027-04-14T06:00"]],
  ],
])("%s", (_because, window, after, expected) => {
  expect(pieces(window, after, expected.length)).toEqual(expected);
});

test.each<[string, Edge, Edge, WindowOptions, string]>([
  ["clamp", solar("sunset", 1, 1, { polar: "clamp" }), "22:00", {}, "from"],
  ["a time in the polar night", "04:00", solar("sunrise", 1, 1, { polar: { at: "06:00" } }), {}, "to"],
  ["a moved one", solar("sunset", 1, 1, { polar: { at: "06:00" } }).offset("1h"), "22:00", {}, "from"],
  ["a portion of the night", solar("dawn_civil", 1, 1, { polar: { night: 0.5 } }), dusk, {}, "from"],
  ["a time past midnight that opens", "26:00", dawn, {}, "from"],
  ["a time of the day after the next", dusk, "48:00", {}, "to"],
  ["a time beside another schedule", crontab("0 0 * * *"), "22:00", {}, "edges"],
  ["a custom edge that cannot look back", { next: (after: number) => after + 1 }, dusk, {}, "from"],
  ["an inclusive end beside the Sun", dusk, "22:00", { inclusive: true }, "inclusive"],
])("refuses %s as an edge", (_what, from, to, options, field) => {
  try {
    during(from, to, options);
  } catch (error) {
    if (!isSunbeatError(error)) throw error;
    expect([error.code, error.details["field"]]).toEqual(["SUNBEAT_WINDOW_INVALID", field]);
    return;
  }
  expect.unreachable();
});

const hourly = (from: Edge, to: Edge, options: WindowOptions = {}): BuiltInSchedule =>
  every("1h").between(from, to, options);

test.each<[string, BuiltInSchedule, string[]]>([
  ["daylight in Stockholm", hourly(dawn, dusk), []],
  ["until 26:00", hourly(dusk, "26:00", stockholm), []],
  [
    "until 22:00",
    hourly(dusk, "22:00", stockholm),
    [
      '"from sunset at 59.3293 N, 18.0686 E until before 22:00 (Europe/Stockholm)" is empty on 28 of the next 365 days, ' +
        "first on 2027-06-10",
    ],
  ],
  [
    "until 22:00 on Mondays",
    hourly(dusk, "22:00", { days: "mon", ...stockholm }),
    [
      '"from sunset at 59.3293 N, 18.0686 E until before 22:00 on Monday (Europe/Stockholm)" is empty on 4 of the next ' +
        "365 days, first on 2027-06-14",
    ],
  ],
  [
    "daylight in Tromso",
    hourly(rise, set, oslo),
    [
      '"from sunrise at 69.6492 N, 18.9553 E until before sunset at 69.6492 N, 18.9553 E (Europe/Oslo)" is empty on 48 of ' +
        "the next 365 days, first on 2027-01-01",
      '"from sunrise at 69.6492 N, 18.9553 E until before sunset at 69.6492 N, 18.9553 E (Europe/Oslo)" never closes on ' +
        "69 of the next 365 days, first on 2027-05-19",
    ],
  ],
])("lints of %s", (_what, schedule, expected) => {
  const lints = schedule
    .lints({ from: at("2027-01-01T00:00") })
    .filter(({ code }) => code === "window-empty");
  expect(lints.map(({ message }) => message)).toEqual(expected);
});

test("row 18: from sunset until 22:00, in Stockholm, within a minute of the edge", () => {
  const schedule = every("30m").between(dusk, "22:00", stockholm);
  const due = schedule.next(at("2027-06-21T12:00"))!;
  expect(["2027-07-25T19:30", "2027-07-26T19:30"]).toContain(minute(due));
  const edge = dusk.next(at("2027-07-25T12:00"))!;
  expect(Math.abs(edge - at("2027-07-25T19:30"))).toBeLessThan(60_000);
  expect(minute(schedule.next(at("2027-07-27T00:00")))).toBe("2027-07-27T19:30");
  expect(schedule.previous(at("2027-07-27T19:30") + 1)).toBe(at("2027-07-27T19:30"));
});
