import { describe, expect, it, test } from "vitest";
import { crontab, type CrontabOptions } from "../../src/schedules/crontab/crontab.js";
import type { LintOptions } from "../../src/schedules/schedule.js";

const PARIS = { timezone: "Europe/Paris" };
const FROM = Date.parse("2027-01-01T00:00:00Z");

/** The lints as "code field: message -> suggestion". */
function lints(
  text: string,
  options: CrontabOptions = {},
  lintOptions: LintOptions = { from: FROM },
): string[] {
  return crontab(text, options)
    .lints(lintOptions)
    .map(
      ({ code, field, message, suggestion }) =>
        `${code} ${field}: ${message}${suggestion === undefined ? "" : ` -> ${suggestion}`}`,
    );
}

const BOTH_DAYS = `both-days dayOfMonth: day of month and day of week are both set: fires`;

describe("lints", () => {
  test.each<[string, CrontabOptions, string[]]>([
    ["*/5 * * * *", PARIS, []],
    ["0 3 * * *", {}, []],
    ["5 * * * *", PARIS, []],
    ["*/5 9-17 * * mon-fri", PARIS, []],
    [
      "*/27 * * * *",
      {},
      [
        `irregular-step minute: */27 in minutes fires at :00 :27 :54; the last gap is 6 min. For a fixed period use every("27m") -> every("27m")`,
      ],
    ],
    [
      "0 */5 * * *",
      {},
      [
        `irregular-step hour: */5 in hours fires at 0 5 10 15 20; the last gap is 4 h. For a fixed period use every("5h") -> every("5h")`,
      ],
    ],
    [
      "*/7 * * * * *",
      {},
      [
        `irregular-step second: */7 in seconds fires at :00 :07 :14 ... :56; the last gap is 4 s. For a fixed period use every("7s") -> every("7s")`,
      ],
    ],
    ["*/7 0 0 1 1 *", {}, ["irregular-step second: */7 in seconds fires at :00 :07 :14 ... :56"]],
    [
      "*/7 * 9 * * *",
      {},
      ["irregular-step second: */7 in seconds fires at :00 :07 :14 ... :56; the last gap is 4 s"],
    ],
    [
      "*/27 9-17 * * mon-fri",
      {},
      ["irregular-step minute: */27 in minutes fires at :00 :27 :54; the last gap is 6 min"],
    ],
    ["*/27 9 * * *", {}, ["irregular-step minute: */27 in minutes fires at :00 :27 :54"]],
    ["*/27,5 * * * *", {}, ["irregular-step minute: */27 in minutes fires at :00 :27 :54"]],
    [
      "30 */5 * * *",
      {},
      [
        `irregular-step hour: */5 in hours fires at 0 5 10 15 20; the last gap is 4 h. For a fixed period use every("5h", { offset: "30m" }) -> every("5h", { offset: "30m" })`,
      ],
    ],
    ["0 */5 * * mon", {}, ["irregular-step hour: */5 in hours fires at 0 5 10 15 20"]],
    ["0,30 */5 * * *", {}, ["irregular-step hour: */5 in hours fires at 0 5 10 15 20; the last gap is 4 h"]],
    [
      "0 0 1 */5 *",
      {},
      ["irregular-step monthOfYear: */5 in months fires at 1 6 11; the last gap is 2 months"],
    ],
    [
      "0 0 */2 * *",
      {},
      [
        "irregular-step dayOfMonth: */2 in days of the month fires at 1 3 5 ... 31; the last gap is 1 to 2 days, by the length of the month",
      ],
    ],
    [
      "0 0 */4 * *",
      {},
      [
        "irregular-step dayOfMonth: */4 in days of the month fires at 1 5 9 13 17 21 25 29; the last gap is 1 to 4 days, by the length of the month",
      ],
    ],
    [
      "0 0 */4 jul-aug *",
      {},
      [
        "irregular-step dayOfMonth: */4 in days of the month fires at 1 5 9 13 17 21 25 29; the last gap is 3 days",
      ],
    ],
    [
      "0 0 */4 jan *",
      {},
      ["irregular-step dayOfMonth: */4 in days of the month fires at 1 5 9 13 17 21 25 29"],
    ],
    [
      "0 0 * * */2",
      {},
      ["irregular-step dayOfWeek: */2 in days of the week fires at 0 2 4 6; the last gap is 1 day"],
    ],
    [
      "*/60 * * * *",
      {},
      [`step-too-large minute: */60 in minutes equals 0: once an hour, at :00 -> every("1h")`],
    ],
    [
      "*/90 * * * *",
      {},
      [`step-too-large minute: */90 in minutes equals 0: once an hour, at :00 -> every("1h30m")`],
    ],
    [
      "0 */24 * * *",
      {},
      [`step-too-large hour: */24 in hours equals 0: once a day, at 00:00 -> crontab("0 0 * * *")`],
    ],
    ["0 */24 * * *", PARIS, ["step-too-large hour: */24 in hours equals 0: once a day, at 00:00"]],
    [
      "15 */24 * * *",
      {},
      [`step-too-large hour: */24 in hours equals 0: once a day, at 00:15 -> crontab("15 0 * * *")`],
    ],
    ["*/10 */24 * * *", {}, ["step-too-large hour: */24 in hours equals 0"]],
    [
      "*/60 * * * *",
      { timezone: "Asia/Kolkata" },
      [`step-too-large minute: */60 in minutes equals 0: once an hour, at :00 -> crontab("0 * * * *")`],
    ],
    ["*/60 9 * * *", {}, ["step-too-large minute: */60 in minutes equals 0"]],
    ["*/60,30 * * * *", {}, ["step-too-large minute: */60 in minutes equals 0"]],
    [
      "0 */48 * * *",
      {},
      [`step-too-large hour: */48 in hours equals 0: once a day, at 00:00 -> every("48h")`],
    ],
    [
      "*/60 * * * * *",
      PARIS,
      [`step-too-large second: */60 in seconds equals 0: once a minute, at second 0 -> every("1m")`],
    ],
    [
      "30 */24 * * *",
      {},
      [`step-too-large hour: */24 in hours equals 0: once a day, at 00:30 -> crontab("30 0 * * *")`],
    ],
    ["*/60 9 * * *", {}, ["step-too-large minute: */60 in minutes equals 0"]],
    ["0,30 */24 * * *", {}, ["step-too-large hour: */24 in hours equals 0"]],
    [
      "* */60 * * * *",
      {},
      [
        "step-too-large minute: */60 in minutes equals 0",
        "forgotten-field second: second is *: runs 1440 times a day, at every second of minutes */60; second 0 is probably meant -> second: 0",
      ],
    ],
    [
      "*/27 9-17 * * *",
      {},
      ["irregular-step minute: */27 in minutes fires at :00 :27 :54; the last gap is 6 min"],
    ],
    ["10-20/99 * * * *", {}, ["step-too-large minute: 10-20/99 in minutes equals 10"]],
    ["0 4 1,15 * wed", {}, [`${BOTH_DAYS} when either matches (dayMatch "or")`]],
    [
      "0 4 1,15 * wed",
      { dayMatch: "and" },
      [
        `${BOTH_DAYS} when both match`,
        "rare dayOfMonth: up to 413 days pass between two runs; the next is 2027-09-01",
      ],
    ],
    ["0 4 *,5 * wed", {}, []],
    [
      "0 4 13 * */2",
      {},
      [
        "irregular-step dayOfWeek: */2 in days of the week fires at 0 2 4 6",
        `star-quirk dayOfWeek: "*/2" starts with *, so both day fields must match, as in Vixie cron -> { dayMatch: "and" } says so openly`,
      ],
    ],
    ["0 0 30 2 *", {}, ["never dayOfMonth: 30 February never comes: this schedule never fires"]],
    ["0 0 31 4,6 *", {}, ["never dayOfMonth: 31 April or June never comes: this schedule never fires"]],
    ["0 0 29 2 *", {}, ["rare dayOfMonth: fires on 29 February only; the next is 2028-02-29"]],
    [
      "0 0 29 2 mon",
      { dayMatch: "and" },
      [
        `${BOTH_DAYS} when both match`,
        "rare dayOfMonth: up to 40 years pass between two runs; the next is 2044-02-29",
      ],
    ],
    [
      "0 0 31 * *",
      {},
      [
        `short-months dayOfMonth: day 31 comes in 7 of 12 months: 7 days a year; "L" with extended means the last day -> L`,
      ],
    ],
    [
      "0 8,20 31 * *",
      {},
      [
        `short-months dayOfMonth: day 31 comes in 7 of 12 months: 7 days a year; "L" with extended means the last day -> L`,
      ],
    ],
    [
      "0 0 30 * *",
      {},
      [
        `short-months dayOfMonth: day 30 comes in 11 of 12 months: 11 days a year; "L" with extended means the last day -> L`,
      ],
    ],
    [
      "0 0 29 * *",
      {},
      [
        `short-months dayOfMonth: day 29 comes in 11 or 12 of 12 months: 11 or 12 days a year; "L" with extended means the last day -> L`,
      ],
    ],
    [
      "0 0 30,31 * *",
      {},
      [
        `short-months dayOfMonth: day 30 comes in 11 of 12 months, day 31 in 7: 18 days a year; "L" with extended means the last day -> L`,
      ],
    ],
    [
      "0 0 29,30,31 * *",
      {},
      [
        `short-months dayOfMonth: day 29 comes in 11 or 12 of 12 months, day 30 in 11, day 31 in 7: 29 or 30 days a year; "L" with extended means the last day -> L`,
      ],
    ],
    [
      "0 0 29-30 1-2 *",
      {},
      [
        `short-months dayOfMonth: day 29 comes in 1 or 2 of 2 months, day 30 in 1: 2 or 3 days a year; "L" with extended means the last day -> L`,
      ],
    ],
    [
      "0 0 31 3,4 *",
      {},
      [
        `short-months dayOfMonth: day 31 comes in 1 of 2 months: 1 day a year; "L" with extended means the last day -> L`,
      ],
    ],
    ["0 0 31 1,3 *", {}, []],
    ["0 0 28-31 * *", {}, []],
    [
      "*/30 2 * * *",
      PARIS,
      [
        "gap-wildcard timezone: nothing runs on 2027-03-28: 02:00-03:00 does not exist in Europe/Paris",
        "fold timezone: 02:00 comes twice on 2027-10-31: runs in both passes",
      ],
    ],
    ["*/30 2-3 * * *", PARIS, ["fold timezone: 02:00 comes twice on 2027-10-31: runs in both passes"]],
    [
      "40 2 * * *",
      PARIS,
      [
        "gap-fixed timezone: on 2027-03-28 this runs at 03:00, after the gap",
        "fold timezone: 02:40 comes twice on 2027-10-31: runs once, first pass",
      ],
    ],
    ["40 2 * * mon", PARIS, []],
    [
      "40 2 * * *",
      { ...PARIS, dst: "skip" },
      [
        `dst-option dst: dst "skip": nothing runs on 2027-03-28`,
        "fold timezone: 02:40 comes twice on 2027-10-31: runs once, first pass",
      ],
    ],
    [
      "40 2,5 * * *",
      { ...PARIS, dst: "wall" },
      [
        `dst-option dst: dst "wall": 02:40 is left out on 2027-03-28`,
        `dst-option dst: dst "wall": 02:40 comes twice on 2027-10-31: runs in both passes`,
      ],
    ],
    [
      "40 2 * * *",
      { ...PARIS, dst: { gap: "shift", fold: "second" } },
      [
        `dst-option dst: dst {"gap":"shift","fold":"second"}: on 2027-03-28 this runs at 03:40, after the gap`,
        `dst-option dst: dst {"gap":"shift","fold":"second"}: 02:40 comes twice on 2027-10-31: runs once, second pass`,
      ],
    ],
    [
      "*/30 * * * *",
      { ...PARIS, dst: "skip" },
      [`dst-option dst: dst "skip": 02:00 comes twice on 2027-10-31: runs once, first pass`],
    ],
    ["@reboot", {}, []],
  ])("of %s with %j are %j", (text, options, expected) => {
    expect(lints(text, options)).toEqual(expected);
  });

  /** How many different days `text` runs on in a year. */
  function daysIn(text: string, year: number): number {
    const days = new Set<string>();
    const schedule = crontab(text);
    const end = Date.UTC(year + 1, 0);
    for (let at = schedule.next(Date.UTC(year, 0) - 1)!; at < end; at = schedule.next(at)!) {
      days.add(new Date(at).toISOString().slice(0, 10));
    }
    return days.size;
  }

  test.each(
    ["29", "30", "31", "29,30", "29,31", "30,31", "29-31"].flatMap((days) =>
      ["*", "2", "1,2", "3-6", "4,5,6", "2,4"].map((months) => [`0 8,20 ${days} ${months} *`]),
    ),
  )("of %s about short months count the days on which it runs", (text) => {
    const message = crontab(text)
      .lints()
      .find(({ code }) => code === "short-months")?.message;
    if (message === undefined) return;
    const [, usual, leap] = /(\d+)(?: or (\d+))? days? a year/.exec(message)!;
    expect([Number(usual), Number(leap ?? usual)]).toEqual([daysIn(text, 2027), daysIn(text, 2028)]);
  });

  const NUUK = { timezone: "America/Nuuk" };
  test.each<[text: string, options: CrontabOptions, from: string, expected: string[], because: string]>([
    [
      "30 23 * * sat",
      NUUK,
      "2027-01-01",
      [
        "gap-fixed timezone: on 2027-03-28 this runs at 00:00, after the gap",
        "fold timezone: 23:30 comes twice on 2027-10-30: runs once, first pass",
      ],
      "the gap is before midnight, the run after it; the fold is before it",
    ],
    [
      "30 23 * * *",
      { timezone: "America/Scoresbysund" },
      "2027-01-01",
      [
        "gap-fixed timezone: on 2027-03-28 this runs at 00:00, after the gap",
        "fold timezone: 23:30 comes twice on 2027-10-30: runs once, first pass",
      ],
      "as Nuuk",
    ],
    [
      "30 23 27 3 *",
      { ...NUUK, dst: { gap: "shift" } },
      "2027-01-01",
      ['dst-option dst: dst {"gap":"shift","fold":"first"}: on 2027-03-28 this runs at 00:30, after the gap'],
      "as far behind midnight as the time was behind 23:00",
    ],
    [
      "*/30 23 * * *",
      NUUK,
      "2027-01-01",
      [
        "gap-wildcard timezone: nothing runs on 2027-03-27: 23:00-00:00 does not exist in America/Nuuk",
        "fold timezone: 23:00 comes twice on 2027-10-30: runs in both passes",
      ],
      "what is left out is left out on the date that misses it",
    ],
    [
      "0 0 * * *",
      { timezone: "America/St_Johns" },
      "2010-10-01",
      ["fold timezone: 00:00 comes twice on 2010-11-07: runs once, first pass"],
      "at 00:01 clocks go back to 23:01 of the day before",
    ],
    [
      "30 23 * * *",
      { timezone: "America/St_Johns" },
      "2010-10-01",
      ["fold timezone: 23:30 comes twice on 2010-11-06: runs once, first pass"],
      "and this is on the day before",
    ],
    [
      "0 9 29 2 *",
      {},
      "2028-02-29T12:00Z",
      ["rare dayOfMonth: fires on 29 February only; the next is 2032-02-29"],
      "today's run is over",
    ],
    [
      "0 9 29 2 *",
      {},
      "2028-02-29T08:00Z",
      ["rare dayOfMonth: fires on 29 February only; the next is 2028-02-29"],
      "today's run is to come",
    ],
    [
      "30 0 31 3 sun",
      { timezone: "Asia/Beirut", dayMatch: "and" },
      "2019-01-01",
      [
        `${BOTH_DAYS} when both match`,
        "rare dayOfMonth: up to 12 years pass between two runs; the next is 2019-03-31",
        "gap-fixed timezone: on 2019-03-31 this runs at 01:00, after the gap",
      ],
      "a gap after midnight keeps the date",
    ],
  ])("of %s with %j from %s on are %j: %s", (text, options, from, expected) => {
    expect(lints(text, options, { from: Date.parse(from) })).toEqual(expected);
  });

  test.each([
    ["0 0 29 */5 *", "; the last gap is 2 months", "January, June and November have a day 29"],
    ["0 0 31 */5 *", "", "June and November have no day 31: nothing follows in January but a year later"],
  ])("of a step in months, %s, end with %j: %s", (text, ending) => {
    expect(lints(text)[0]).toBe(`irregular-step monthOfYear: */5 in months fires at 1 6 11${ending}`);
  });

  it("leave the zone out without a reference instant, and the next date of a rare one", () => {
    expect([lints("40 2 * * *", PARIS, {}), lints("0 0 29 2 *", {}, {})]).toEqual([
      [],
      ["rare dayOfMonth: fires on 29 February only"],
    ]);
  });

  test.each([NaN, Infinity, -Infinity, 8.64e15 + 1])("leave the zone out where no date is: %d", (from) => {
    expect([lints("40 2 * * *", PARIS, { from }), lints("0 0 29 2 *", PARIS, { from })]).toEqual([
      [],
      ["rare dayOfMonth: fires on 29 February only"],
    ]);
  });

  test.each([
    ["*/5 * * * *", 6 * 60_000, "takes 6 min (p95) but is due every 5 min"],
    ["*/5 * * * *", 5 * 60_000, undefined],
    ["0,50 * * * *", 11 * 60_000, "takes 11 min (p95) but is due every 10 min"],
    ["59 23 1 * *", 27 * 86_400_000, undefined],
    ["0 0,23 * * *", 90 * 60_000, "takes 1.5 h (p95) but is due every 1 h"],
    ["0 0 * * mon", 8 * 86_400_000, "takes 8 d (p95) but is due every 7 d"],
    ["*/10 * * * * *", 12_500, "takes 12.5 s (p95) but is due every 10 s"],
  ])("of %s whose runs take %d ms: %s", (text, runTimeP95Ms, message) => {
    const found = crontab(text)
      .lints({ runTimeP95Ms })
      .filter((lint) => lint.code === "overlap-risk");
    expect(found.map((lint) => lint.message)).toEqual(message === undefined ? [] : [message]);
  });
});

describe("notes", () => {
  const note = (text: string, at: string, options: CrontabOptions = PARIS): string | undefined =>
    crontab(text, options).note(Date.parse(at));

  test.each<[string, string, string | undefined, CrontabOptions?]>([
    ["30 2 * * *", "2027-03-27T01:30:00Z", undefined],
    [
      "30 2 * * *",
      "2027-03-28T01:00:00Z",
      "02:30 does not exist in Europe/Paris on 2027-03-28; runs at 03:00, after the gap",
    ],
    [
      "5,35 2 * * *",
      "2027-03-28T01:00:00Z",
      "02:05 and 1 more do not exist in Europe/Paris on 2027-03-28; run once, at 03:00, after the gap",
    ],
    ["0 3 * * *", "2027-03-28T01:00:00Z", undefined],
    [
      "30 2 * * *",
      "2027-03-28T01:30:00Z",
      "02:30 does not exist in Europe/Paris on 2027-03-28; runs at 03:30, after the gap",
      { ...PARIS, dst: { gap: "shift" } },
    ],
    [
      "30 2 * * *",
      "2027-10-31T00:30:00Z",
      "02:30 comes twice in Europe/Paris on 2027-10-31; this is the first pass, the second is left out",
    ],
    [
      "30 2 * * *",
      "2027-10-31T01:30:00Z",
      "02:30 comes twice in Europe/Paris on 2027-10-31; this is the second pass, the first is left out",
      { ...PARIS, dst: { fold: "second" } },
    ],
    [
      "30 * * * *",
      "2027-10-31T00:30:00Z",
      "02:30 comes twice in Europe/Paris on 2027-10-31; this is the first pass, the second runs too",
    ],
    [
      "30 * * * *",
      "2027-10-31T01:30:00Z",
      "02:30 comes twice in Europe/Paris on 2027-10-31; this is the second pass, the first runs too",
    ],
    ["30 * * * *", "2027-10-31T02:30:00Z", undefined],
    [
      "30 23 * * *",
      "2027-03-28T01:00:00Z",
      "23:30 does not exist in America/Nuuk on 2027-03-27; runs at 00:00 on 2027-03-28, after the gap",
      { timezone: "America/Nuuk" },
    ],
    [
      "10,30 23 * * *",
      "2027-03-28T01:00:00Z",
      "23:10 and 1 more do not exist in America/Nuuk on 2027-03-27; run once, at 00:00 on 2027-03-28, after the gap",
      { timezone: "America/Nuuk" },
    ],
    [
      "30 23 * * *",
      "2027-03-28T01:30:00Z",
      "23:30 does not exist in America/Nuuk on 2027-03-27; runs at 00:30 on 2027-03-28, after the gap",
      { timezone: "America/Nuuk", dst: { gap: "shift" } },
    ],
    ["0 6 * * *", "2011-12-30T16:00:00Z", undefined, { timezone: "Pacific/Apia" }],
  ])("on %s at %s: %s", (text, at, expected, options) => {
    expect(note(text, at, options)).toBe(expected);
  });

  it("tell of every change in a stretch of time, dropped runs included", () => {
    const from = Date.parse("2011-01-01T00:00:00Z");
    const schedule = crontab("0,30 6 * * *", { timezone: "Pacific/Apia" });
    expect(schedule.notes(from, from + 400 * 86_400_000)).toEqual([
      {
        at: Date.parse("2011-12-30T10:00:00Z"),
        kind: "date-line",
        effect: "dropped",
        date: "2011-12-30",
        time: "06:00",
        others: 1,
        onlyRuns: true,
        stretch: "00:00-00:00",
        message: "06:00 and 1 more do not exist in Pacific/Apia on 2011-12-30; are left out",
      },
    ]);
    const paris = crontab("30 2 * * *", { ...PARIS, dst: "skip" });
    expect(
      paris.notes(FROM, FROM + 366 * 86_400_000).map((found) => [found.kind, found.effect, found.message]),
    ).toEqual([
      ["gap", "dropped", "02:30 does not exist in Europe/Paris on 2027-03-28; is left out"],
      ["fold", "first-pass", "02:30 comes twice in Europe/Paris on 2027-10-31; runs in the first pass only"],
    ]);
  });

  it("have nothing to say of crontabs without instants or without a zone that changes", () => {
    const end = FROM + 10 * 366 * 86_400_000;
    expect([
      crontab("@reboot").notes(FROM, end),
      crontab("* * * * *").notes(FROM, end),
      crontab("0 0 30 2 *", PARIS).notes(FROM, end),
    ]).toEqual([[], [], []]);
    expect([NaN, Infinity].map((instant) => crontab("* * * * *", PARIS).note(instant))).toEqual([
      undefined,
      undefined,
    ]);
  });
});
