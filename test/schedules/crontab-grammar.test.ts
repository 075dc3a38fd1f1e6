import { describe, expect, it, test } from "vitest";
import { isSunbeatError } from "../../src/core/errors.js";
import { crontab, type CrontabFields, type CrontabOptions } from "../../src/schedules/crontab/crontab.js";

/** The first runs after the start of 2027 (a Friday) in UTC, as "month-day hour:minute". */
function runs(source: string | CrontabFields, count: number, options: CrontabOptions = {}): string[] {
  const schedule = crontab(source, options);
  const list: string[] = [];
  let instant = schedule.next(Date.UTC(2027, 0, 1) - 1);
  while (instant !== null && list.length < count) {
    list.push(new Date(instant).toISOString().slice(5, 16).replace("T", " "));
    instant = schedule.next(instant);
  }
  return list;
}

/** The values that one field takes, read from the instants of a year. */
function values(field: keyof typeof READ, text: string, options: CrontabOptions = {}): number[] {
  const { template, read } = READ[field];
  const schedule = crontab(template.replace("?", text), options);
  const seen = new Set<number>();
  const end = Date.UTC(2028, 0, 1);
  for (let t = schedule.next(Date.UTC(2027, 0, 1) - 1); t !== null && t < end; t = schedule.next(t)) {
    seen.add(read(new Date(t)));
  }
  return [...seen].sort((a, b) => a - b);
}

const READ = {
  second: { template: "? 0 0 1 * *", read: (date: Date) => date.getUTCSeconds() },
  minute: { template: "? 0 * * *", read: (date: Date) => date.getUTCMinutes() },
  hour: { template: "0 ? * * *", read: (date: Date) => date.getUTCHours() },
  dayOfMonth: { template: "0 0 ? * *", read: (date: Date) => date.getUTCDate() },
  month: { template: "0 0 1 ? *", read: (date: Date) => date.getUTCMonth() + 1 },
  dayOfWeek: { template: "0 0 * * ?", read: (date: Date) => date.getUTCDay() },
} as const;

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("what a field may hold", () => {
  test.each<[field: keyof typeof READ, text: string, expected: number[], because: string]>([
    ["minute", "*", upTo(0, 59), "a star is every value"],
    ["minute", "7", [7], "a value"],
    ["minute", "05", [5], "leading zeros do not matter"],
    ["minute", "5,5", [5], "repetition does not matter"],
    ["minute", "9,3", [3, 9], "nor does order"],
    ["minute", "1-5,3", [1, 2, 3, 4, 5], "items may overlap"],
    ["minute", "*,5", upTo(0, 59), "a star in a list takes all"],
    ["minute", "*/15", [0, 15, 30, 45], "steps count from the low end"],
    ["minute", "10-30/10", [10, 20, 30], "a step in a range"],
    ["minute", "50-10", [...upTo(0, 10), ...upTo(50, 59)], "a range wraps at the field's end"],
    ["minute", "*/60", [0], "a step beyond the field leaves its low end"],
    ["minute", "*/360", [0], "however large it is"],
    ["minute", "10-20/99", [10], "in a range as well"],
    ["second", "*/20", [0, 20, 40], "six fields have seconds first"],
    ["hour", "22-4", [0, 1, 2, 3, 4, 22, 23], "nights wrap"],
    ["hour", "22-4/2", [0, 2, 4, 22], "the step counts through the wrap"],
    ["hour", "21-3/3", [0, 3, 21], "the step counts through the wrap"],
    ["dayOfMonth", "28-3", [1, 2, 3, 28, 29, 30, 31], "the last days and the first"],
    ["month", "jan", [1], "three letters"],
    ["month", "DECEMBER", [12], "the full name in any case"],
    ["month", "jan-6", upTo(1, 6), "names and numbers in one range"],
    ["month", "nov-feb", [1, 2, 11, 12], "names wrap"],
    ["month", "may,sep-oct", [5, 9, 10], "names in lists"],
    ["dayOfWeek", "0,7", [0], "both are Sunday"],
    ["dayOfWeek", "mon-5", upTo(1, 5), "names and numbers in one range"],
    ["dayOfWeek", "mon,wed-fri", [1, 3, 4, 5], "names in lists"],
    ["dayOfWeek", "fri-mon", [0, 1, 5, 6], "the long weekend"],
    ["dayOfWeek", "6-0", [0, 6], "the weekend"],
    ["dayOfWeek", "sat-sun", [0, 6], "the weekend"],
    ["dayOfWeek", "mon-sun", upTo(0, 6), "the whole week"],
    ["dayOfWeek", "5-7", [0, 5, 6], "7 ends a range"],
    ["dayOfWeek", "0-7", upTo(0, 6), "every day"],
    ["dayOfWeek", "7-2", [0, 1, 2], "7 begins a range that wraps"],
    ["dayOfWeek", "7-0", [0], "Sunday to Sunday is one day"],
    ["dayOfWeek", "1-7/2", [0, 1, 3, 5], "evaluated to 7, then 7 becomes 0"],
    ["dayOfWeek", "Tuesday", [2], "full names"],
  ])("%s %s is %j: %s", (field, text, expected) => {
    expect(values(field, text)).toEqual(expected);
  });

  test.each<[field: keyof typeof READ, text: string, expected: string[], because: string]>([
    ["dayOfMonth", "L", ["01-31", "02-28", "03-31"], "the last day"],
    ["dayOfMonth", "L-3", ["01-28", "02-25", "03-28"], "three before the last"],
    ["dayOfMonth", "L-30", ["01-01", "03-01", "05-01"], "only in months of 31 days"],
    ["dayOfMonth", "15W", ["01-15", "02-15", "03-15", "04-15", "05-14"], "15 May 2027 is a Saturday"],
    [
      "dayOfMonth",
      "1W",
      ["01-01", "02-01", "03-01", "04-01", "05-03"],
      "1 May is a Saturday, and April is another month",
    ],
    [
      "dayOfMonth",
      "31W",
      ["01-29", "03-31", "05-31"],
      "months without day 31 are skipped; 31 January is a Sunday",
    ],
    ["dayOfMonth", "LW", ["01-29", "02-26", "03-31"], "the last weekday"],
    ["dayOfMonth", "1,L", ["01-01", "01-31", "02-01", "02-28"], "they mix with plain values"],
    ["dayOfWeek", "5L", ["01-29", "02-26", "03-26"], "the last Friday"],
    ["dayOfWeek", "friL", ["01-29", "02-26", "03-26"], "by name"],
    ["dayOfWeek", "7L", ["01-31", "02-28", "03-28"], "7 is Sunday here too"],
    ["dayOfWeek", "5#2", ["01-08", "02-12", "03-12"], "the second Friday"],
    ["dayOfWeek", "fri#2,mon#1", ["01-04", "01-08", "02-01", "02-12"], "they mix with one another"],
    ["dayOfWeek", "5#5", ["01-29", "04-30", "07-30"], "months without a fifth Friday are skipped"],
    ["dayOfWeek", "?", ["01-01", "01-02", "01-03"], "? is *"],
  ])("with extended, %s %s is %j: %s", (field, text, expected) => {
    const source = READ[field].template.replace("?", text);
    expect(runs(source, expected.length, { extended: true }).map((run) => run.slice(0, 5))).toEqual(expected);
  });

  test.each<[text: string, expected: string[]]>([
    ["@yearly", ["01-01 00:00"]],
    ["@annually", ["01-01 00:00"]],
    ["@monthly", ["01-01 00:00", "02-01 00:00"]],
    ["@weekly", ["01-03 00:00", "01-10 00:00"]],
    ["@daily", ["01-01 00:00", "01-02 00:00"]],
    ["@midnight", ["01-01 00:00", "01-02 00:00"]],
    [" @hourly\t", ["01-01 00:00", "01-01 01:00"]],
    ["@reboot", []],
    [" \t5\t 4 * * *  ", ["01-01 04:05", "01-02 04:05"]],
    ["0 0 30 2 *", []],
    ["0 0 31 2,4,6,9,11 *", []],
  ])("%j runs at %j", (text, expected) => {
    expect(runs(text, Math.max(expected.length, 1)).slice(0, Math.max(expected.length, 1))).toEqual(expected);
  });
});

describe("what the two day fields mean together", () => {
  test.each<[text: string, dayMatch: "or" | "and", expected: string[], because: string]>([
    ["0 4 1,15 * wed", "or", ["01-01", "01-06", "01-13", "01-15"], "either, in the text form"],
    ["0 4 1,15 * wed", "and", ["09-01", "09-15", "12-01", "12-15"], "both, when asked for"],
    [
      "0 4 */2 * wed",
      "or",
      ["01-13", "01-27", "02-03", "02-17"],
      "text that starts with a star makes it both",
    ],
    ["0 4 *,5 * wed", "or", ["01-06", "01-13", "01-20", "01-27"], "a list that starts with a star too"],
    ["0 4 5,* * wed", "or", ["01-01", "01-02", "01-03", "01-04"], "one that only holds a star does not"],
    ["0 4 1-31 * wed", "or", ["01-01", "01-02", "01-03", "01-04"], "a full range is no star"],
    ["0 4 13 * */2", "or", ["02-13", "03-13", "04-13", "05-13"], "the star may be in the weekday"],
  ])("%s with %s: %j (%s)", (text, dayMatch, expected) => {
    const options: CrontabOptions = { dayMatch };
    expect(runs(text, 4, options).map((run) => run.slice(0, 5))).toEqual(expected);
  });

  it("is either in the text form and both in the object form unless said", () => {
    const fields = { minute: 0, hour: 4, dayOfMonth: [1, 15], dayOfWeek: "wed" };
    expect(runs("0 4 1,15 * wed", 4)).toEqual(runs(fields, 4, { dayMatch: "or" }));
    expect(runs(fields, 4)).toEqual(runs("0 4 1,15 * wed", 4, { dayMatch: "and" }));
  });
});

describe("the object form", () => {
  test.each<[CrontabFields, string, string]>([
    [{ minute: 30, hour: 7, dayOfWeek: 1 }, "30 7 * * 1", "numbers"],
    [{ minute: "*/15", hour: "22-4" }, "*/15 22-4 * * *", "the grammar's text"],
    [{ minute: [0, "30", 45] }, "0,30,45 * * * *", "lists"],
    [{ minute: new Set([5, 10]) }, "5,10 * * * *", "sets"],
    [{ minute: 0, hour: null, dayOfMonth: undefined }, "0 * * * *", "null and undefined are a star"],
    [{}, "* * * * *", "so is what is missing"],
    [{ second: 30, minute: 1 }, "30 1 * * * *", "seconds"],
    [
      { minute: 0, hour: 0, day_of_month: 1, month_of_year: "jan", day_of_week: "*" },
      "0 0 1 jan *",
      "Celery's spellings",
    ],
  ])("%j equals %j: %s", (fields, text) => {
    expect(runs(fields, 50)).toEqual(runs(text, 50));
  });
});

describe("H", () => {
  const at = (field: keyof typeof READ, text: string, hashKey: string): number[] =>
    values(field, text, { extended: true, hashKey });

  it("picks the same value on every machine and version", () => {
    expect({
      minute: at("minute", "H", "billing-run"),
      range: at("minute", "H(0-29)", "billing-run"),
      step: at("minute", "H/15", "billing-run"),
      both: at("minute", "H(0-29)/10", "billing-run"),
      hour: at("hour", "H", "billing-run"),
      dayOfMonth: at("dayOfMonth", "H", "billing-run"),
      dayOfWeek: at("dayOfWeek", "H", "billing-run"),
    }).toEqual({
      // fmix32 of FNV-1a of "billing-run", a zero byte and the field's name, computed apart from this package.
      minute: [50],
      range: [20],
      step: [5, 20, 35, 50],
      both: [0, 10, 20],
      hour: [12],
      dayOfMonth: [4],
      dayOfWeek: [1],
    });
  });

  it("spreads entries over the field", () => {
    const minutes = new Set(Array.from({ length: 300 }, (_, i) => at("minute", "H", `entry-${i}`)[0]));
    expect(minutes.size).toBe(60);
  });

  it("stays on days that every month has", () => {
    const days = Array.from({ length: 300 }, (_, i) => at("dayOfMonth", "H", `entry-${i}`)[0]!);
    expect(Math.max(...days)).toBeLessThanOrEqual(28);
  });

  it("takes the entry's name later, unless it was given a key of its own", () => {
    const open = crontab("H * * * *", { extended: true });
    const closed = crontab("H * * * *", { extended: true, hashKey: "mine" });
    expect({
      open: open.withDefaults({ hashKey: "entry" }).next(0),
      closed: closed.withDefaults({ hashKey: "entry" }).next(0),
    }).toEqual({
      open: crontab("H * * * *", { extended: true, hashKey: "entry" }).next(0),
      closed: closed.next(0),
    });
  });
});

const REFUSED: [text: string, message: string, position: number, options?: CrontabOptions][] = [
  ["5/15 * * * *", 'minute: "5/15": a step needs * or a range; write 5-59/15', 0],
  ["*/0 * * * *", 'minute: "*/0": a step must be at least 1', 0],
  ["*/ * * * *", 'minute: "*/": a step is a whole number of at least 1 after * or a range', 0],
  ["/5 * * * *", 'minute: "/5": a step is a whole number of at least 1 after * or a range', 0],
  ["*/-5 * * * *", 'minute: "*/-5": a step is a whole number of at least 1 after * or a range', 0],
  ["*/1.5 * * * *", 'minute: "*/1.5": a step is a whole number of at least 1 after * or a range', 0],
  ["*/a * * * *", 'minute: "*/a": a step is a whole number of at least 1 after * or a range', 0],
  ["60 * * * *", "minute: 60 is outside 0-59", 0],
  ["-1 * * * *", "minute: -1 is outside 0-59", 0],
  ["5,,6 * * * *", "minute: an item of the list is empty", 2],
  [",5 * * * *", "minute: an item of the list is empty", 0],
  ["5, * * * *", "minute: an item of the list is empty", 2],
  ["-5 * * * *", "minute: -5 is outside 0-59", 0],
  ["5- * * * *", 'minute: "5-" is not a value, a range or a step', 0],
  ["5--7 * * * *", 'minute: "5--7" is not a value, a range or a step', 0],
  ["5-7-9 * * * *", 'minute: "5-7-9" is not a value, a range or a step', 0],
  ["5/15/2 * * * *", 'minute: "5/15/2" is not a value, a range or a step', 0],
  ["5.5 * * * *", 'minute: "5.5" is not a value, a range or a step', 0],
  ["1;2 * * * *", 'minute: "1;2" is not a value, a range or a step', 0],
  ["5* * * * *", 'minute: "5*" is not a value, a range or a step', 0],
  ["*5 * * * *", 'minute: "*5" is not a value, a range or a step', 0],
  ["** * * * *", 'minute: "**" is not a value, a range or a step', 0],
  ["*-5 * * * *", 'minute: "*-5" is not a value, a range or a step', 0],
  ["*/5-10 * * * *", 'minute: "*/5-10": a step is a whole number of at least 1 after * or a range', 0],
  ["+5 * * * *", 'minute: "+5" is not a value, a range or a step', 0],
  ["5_0 * * * *", 'minute: "5_0" is not a value, a range or a step', 0],
  ["1e1 * * * *", 'minute: "1e1" is not a value, a range or a step', 0],
  ["0x5 * * * *", 'minute: "0x5" is not a value, a range or a step', 0],
  ["5m * * * *", 'minute: "5m" is not a value, a range or a step', 0],
  [
    "0~30 * * * *",
    'minute: "0~30" is not a value, a range or a step; write H(0-30) with { extended: true }',
    0,
  ],
  ["~ * * * *", 'minute: "~" is not a value, a range or a step; write H with { extended: true }', 0],
  ["0~70 * * * *", 'minute: "0~70" is not a value, a range or a step', 0],
  ["0/2 * * * *", 'minute: "0/2": a step needs * or a range; write */2', 0],
  ["59/2 * * * *", 'minute: "59/2": a step needs * or a range; write 59', 0],
  ["* * 1/2 * *", 'day of month: "1/2": a step needs * or a range; write 1-31/2', 4],
  ["* * * jan/3 *", 'month: "jan/3": a step needs * or a range; write */3', 6],
  ["* * * feb/3 *", 'month: "feb/3": a step needs * or a range; write feb-12/3', 6],
  ["* * * * 0/2", 'day of week: "0/2": a step needs * or a range; write 0-7/2', 8],
  ["* * * * 1/2", 'day of week: "1/2": a step needs * or a range; write 1-7/2', 8],
  ["* * * * 7/2", 'day of week: "7/2": a step needs * or a range; write 7', 8],
  ["* * * * mon/2", 'day of week: "mon/2": a step needs * or a range; write mon-7/2', 8],
  ["jan * * * *", 'minute: "jan" is not a number from 0 to 59', 0],
  ["monkey * * * *", 'minute: "monkey" is not a number from 0 to 59', 0],
  ["1234567890 * * * *", 'minute: "1234567890" has more than 9 digits', 0],
  ["*/1234567890 * * * *", 'minute: "1234567890" has more than 9 digits', 2],
  ["H * * * *", 'minute: "H" is an extension; write { extended: true } to use H', 0],
  ["? * * * *", 'minute: "?" stands only in a day field; write *', 0],
  ["L * * * *", 'minute: "L": L and W belong to day of month, not to minute', 0],
  ["\u0665 * * * *", 'minute: "\u0665" is not a value, a range or a step', 0],
  ["* 24 * * *", "hour: 24 is outside 0-23", 2],
  ["* * 0 * *", "day of month: 0 is outside 1-31", 4],
  ["* * 32 * *", "day of month: 32 is outside 1-31", 4],
  ["* * * 0 *", "month: 0 is outside 1-12", 6],
  ["* * * 13 *", "month: 13 is outside 1-12", 6],
  ["* * * * 8", "day of week: 8 is outside 0-7", 8],
  ["60 * * * * *", "second: 60 is outside 0-59", 0],
  ["* * * mon *", 'month: "mon" is not a month (jan..dec or 1-12)', 6],
  ["* * * * jan", 'day of week: "jan" is not a weekday (sun..sat or 0-7)', 8],
  ["* * * * thurs", 'day of week: "thurs" is not a weekday (sun..sat or 0-7); write thu', 8],
  ["* * * * mondays", 'day of week: "mondays" is not a weekday (sun..sat or 0-7); write mon', 8],
  ["* * * * mon-thurs", 'day of week: "thurs" is not a weekday (sun..sat or 0-7); write thu', 12],
  ["* * * * weekends", 'day of week: "weekends" is not a weekday (sun..sat or 0-7); write 6-7', 8],
  ["* * * * dow", 'day of week: "dow" is not a weekday (sun..sat or 0-7)', 8],
  ["* * * sept *", 'month: "sept" is not a month (jan..dec or 1-12); write sep', 6],
  ["* * * ju *", 'month: "ju" is not a month (jan..dec or 1-12)', 6],
  ["* * * * su", 'day of week: "su" is not a weekday (sun..sat or 0-7); write sun', 8],
  ["* * L * *", 'day of month: "L" is an extension; write { extended: true } to use L', 4],
  ["* * LW * *", 'day of month: "LW" is an extension; write { extended: true } to use LW', 4],
  ["* * -1 * *", "day of month: -1 is outside 1-31; write L with { extended: true }", 4],
  ["* * last * *", 'day of month: "last" is not a number from 1 to 31; write L with { extended: true }', 4],
  [
    "* * 1,l-3 * *",
    'day of month: "l-3" is not a value, a range or a step; write L-3 with { extended: true }',
    6,
  ],
  [
    "* * 15w * *",
    'day of month: "15w" is not a value, a range or a step; write 15W with { extended: true }',
    4,
  ],
  [
    "* * * * fril",
    'day of week: "fril" is not a weekday (sun..sat or 0-7); write friL with { extended: true }',
    8,
  ],
  [
    "* * * * 5#-1",
    'day of week: "5#-1" is not a value, a range or a step; write 5L with { extended: true }',
    8,
  ],
  [
    "* * * * fri#last",
    'day of week: "fri#last" is not a value, a range or a step; write friL with { extended: true }',
    8,
  ],
  ["h/15 * * * *", 'minute: "h/15" is not a value, a range or a step; write H/15 with { extended: true }', 0],
  [
    "* * * * L",
    'day of week: "L": the last day of the month belongs to day of month, not to day of week; write sat, or friL with { extended: true } for the last Friday',
    8,
  ],
  ["* * 15W * *", 'day of month: "15W" is an extension; write { extended: true } to use W', 4],
  ["* * * * 5L", 'day of week: "5L" is an extension; write { extended: true } to use L', 8],
  ["* * * * 5#2", 'day of week: "5#2" is an extension; write { extended: true } to use #', 8],
  ["* * ? * *", 'day of month: "?" is an extension; write { extended: true } to use ?, or *', 4],
  ["", "expected 5 fields (or 6, seconds first), got 0", 0],
  ["* * *", "expected 5 fields (or 6, seconds first), got 3", 0],
  ["* * * *", "expected 5 fields (or 6, seconds first), got 4", 0],
  ["* * * * * * 1 2", "expected 5 fields (or 6, seconds first), got 8", 0],
  ["* * * * 5#0", 'day of week: "5#0": a month has a first to a fifth, not 0', 8, { extended: true }],
  ["* * * * 5#6", 'day of week: "5#6": a month has a first to a fifth, not 6', 8, { extended: true }],
  ["* * 32W * *", "day of month: 32 is outside 1-31", 4, { extended: true }],
  ["* * L-31 * *", "day of month: 31 is outside 1-30", 6, { extended: true }],
  ["* L * * *", 'hour: "L": L and W belong to day of month, not to hour', 2, { extended: true }],
  [
    "* * * * L",
    'day of week: "L": the last day of the month belongs to day of month, not to day of week; write sat, or friL for the last Friday',
    8,
    { extended: true },
  ],
  [
    "* * * * LW",
    'day of week: "LW": L and W belong to day of month, not to day of week',
    8,
    { extended: true },
  ],
  [
    "* * 5#2 * *",
    'day of month: "5#2": # belongs to day of week, not to day of month',
    4,
    { extended: true },
  ],
  ["? * * * *", 'minute: "?" stands only in a day field; write *', 0, { extended: true }],
  ["* * L/2 * *", 'day of month: "L" is not a number from 1 to 31', 4, { extended: true }],
  ["* * L-3-5 * *", 'day of month: "L-3-5" is not a value, a range or a step', 4, { extended: true }],
  ["* * 1-LW * *", 'day of month: "LW" is not a number from 1 to 31', 6, { extended: true }],
  ["H(5-60) * * * *", "minute: 60 is outside 0-59", 4, { extended: true }],
  ["H(9-5) * * * *", 'minute: "H(9-5)": the range of H must not wrap', 0, { extended: true }],
  ["H/0 * * * *", 'minute: "H/0": a step must be at least 1', 0, { extended: true }],
  ["* * ?,5 * *", 'day of month: "?" is not a value, a range or a step', 4, { extended: true }],
  ["* * l * *", 'day of month: "l" is not a number from 1 to 31; write L', 4, { extended: true }],
];

describe("what is refused", () => {
  test.each(REFUSED)("%j: %s", (text, message, position, options) => {
    const error = refusalOf(() => crontab(text, options));
    expect({ code: error.code, message: error.message, position: error.details["position"] }).toEqual({
      code: "SUNBEAT_CRONTAB_INVALID",
      message: `crontab: ${message} (in ${JSON.stringify(text)})`,
      position,
    });
  });

  it("says field, value, position, expression and hint as data", () => {
    expect(refusalOf(() => crontab("0 5/15 * * *")).details).toEqual({
      field: "hour",
      value: "5/15",
      position: 2,
      expression: "0 5/15 * * *",
      hint: "write 5-23/15",
    });
  });

  it("refuses a crontab of a million characters at once, with a short message", () => {
    for (const text of ["*".repeat(1e6), "1,".repeat(5e5), " ".repeat(1e6), "@".repeat(1e6)]) {
      const { code, message } = refusalOf(() => crontab(text));
      expect({ code, short: message.length < 300 }).toEqual({ code: "SUNBEAT_CRONTAB_INVALID", short: true });
    }
  });

  test.each([
    ["only blanks follow", "@reboot" + " ".repeat(1_018)],
    ["what stands behind the blanks would not be read", "@reboot" + " ".repeat(1_017) + "0 0 * * *"],
    ["five fields", "0 0 * * *" + " ".repeat(1_016)],
  ])("refuses text of more than 1,024 characters: %s", (_, text) => {
    expect(refusalOf(() => crontab(text)).message).toContain(`the text has ${text.length} characters`);
  });

  test.each<[unknown, string]>([
    [{ minute: 60 }, `minute: 60 is outside 0-59 (in "60")`],
    [{ minute: -1 }, `minute: -1 is outside 0-59 (in "-1")`],
    [{ minute: [] }, "minute: an empty list never matches"],
    [{ minute: new Set() }, "minute: an empty list never matches"],
    [{ hour: 1.5 }, "hour: 1.5 is not a whole number or a text"],
    [{ hour: NaN }, "hour: NaN is not a whole number or a text"],
    [{ hour: true }, "hour: true is not a whole number or a text"],
    [{ hour: [[1]] }, "hour: [1] is not a whole number or a text"],
    [{ hour: "1 2" }, `hour: "1 2" holds a blank`],
    [{ hour: "" }, `hour: an item of the list is empty (in "")`],
    [{ dow: 1 }, `unknown field "dow" (did you mean "dayOfWeek"?)`],
    [{ month: 1 }, `unknown field "month" (did you mean "monthOfYear"?)`],
    [
      { dayOfYear: 1 },
      `unknown field "dayOfYear"; known are second, minute, hour, dayOfMonth, monthOfYear, dayOfWeek`,
    ],
    [{ tz: "UTC" }, `unknown field "tz"; it is an option: crontab(fields, { timezone })`],
    [{ year: 2027 }, `unknown field "year"; leave the year out and give the entry startAt and endAt`],
    [{ minut: 1 }, `unknown field "minut" (did you mean "minute"?)`],
    [{ dayOfWeek: 1, day_of_week: 1 }, "dayOfWeek is given twice; write one of the two spellings"],
    [["0 * * * *"], `expected a text or an object of fields, got ["0 * * * *"]`],
    [null, "expected a text or an object of fields, got null"],
    [30, "expected a text or an object of fields, got 30"],
    [{ minute: new Array<number>(2000).fill(1) }, "minute: a list of 2000 items is too long"],
  ])("%j: %s", (source, message) => {
    expect(refusalOf(() => crontab(source as string)).message).toBe(`crontab: ${message}`);
  });

  test.each<[unknown, string, string]>([
    [
      { timezone: "Europe/Pari" },
      "SUNBEAT_TIMEZONE_INVALID",
      `timezone: "Europe/Pari" is not a time zone of this runtime (did you mean "Europe/Paris"?); give an IANA name such as "Europe/Paris"`,
    ],
    [
      { timeZone: "UTC" },
      "SUNBEAT_CRONTAB_INVALID",
      `crontab: unknown option "timeZone" (did you mean "timezone"?)`,
    ],
    [{ tz: "UTC" }, "SUNBEAT_CRONTAB_INVALID", `crontab: unknown option "tz" (did you mean "timezone"?)`],
    [
      { zune: "UTC" },
      "SUNBEAT_CRONTAB_INVALID",
      `crontab: unknown option "zune"; known are timezone, dayMatch, dst, class, extended, hashKey`,
    ],
    [
      { dayMatch: "any" },
      "SUNBEAT_CRONTAB_INVALID",
      `crontab: dayMatch: "any" is not one of "or", "and" (did you mean "or"?)`,
    ],
    [
      { dayMatch: "both" },
      "SUNBEAT_CRONTAB_INVALID",
      `crontab: dayMatch: "both" is not one of "or", "and" (did you mean "and"?)`,
    ],
    [
      { dst: "vixi" },
      "SUNBEAT_CRONTAB_INVALID",
      `crontab: dst: "vixi" is not one of "vixie", "skip", "wall" (did you mean "vixie"?)`,
    ],
    [
      { dst: { gap: "before" } },
      "SUNBEAT_CRONTAB_INVALID",
      `crontab: dst.gap: "before" is not one of "after", "skip", "shift"`,
    ],
    [
      { dst: { folds: "first" } },
      "SUNBEAT_CRONTAB_INVALID",
      `crontab: unknown dst key "folds" (did you mean "fold"?)`,
    ],
    [{ dst: null }, "SUNBEAT_CRONTAB_INVALID", `crontab: dst: null is not one of "vixie", "skip", "wall"`],
    [
      { class: "toString" },
      "SUNBEAT_CRONTAB_INVALID",
      `crontab: class: "toString" is not one of "auto", "fixed", "wildcard"`,
    ],
    [{ extended: "yes" }, "SUNBEAT_CRONTAB_INVALID", `crontab: extended: "yes" is not true or false`],
    [
      { hashKey: 5 },
      "SUNBEAT_CRONTAB_INVALID",
      "crontab: hashKey: expected a text of at most 1024 characters",
    ],
    [null, "SUNBEAT_CRONTAB_INVALID", "crontab: options must be an object"],
  ])("options %j: %s", (options, code, message) => {
    const error = refusalOf(() => crontab("* * * * *", options as CrontabOptions));
    expect({ code: error.code, message: error.message }).toEqual({ code, message });
  });
});

function refusalOf(make: () => unknown): {
  code: string;
  message: string;
  details: Readonly<Record<string, unknown>>;
} {
  try {
    make();
  } catch (error) {
    if (isSunbeatError(error)) return error;
    throw error;
  }
  throw new Error("was accepted");
}
