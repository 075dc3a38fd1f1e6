import { describe, expect, test } from "vitest";
import { calendar, crontab, isSunbeatError, rrule, scheduleFromJSON, toRRule } from "../../src/index.js";

const iso = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString().replace(/(?::00)?\.000Z$/, "");

/** The instants after one, in short, until there are `count` of them or none follows. */
function instants(schedule: { next(after: number): number | null }, after: string, count: number): string[] {
  const found: string[] = [];
  for (let at = schedule.next(Date.parse(`${after}Z`)); at !== null && found.length < count;) {
    found.push(iso(at)!);
    at = schedule.next(at);
  }
  return found;
}

const PARIS = "DTSTART;TZID=Europe/Paris:";

describe("accepted", () => {
  test.each([
    [
      `${PARIS}20270327T024000\nRRULE:FREQ=DAILY;COUNT=3`,
      "2027-03-26T00:00",
      ["2027-03-27T01:40", "2027-03-29T00:40", "2027-03-30T00:40"],
      "row 15: a time that does not exist is left out and not counted",
    ],
    [
      "DTSTART:19970805T090000Z\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
      "1997-08-01T00:00",
      ["1997-08-05T09:00", "1997-08-10T09:00", "1997-08-19T09:00", "1997-08-24T09:00"],
      "row 16: weeks begin on Monday",
    ],
    [
      "DTSTART:19970805T090000Z\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
      "1997-08-01T00:00",
      ["1997-08-05T09:00", "1997-08-17T09:00", "1997-08-19T09:00", "1997-08-31T09:00"],
      "row 16: weeks begin on Sunday",
    ],
    [
      "DTSTART;TZID=Europe/Berlin:20270112T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=2",
      "2027-01-01T00:00",
      ["2027-01-12T08:00", "2027-02-09T08:00"],
      "the second Tuesday",
    ],
    [
      "DTSTART:19961105T090000Z\nRRULE:FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
      "1996-01-01T00:00",
      ["1996-11-05T09:00", "2000-11-07T09:00", "2004-11-02T09:00"],
      "BYDAY picks among BYMONTHDAY, and COUNT counts what is left",
    ],
    [
      "DTSTART:20270129T090000Z\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2",
      "2027-01-01T00:00",
      ["2027-01-29T09:00", "2027-02-26T09:00"],
      "the last weekday of the month",
    ],
    [
      "DTSTART:20270101T090000Z\nRRULE:FREQ=MONTHLY;BYMONTHDAY=1,2,3;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1;COUNT=3",
      "2026-12-01T00:00",
      ["2027-01-01T09:00", "2027-02-01T09:00", "2027-03-01T09:00"],
      "BYSETPOS counts the days that are in both",
    ],
    [
      "DTSTART:20270131T090000Z\nRRULE:FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=BACKWARD;COUNT=3",
      "2027-01-01T00:00",
      ["2027-01-31T09:00", "2027-02-28T09:00", "2027-03-31T09:00"],
      "SKIP=BACKWARD takes the last day of a short month",
    ],
    [
      "DTSTART:20270131T090000Z\nRRULE:FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=OMIT;COUNT=2",
      "2027-01-01T00:00",
      ["2027-01-31T09:00", "2027-03-31T09:00"],
      "SKIP=OMIT leaves it out",
    ],
    [
      "DTSTART:20270104T090000Z\nRRULE:FREQ=DAILY;INTERVAL=2;BYDAY=MO;COUNT=2",
      "2027-01-01T00:00",
      ["2027-01-04T09:00", "2027-01-18T09:00"],
      "a rule of days is limited by weekdays",
    ],
    [
      "DTSTART:20270104T093000Z\nRRULE:FREQ=DAILY;BYHOUR=8,10;COUNT=3",
      "2027-01-01T00:00",
      ["2027-01-04T10:30", "2027-01-05T08:30", "2027-01-05T10:30"],
      "nothing comes before DTSTART, and minutes are taken from it",
    ],
    [
      "DTSTART:20270104T090000Z\nRRULE:FREQ=DAILY;BYHOUR=8,10;UNTIL=20270105T090000Z",
      "2027-01-01T00:00",
      ["2027-01-04T10:00", "2027-01-05T08:00"],
      "UNTIL is included, and lies within a day",
    ],
    [
      `${PARIS}20270104T090000\nRRULE:FREQ=DAILY;UNTIL=20270105`,
      "2027-01-01T00:00",
      ["2027-01-04T08:00", "2027-01-05T08:00"],
      "UNTIL as a date includes that day",
    ],
    [
      `${PARIS}20270104T090000\nRRULE:FREQ=DAILY;UNTIL=20270105T085959`,
      "2027-01-01T00:00",
      ["2027-01-04T08:00"],
      "UNTIL without Z is local time in the zone of the rule",
    ],
    [
      `${PARIS}20270104T090000\nRRULE:FREQ=DAILY;UNTIL=20270105T080000Z`,
      "2027-01-01T00:00",
      ["2027-01-04T08:00", "2027-01-05T08:00"],
      "UNTIL in UTC is an instant",
    ],
    [
      "DTSTART:20270104T090000Z\nRRULE:FREQ=WEEKLY;COUNT=2\nRRULE:FREQ=MONTHLY;BYMONTHDAY=6;COUNT=1",
      "2027-01-01T00:00",
      ["2027-01-04T09:00", "2027-01-06T09:00", "2027-01-11T09:00"],
      "several rules are united",
    ],
    [
      "DTSTART:20270104T090000Z\nRRULE:FREQ=DAILY;COUNT=4\nRDATE:20270201T120000Z\nEXDATE:20270105T090000Z,20270106T100000Z",
      "2027-01-01T00:00",
      ["2027-01-04T09:00", "2027-01-06T09:00", "2027-01-07T09:00", "2027-02-01T12:00"],
      "RDATE adds, EXDATE takes exactly its instants away, COUNT counts before both",
    ],
    [
      `${PARIS}20270104T090000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20270105T080000Z`,
      "2027-01-01T00:00",
      ["2027-01-04T08:00", "2027-01-06T08:00"],
      "EXDATE in UTC beside a zone",
    ],
    [
      `${PARIS}20271030T023000\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20271031T013000Z`,
      "2027-01-01T00:00",
      ["2027-10-30T00:30", "2027-10-31T00:30", "2027-11-01T01:30"],
      "the second pass of a fold is no instance, so that it takes nothing away",
    ],
    [
      "DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=WEEKLY;COUNT=2\nEXDATE;VALUE=DATE:20270111",
      "2027-01-01T00:00",
      ["2027-01-04T00:00"],
      "dates are days at midnight",
    ],
    [
      "DTSTART:2027010\r\n 4T090000Z\r\nRRULE:FREQ=DAI\r\n\tLY;COUNT=1\r\n",
      "2027-01-01T00:00",
      ["2027-01-04T09:00"],
      "folded lines",
    ],
    [
      "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=30",
      "2027-01-01T00:00",
      ["2027-01-04T09:30", "2027-01-11T09:30"],
      "a rule alone that takes nothing from DTSTART",
    ],
    [
      'dtstart;tzid="Europe/Paris":20270104T090000\nrrule:freq=weekly;byday=mo;count=1;',
      "2027-01-01T00:00",
      ["2027-01-04T08:00"],
      "names in small letters, a zone in quotes, a sign too many at the end",
    ],
    [
      "DTSTART:20270104T090000Z\nRRULE:FREQ=YEARLY;INTERVAL=2;BYMONTHDAY=1;COUNT=3",
      "2027-01-01T00:00",
      ["2027-02-01T09:00", "2027-03-01T09:00", "2027-04-01T09:00"],
      "BYMONTHDAY of a year means each month",
    ],
    [
      "DTSTART:20270104T090000Z\nRRULE:FREQ=MONTHLY;INTERVAL=5;BYMONTH=6;COUNT=2",
      "2027-01-01T00:00",
      ["2027-06-04T09:00", "2032-06-04T09:00"],
      "every fifth month, when that is June",
    ],
  ])("%s", (text, after, expected, because) => {
    const schedule = rrule(text);
    const found = instants(schedule, after, expected.length);
    expect(found, because).toEqual(expected);
    if (/COUNT|UNTIL/.test(text)) expect(schedule.next(Date.parse(`${expected.at(-1)!}Z`))).toBeNull();
    let before: number | null = Date.parse(`${expected.at(-1)!}Z`) + 1;
    for (const each of [...expected].reverse()) {
      before = schedule.previous(before!);
      expect(iso(before), "walked back").toBe(each);
    }
    const again = scheduleFromJSON(JSON.parse(JSON.stringify(schedule)));
    expect(instants(again, after, expected.length), "from JSON").toEqual(expected);
    const written = toRRule(schedule);
    expect(written).not.toBeNull();
    expect(instants(rrule(written!), after, expected.length), "written and read").toEqual(expected);
  });

  test("a floating DTSTART is read in `timezone`, else in the app's", () => {
    const text = "DTSTART:20270104T090000\nRRULE:FREQ=DAILY;COUNT=1";
    expect(instants(rrule(text, { timezone: "Europe/Paris" }), "2027-01-01T00:00", 1)).toEqual([
      "2027-01-04T08:00",
    ]);
    expect(instants(rrule(text), "2027-01-01T00:00", 1)).toEqual(["2027-01-04T09:00"]);
    expect(toRRule(rrule(text, { timezone: "Europe/Paris" }))).toBe(
      "DTSTART;TZID=Europe/Paris:20270104T090000\nRRULE:FREQ=DAILY;COUNT=1",
    );
  });

  test("`dst` changes what becomes of a time that does not exist", () => {
    const text = `${PARIS}20270327T024000\nRRULE:FREQ=DAILY;COUNT=3`;
    expect(instants(rrule(text, { dst: "vixie" }), "2027-03-26T00:00", 3)).toEqual([
      "2027-03-27T01:40",
      "2027-03-28T01:00",
      "2027-03-29T00:40",
    ]);
    expect(toRRule(rrule(text, { dst: "vixie" }))).toBeNull();
  });

  test("JSON is that of a calendar, with the text", () => {
    expect(rrule("RRULE:FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=0").toJSON()).toEqual({
      type: "calendar",
      every: 1,
      unit: "week",
      on: ["mon", "thu"],
      at: ["09:00"],
      timezone: "UTC",
      dst: { gap: "skip", fold: "first" },
      text: "RRULE:FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=9;BYMINUTE=0",
    });
  });
});

describe("refused", () => {
  const START = "DTSTART:20270104T090000Z\nRRULE:";
  test.each([
    ["", "text", 0, "RRULE:FREQ"],
    ["x", "text", 0, ":"],
    ["FREQ=HOURLY", "FREQ", 5, 'every("1h")'],
    [`${START}FREQ=MINUTELY`, "FREQ", 36, 'every("1m")'],
    [`${START}FREQ=SECONDLY`, "FREQ", 36, 'every("1s")'],
    [`${START}FREQ=YEARLY;BYWEEKNO=20`, "BYWEEKNO", 52, "dates"],
    [`${START}FREQ=YEARLY;BYYEARDAY=100`, "BYYEARDAY", 53, "dates"],
    [`${START}FREQ=YEARLY;BYDAY=20MO`, "BYDAY", 49, "BYMONTH"],
    [`${START}FREQ=WEEKLY;BYDAY=2MO`, "BYDAY", 49, "MONTHLY"],
    [`${START}FREQ=WEEKLY;BYMONTHDAY=2`, "BYMONTHDAY", 54, "DAILY"],
    [`${START}FREQ=MONTHLY;BYDAY=MO;BYHOUR=8,9;BYSETPOS=1`, "BYSETPOS", 73, "calendar"],
    [`${START}FREQ=MONTHLY;BYSETPOS=1`, "BYSETPOS", 53, "leave it out"],
    [`${START}FREQ=DAILY;BYDAY=MO;BYSETPOS=2`, "BYSETPOS", 60, "leave it out"],
    [`${START}FREQ=WEEKLY;BYDAY=MO;BYMONTH=2;BYSETPOS=1`, "BYSETPOS", 71, "onDays"],
    ["DTSTART:20270104T090000Z\nEXRULE:FREQ=DAILY", "EXRULE", 32, "except"],
    [`${START}FREQ=DAILY;RSCALE=HEBREW`, "RSCALE", 49, "GREGORIAN"],
    [`${START}FREQ=DAILY;SKIP=BACKWARD`, "SKIP", 47, "RSCALE"],
    [`${START}FREQ=DAILY;RSCALE=GREGORIAN;SKIP=FORWARD`, "SKIP", 64, "BACKWARD"],
    [`${START}FREQ=DAILY;COUNT=2;UNTIL=20280101T000000Z`, "UNTIL", 56, "one of them"],
    [`${START}FREQ=DAILY;FREQ=DAILY`, "FREQ", 47, "once"],
    [`${START}FREQ=DAILY;BYEASTER=0`, "RRULE", 51, ""],
    [`${START}INTERVAL=2`, "RRULE", 31, "FREQ=WEEKLY"],
    [`${START}FREQ=DAILY;INTERVAL=0`, "INTERVAL", 51, ""],
    [`${START}FREQ=YEARLY;INTERVAL=401`, "INTERVAL", 52, ""],
    [`${START}FREQ=DAILY;UNTIL=20260101T000000Z`, "UNTIL", 48, "later"],
    ["RRULE:FREQ=DAILY", "RRULE", 6, "DTSTART"],
    ["RRULE:FREQ=DAILY;BYHOUR=9", "RRULE", 6, "DTSTART"],
    ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=9;BYMINUTE=0", "INTERVAL", 27, "DTSTART"],
    ["RRULE:FREQ=DAILY;COUNT=2;BYHOUR=9;BYMINUTE=0", "COUNT", 23, "DTSTART"],
    ["RRULE:FREQ=WEEKLY;BYHOUR=9;BYMINUTE=0", "FREQ", 11, "DTSTART"],
    ["RRULE:FREQ=YEARLY;BYHOUR=9;BYMINUTE=0", "FREQ", 11, "DTSTART"],
    ["DTSTART:2027-01-04T09:00\nRRULE:FREQ=DAILY", "DTSTART", 8, "write 20270104T090000"],
    ["DTSTART:20270230\nRRULE:FREQ=DAILY", "DTSTART", 8, ""],
    ["DTSTART:20270104T090000Z\n RRULE:FREQ=DAILY", "DTSTART", 8, "first column"],
    ["DTSTART;TZID=Europe/Paris:20270104T090000Z\nRRULE:FREQ=DAILY", "DTSTART", 26, "leave out"],
    ["DTSTART;TZID=Romance Standard Time:20270104T090000\nRRULE:FREQ=DAILY", "TZID", 8, "Europe/Berlin"],
    ["DTSTART;TZID=/x.org/1/Europe/Paris:20270104T090000\nRRULE:FREQ=DAILY", "TZID", 8, "TZID=Europe/Paris"],
    ["BEGIN:VTIMEZONE\nTZID:Paris\nEND:VTIMEZONE", "BEGIN", 6, "IANA"],
    ["SUMMARY:Standup\nRRULE:FREQ=DAILY", "SUMMARY", 8, "leave it out"],
    ["DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=DAILY;BYHOUR=9", "BYHOUR", 52, "time"],
    [`${START}FREQ=DAILY\nEXDATE;VALUE=DATE:20270105`, "EXDATE", 60, ".except"],
    [`${START}FREQ=DAILY\nRDATE;VALUE=PERIOD:20270105T090000Z/PT1H`, "RDATE", 61, "begins"],
    [
      `${PARIS}20270104T090000\nRRULE:FREQ=DAILY\nRDATE;TZID=Europe/Paris:20270328T023000`,
      "RDATE",
      83,
      "after the gap",
    ],
    ["DTSTART:20270104T090000\nRRULE:FREQ=DAILY;INTERVAL=2;BYDAY=MO;COUNT=3", "COUNT", 67, "timezone"],
  ])("%s", (text, part, position, instead) => {
    let error: unknown;
    try {
      rrule(text);
    } catch (thrown) {
      error = thrown;
    }
    if (!isSunbeatError(error)) throw new Error(`not refused: ${String(error)}`);
    expect(error.code).toBe("SUNBEAT_RRULE_INVALID");
    expect(error.details).toMatchObject({ part, position });
    expect((error.details["instead"] ?? "") as string).toContain(instead);
    expect(error.message).not.toMatch(/undefined|NaN/);
  });
});

describe("lints", () => {
  const codes = (text: string): string[] =>
    rrule(text)
      .lints({ from: Date.UTC(2027, 0, 1) })
      .map(({ code }) => code);
  test.each([
    ["DTSTART:20270104T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=TU", ["dtstart"], "Monday is no Tuesday"],
    ["DTSTART:20270104T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO", [], "DTSTART is the first"],
    ["DTSTART:20270104T090000Z\nRRULE:FREQ=WEEKLY;BYHOUR=10", ["dtstart"], "another time of day"],
    [
      "DTSTART:20270104T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=TU\nRRULE:FREQ=WEEKLY;BYDAY=MO",
      [],
      "one of the rules gives it",
    ],
    ["DTSTART;TZID=UTC:20270104T090000\nRRULE:FREQ=DAILY;UNTIL=20280101T090000", ["until-local"], "no Z"],
    ["DTSTART:20270104T090000Z\nRRULE:FREQ=DAILY;UNTIL=20280101", ["until-local"], "a date beside a time"],
    ["DTSTART;VALUE=DATE:20270104\nRRULE:FREQ=DAILY;UNTIL=20280101", [], "a date beside a date"],
    ["DTSTART:20270104T090000\nRRULE:FREQ=DAILY;UNTIL=20280101T090000", [], "both are floating"],
  ])("%s: %j", (text, expected) => {
    expect(codes(text)).toEqual(expected);
    const again = scheduleFromJSON(JSON.parse(JSON.stringify(rrule(text))));
    expect(again.lints?.({ from: Date.UTC(2027, 0, 1) }).map(({ code }) => code)).toEqual(expected);
  });
});

describe("toRRule", () => {
  const PLACE = { timezone: "Europe/Berlin", from: "2027-01-04" } as const;
  test.each([
    [
      () => calendar({ every: "2 weeks", on: ["mon", "thu"], at: "08:00", ...PLACE }),
      "DTSTART;TZID=Europe/Berlin:20270104T080000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
    ],
    [
      () => calendar({ every: "month", on: "last fri", at: ["08:00", "17:30"], ...PLACE }),
      "DTSTART;TZID=Europe/Berlin:20270104T080000\n" +
        "RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=8;BYMINUTE=0;BYSECOND=0\n" +
        "RRULE:FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17;BYMINUTE=30;BYSECOND=0",
    ],
    [
      () => calendar({ every: "month", on: 31, missing: "clamp", at: "08:00", count: 3, ...PLACE }),
      "DTSTART;TZID=Europe/Berlin:20270104T080000\nRRULE:FREQ=MONTHLY;BYMONTHDAY=31;RSCALE=GREGORIAN;SKIP=BACKWARD;COUNT=3",
    ],
    [
      () => calendar({ every: "month", on: "mon-fri", position: -1, at: "09:00", timezone: "UTC" }),
      "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=9;BYMINUTE=0;BYSECOND=0",
    ],
    [
      () => calendar({ every: "day", at: "09:00", until: "2027-01-06", ...PLACE }).except("2027-01-05"),
      "DTSTART;TZID=Europe/Berlin:20270104T090000\nRRULE:FREQ=DAILY;UNTIL=20270106T080000Z\nEXDATE;TZID=Europe/Berlin:20270105T090000",
    ],
    [() => calendar({ every: "month", on: "last business day", ...PLACE }), null],
    [() => calendar({ every: "day", at: "02:30", ...PLACE }), null],
    [() => calendar({ every: "day", at: "09:00", timezone: "Europe/Berlin" }), null],
    [() => crontab("0 9 * * *"), null],
  ])("%#", (make, expected) => {
    expect(toRRule(make())).toBe(expected);
  });
});
