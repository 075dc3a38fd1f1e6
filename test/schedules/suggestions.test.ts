import { CronExpressionParser } from "cron-parser";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SCHEDULE_FORMS, scheduleFromText } from "../../src/cli/schedule-text.js";
import {
  asSchedule,
  clocked,
  crontab,
  every,
  solar,
  type CrontabOptions,
  type Schedule,
} from "../../src/schedules/index.js";
import { callsIn, FILLED_IN, meaningOf, mended, refusalOf } from "../support/proposals.js";
import { propertyRuns } from "../support/crontab-arbitraries.js";

/** Hints that propose no text to write: they tell where a part belongs, or what is known. */
const TELLING = [
  /^known are @/,
  /^use the timezone option/,
  /^if a shell has put names of files in place of a star, put the crontab in quotes$/,
  /^leave the year out( and give the entry startAt and endAt)?$/,
  /^leave it out$/,
  /^the command becomes a task$/,
];

/** Follows the hints of a refused text. Throws where one is refused in turn, fails where one is of an unknown form. */
function follow(text: string, options: CrontabOptions = {}): void {
  const { hint } = refusalOf(() => crontab(text, options))!;
  const isKnown =
    hint === undefined || /\bwrite /.test(hint) || TELLING.some((telling) => telling.test(hint));
  expect(isKnown, `a hint of an unknown form: ${hint}`).toBe(true);
  mended(text, options);
}

const PARIS: CrontabOptions = { timezone: "Europe/Paris" };

/** Good fields, of which one is replaced; in order minute, hour, day of month, month, day of week. */
const GOOD = ["7", "9-17", "*", "*", "1-5"];
const spoilt = (i: number, token: string): string =>
  GOOD.map((good, n) => (n === i ? token : good)).join(" ");

describe("a hint is taken by what it names", () => {
  const atoms = fc.constantFrom(
    ...["0", "1", "2", "5", "7", "12", "29", "59", "60", "-1", "*", "?", "L", "l", "W", "w", "LW", "lw", "H"],
    ...[
      "h",
      "#",
      "~",
      "/",
      "-",
      ",",
      "(",
      ")",
      "mon",
      "fri",
      "thurs",
      "sunday",
      "jan",
      "sept",
      "last",
      "weekdays",
    ],
    ...["/2", "/15", "-3", "#2", "#-1", "UTC", "2027", "\u200b", "x", "(0-29)", "0-30"],
  );
  const tokens = fc.array(atoms, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
  const extended = fc.boolean();

  test("for every refused field beside four good ones", () => {
    fc.assert(
      fc.property(fc.nat(4), tokens, extended, (i, token, extended) => {
        const text = spoilt(i, token);
        if (refusalOf(() => crontab(text, { extended })) !== undefined) follow(text, { extended });
      }),
      { numRuns: propertyRuns(6000) },
    );
  });

  test("for every text of up to nine words", () => {
    const words = fc.oneof(
      tokens,
      fc.constantFrom(
        ...GOOD,
        "root",
        "/usr/bin/x",
        "# note",
        "Asia/Tokyo",
        "tz=UTC",
        "every",
        "5m",
        "@daily",
      ),
      fc.constantFrom("sunset", "2027-03-28T02:30", "a.txt", "docs", "cron(", ")", '"', "rate(5", "minutes)"),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 9 }), extended, (parts, extended) => {
        const text = parts.join(" ");
        if (refusalOf(() => crontab(text, { extended })) === undefined) return;
        const { hint = "" } = refusalOf(() => crontab(text, { extended }))!;
        // A proposal for one field is a step: another field may be wrong as well.
        const isWhole = /write (?:crontab|every|solar|clocked)\(/.test(hint);
        if (isWhole) follow(text, { extended });
      }),
      { numRuns: propertyRuns(6000) },
    );
  });

  test("for every text that an entry may have as its schedule", () => {
    const words = fc.oneof(
      tokens,
      fc.constantFrom(
        ...GOOD,
        "every",
        "5",
        "minutes",
        "daily",
        "at",
        "sunset",
        "solar:sunset",
        "48.85:2.35",
        "-30m",
      ),
      fc.constantFrom(
        "2027-03-28",
        "2027-02-30",
        "T02:30",
        "Z",
        "PT5M",
        "1h30m",
        "@every",
        "@noon",
        "{",
        "30",
      ),
    );
    fc.assert(
      fc.property(
        fc.array(words, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(" ", ""),
        (parts, blank) => {
          const text = parts.join(blank);
          const { message } = refusalOf(() => asSchedule(text, {}))!;
          const [, proposal] = /, got .*; write (.*)$/s.exec(message) ?? [];
          if (proposal !== undefined && !proposal.endsWith("(text)")) callsIn(proposal, { text });
        },
      ),
      { numRuns: propertyRuns(6000) },
    );
  });
});

describe("a start with a step", () => {
  const FIELDS = [
    { i: 0, values: 60, first: 0 },
    { i: 1, values: 24, first: 0 },
    { i: 2, values: 31, first: 1 },
    { i: 3, values: 12, first: 1 },
    { i: 4, values: 8, first: 0 },
  ];

  test("is mended to what cron-parser reads in it, at every start and step", () => {
    for (const { i, values, first } of FIELDS) {
      for (let start = first; start < first + values; start++) {
        for (const step of [1, 2, 3, 7, 40]) {
          const others = ["0", "0", "*", "*", "*"];
          const text = others.map((other, n) => (n === i ? `${start}/${step}` : other)).join(" ");
          const theirs = CronExpressionParser.parse(text, { currentDate: "2026-12-31T23:59:59Z", tz: "UTC" });
          const ours = mended(text)!;
          let last = Date.parse("2026-12-31T23:59:59Z");
          for (let n = 0; n < 4; n++) {
            last = ours.next(last)!;
            expect(new Date(last).toISOString(), `${text}, run ${n}`).toBe(theirs.next().toISOString());
          }
        }
      }
    }
  });

  test.each([
    ["0/2 * * * *", "*/2 * * * *", "minutes"],
    ["0 0/2 * * *", "0 */2 * * *", "hours"],
    ["0/30 1-3 * * *", "*/30 1-3 * * *", "minutes of some hours"],
    ["0/20 0 2 * * *", "*/20 0 2 * * *", "seconds"],
    ["10/20 2 * * *", "10-59/20 2 * * *", "from another start it is a fixed job"],
  ])("%s is of the same daylight-saving class as %s: %s", (text, meant) => {
    expect(meaningOf(mended(text, PARIS)!)).toEqual(meaningOf(crontab(meant, PARIS)));
  });

  test.each([
    ["0 0 13 * 0/2", "0 0 13 * 0,2,4,6", "a star would want both days to match"],
    ["0 0 1/10 * fri", "0 0 1,11,21,31 * fri", "in the other field as well"],
  ])("%s is of the same day rule as %s: %s", (text, meant) => {
    expect(meaningOf(mended(text)!)).toEqual(meaningOf(crontab(meant)));
  });
});

describe("a hint means what was written", () => {
  const L = { ...PARIS, extended: true };
  test.each<[text: string, because: string, meant: Schedule]>([
    ["0 9 LW * *", "LW itself, not L", crontab("0 9 LW * *", L)],
    ["0 9 lw * *", "in capitals", crontab("0 9 LW * *", L)],
    ["0 9 l * *", "in capitals", crontab("0 9 L * *", L)],
    ["0 9 last * *", "the last day in full", crontab("0 9 L * *", L)],
    ["0 9 -1 * *", "counted from the end", crontab("0 9 L * *", L)],
    ["0 9 * * 5#-1", "the last Friday, counted from the end", crontab("0 9 * * 5L", L)],
    ["0 9 * * fri#last", "in words", crontab("0 9 * * 5L", L)],
    ["0 9 * * l", "Quartz: the last day of its week, Saturday", crontab("0 9 * * 6", PARIS)],
    ["0~30 * * * *", "OpenBSD: some minute of these", crontab("H(0-30) * * * *", L)],
    ["~ ~ * * *", "one after the other", crontab("H H * * *", L)],
    ["0~59/10 * * * *", "from some start", crontab("H(0-59)/10 * * * *", L)],
    ["H H(0-7) * * *", "the option that it needs", crontab("H H(0-7) * * *", L)],
    ["0 9 ? * fri", "the option that it needs", crontab("0 9 ? * fri", L)],
    ["? * * * *", "any minute", crontab("* * * * *", PARIS)],
    ["0 9 * * thurs", "Thursday", crontab("0 9 * * 4", PARIS)],
    ["0 9 * sept *", "September", crontab("0 9 * 9 *", PARIS)],
  ])("%s: %s", (text, _because, meant) => {
    expect(meaningOf(mended(text, PARIS)!)).toEqual(meaningOf(meant));
  });
});

describe("a suggestion of a lint", () => {
  const kolkata: CrontabOptions = { timezone: "Asia/Kolkata" };
  const suggestions = (schedule: Schedule): (string | undefined)[] =>
    schedule.lints!({ from: Date.parse("2027-01-01T00:00:00Z"), runTimeP95Ms: 1 }).map(
      (lint) => lint.suggestion,
    );

  test.each<[because: string, schedule: Schedule, options: CrontabOptions]>([
    ["an hour of UTC is an interval", crontab("*/60 * * * *"), {}],
    ["elsewhere the crontab without the step", crontab("*/60 * * * *", PARIS), PARIS],
    ["whose hours begin half an hour off", crontab("*/60 * * * *", kolkata), kolkata],
    ["with seconds", crontab("30 */60 * * * *", kolkata), kolkata],
    ["minutes are the same in every zone", crontab("*/60 * * * * *", PARIS), PARIS],
    ["once a day in UTC", crontab("15 */24 * * *"), {}],
    ["midnight of UTC", every("1d"), {}],
    ["Thursday, as 1 January 1970", every("7d"), {}],
    ["with an offset", every("7d", { offset: "3d7h30m" }), {}],
    ["with a negative one", every("1d", { offset: "-1h" }), {}],
    ["the rule that a star asks for, openly", crontab("0 4 13 * */2"), {}],
  ])("has the same instants, wherever it is pasted: %s", (_because, schedule, options) => {
    const [suggestion] = suggestions(schedule).filter((text) => text !== undefined);
    expect(suggestion).toBeDefined();
    const { timezone } = options;
    const [made = crontab("0 4 13 * */2", { dayMatch: "and" })] = callsIn(suggestion!, { options });
    // The zone of an app is a default: what a suggestion does not say would come from there.
    const inAuckland = asSchedule(made, { timezone: timezone ?? "Pacific/Auckland" });
    expect(meaningOf(schedule.toJSON!().type === "interval" ? inAuckland : made)).toEqual(
      meaningOf(schedule),
    );
  });

  test.each([
    ["*/27 * * * *", "27m"],
    ["0 */5 * * *", "5h"],
    ["30 */7 * * *", "7h"],
    ["*/7 * * * * *", "7s"],
    ["*/90 * * * *", "90m"],
    ["0 */36 * * *", "36h"],
    ["0 */48 * * *", "48h"],
  ])("of %s is the period that its step promises, %s", (text, period) => {
    const [interval] = callsIn(suggestions(crontab(text))[0]!);
    expect(interval!.toJSON!()).toMatchObject({ everyMs: every(period).everyMs });
  });

  test.each([
    ["*/27 9 * * *", PARIS, "every(27m) would run all day"],
    ["0 */5 * * mon", PARIS, "and on other days"],
    ["0 */5 1 * *", PARIS, "and on other days of the month"],
    ["0,30 */5 * * *", PARIS, "half of the runs would be lost"],
    ["*/7 0 0 1 1 *", PARIS, "one minute a year"],
    ["*/27,5 * * * *", PARIS, "the step is not all of it"],
    ["*/60 9 * * *", PARIS, "once a day, and a fixed job without its star"],
    ["0 */24 * * *", PARIS, "24 h of UTC are not midnight, and without its star it is a fixed job"],
    ["0 */48 * * *", PARIS, "48 h of UTC are not midnight"],
  ])("of %s in Paris is none: %s", (text, options) => {
    expect(
      suggestions(crontab(text, options)).filter((suggestion) => /every|crontab/.test(suggestion ?? "")),
    ).toEqual([]);
  });

  test("of an instant in seconds is the same in milliseconds", () => {
    const [schedule] = callsIn(suggestions(clocked(1_800_000_000))[0]!);
    expect(schedule).toEqual(clocked(1_800_000_000_000));
  });

  test("of a polar season names events that come every day", () => {
    const [suggestion] = suggestions(solar("sunrise", 74.5, 19));
    const names = suggestion!.match(/solar_\w+/g)!;
    const day = 86_400_000;
    for (const name of names) {
      const schedule = solar(name as "solar_noon", 74.5, 19);
      for (let at = schedule.next(0)!, n = 0; n < 400; n++) {
        const next = schedule.next(at)!;
        expect(next - at).toBeLessThan(1.1 * day);
        at = next;
      }
    }
  });
});

describe("a call that stands as an example in a message", () => {
  test.each<[because: string, make: () => unknown]>([
    ["an interval that is too short", () => every(0)],
    ["no interval", () => every("soon")],
    ["a day without a zone", () => clocked("2027-03-28")],
    ["a local time with a blank", () => clocked("2027-03-28 02:30:15.5")],
    ["no instant", () => clocked("tomorrow")],
    ["no schedule", () => asSchedule(null, {})],
    ["no event", () => solar("noon" as "sunset", 0, 0)],
  ])("is taken: %s", (_because, make) => {
    const { message } = refusalOf(make)!;
    expect(callsIn(message).every((schedule) => typeof schedule.next === "function")).toBe(true);
  });

  test("of clocked is the local time that came", () => {
    const { message } = refusalOf(() => clocked("2027-03-28 02:30:15.5"))!;
    const [utc, local] = callsIn(message).map((schedule) => schedule.toJSON!().at);
    expect([utc, local]).toEqual([
      Date.parse("2027-03-28T02:30:15.5Z"),
      clocked("2027-03-28 02:30:15.5", { timezone: FILLED_IN.timezone }).at,
    ]);
  });
});

test.each(SCHEDULE_FORMS)("the help of the command line names a form that is taken: %s", (form) => {
  expect(typeof scheduleFromText(form.replace(/^["']|["']$/g, ""), PARIS).next).toBe("function");
});
