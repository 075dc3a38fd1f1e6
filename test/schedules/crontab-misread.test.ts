import { describe, expect, test } from "vitest";
import {
  crontab,
  every,
  solar,
  clocked,
  type CrontabOptions,
  type Schedule,
} from "../../src/schedules/index.js";
import { FILLED_IN, meaningOf, mended, refusalOf } from "../support/proposals.js";

const PARIS: CrontabOptions = { timezone: "Europe/Paris" };
const inParis = (text: string, options: CrontabOptions = {}): Schedule =>
  crontab(text, { ...PARIS, ...options });

/** The refusal of a text in Paris, without the text itself. */
function messageOf(text: string, options: CrontabOptions = {}): string {
  const refusal = refusalOf(() => inParis(text, options));
  return (refusal?.message ?? "taken").replace(/^crontab: /, "").replace(/ \(in "[^]*"\)$/, "");
}

type Row = [
  text: string,
  message: string,
  meant: Schedule | undefined,
  because: string,
  options?: CrontabOptions,
];

function holds(rows: Row[]): void {
  test.each(rows)("%j: %s", (text, message, meant, _because, options) => {
    expect(messageOf(text, options)).toBe(message);
    const mendedInParis = mended(text, { ...PARIS, ...options });
    expect(mendedInParis === undefined).toBe(meant === undefined);
    if (meant !== undefined) expect(meaningOf(mendedInParis!)).toEqual(meaningOf(meant));
  });
}

describe("what follows five or six good fields is told, and no field is blamed:", () => {
  const after = (tail: string, what: string, count = "five fields"): string =>
    `${JSON.stringify(tail)} after ${count} is ${what}`;
  const ZONE_HINT = 'use the timezone option, with an IANA name such as "Europe/Paris"';
  const LINE = "a user or a command, as in a line of crontab(5)";
  holds([
    [
      "0 18 * * fri-sun UTC",
      `${after("UTC", "a time zone")}; write crontab("0 18 * * fri-sun", { timezone: "UTC" })`,
      crontab("0 18 * * fri-sun"),
      "a zone is an option",
    ],
    [
      "0 18 * * fri-sun Asia/Tokyo",
      `${after("Asia/Tokyo", "a time zone")}; write crontab("0 18 * * fri-sun", { timezone: "Asia/Tokyo" })`,
      crontab("0 18 * * fri-sun", { timezone: "Asia/Tokyo" }),
      "not blamed on the month, into which fri fell",
    ],
    [
      "30 0 18 * * fri Asia/Tokyo",
      `${after("Asia/Tokyo", "a time zone", "six fields")}; write crontab("30 0 18 * * fri", { timezone: "Asia/Tokyo" })`,
      crontab("30 0 18 * * fri", { timezone: "Asia/Tokyo" }),
      "behind seconds too",
    ],
    [
      "0 18 * * fri tz=Asia/Tokyo",
      `${after("tz=Asia/Tokyo", "a time zone")}; write crontab("0 18 * * fri", { timezone: "Asia/Tokyo" })`,
      crontab("0 18 * * fri", { timezone: "Asia/Tokyo" }),
      "with its name before it",
    ],
    [
      "0 18 * * fri in Asia/Tokyo",
      `${after("in Asia/Tokyo", "a time zone")}; write crontab("0 18 * * fri", { timezone: "Asia/Tokyo" })`,
      crontab("0 18 * * fri", { timezone: "Asia/Tokyo" }),
      "as people say it",
    ],
    [
      "0 18 * * fri (UTC)",
      `${after("(UTC)", "a time zone")}; write crontab("0 18 * * fri", { timezone: "UTC" })`,
      crontab("0 18 * * fri"),
      "in brackets",
    ],
    [
      "0 18 * * fri UTC # weekend",
      `${after("UTC # weekend", "a time zone")}; write crontab("0 18 * * fri", { timezone: "UTC" })`,
      crontab("0 18 * * fri"),
      "a comment behind it changes nothing",
    ],
    [
      "0 18 * * fri +02:00",
      `${after("+02:00", "a time zone")}; ${ZONE_HINT}`,
      undefined,
      "an offset is no zone",
    ],
    ["0 18 * * fri UTC+2", `${after("UTC+2", "a time zone")}; ${ZONE_HINT}`, undefined, "nor is this"],
    ["0 18 * * fri Europe/Pari", `${after("Europe/Pari", "a time zone")}; ${ZONE_HINT}`, undefined, "a slip"],
    [
      "0 18 * * fri XYZT",
      `${after("XYZT", "a time zone")}; ${ZONE_HINT}`,
      undefined,
      "capitals, as zones have",
    ],
    [
      "CRON_TZ=Asia/Tokyo 0 18 * * fri",
      'the text names a time zone; write crontab("0 18 * * fri", { timezone: "Asia/Tokyo" })',
      crontab("0 18 * * fri", { timezone: "Asia/Tokyo" }),
      "a variable of cron, before the fields",
    ],
    [
      "TZ=Mars/Base 0 18 * * fri",
      "the text names a time zone; use the timezone option",
      undefined,
      "one that nobody knows is not proposed",
    ],
    [
      "0 5 * * * root /usr/bin/backup.sh",
      `${after("root /usr/bin/backup.sh", LINE)}; write crontab("0 5 * * *"); the command becomes a task`,
      inParis("0 5 * * *"),
      "a line of /etc/crontab",
    ],
    [
      "0 5 * * * /usr/bin/backup.sh --all",
      `${after("/usr/bin/backup.sh --all", LINE)}; write crontab("0 5 * * *"); the command becomes a task`,
      inParis("0 5 * * *"),
      "a line of a user's crontab",
    ],
    [
      "*/5 * * * * php artisan schedule:run >> /dev/null 2>&1",
      `${after("php artisan schedule:run >> /dev/null 2>&1", LINE)}; write crontab("*/5 * * * *"); the command becomes a task`,
      inParis("*/5 * * * *"),
      "a command without a path",
    ],
    [
      "17 * * * * root cd / && run-parts --report /etc/cron.hourly",
      `${after("root cd / && run-parts --report /etc/cron.hourly", LINE)}; write crontab("17 * * * *"); the command becomes a task`,
      inParis("17 * * * *"),
      "Debian's own",
    ],
    [
      "25 6 * * * backup",
      `${after("backup", LINE)}; write crontab("25 6 * * *"); the command becomes a task`,
      inParis("25 6 * * *"),
      "one word is no weekday",
    ],
    [
      "0 30 9 * * mon deploy now",
      `${after("deploy now", LINE, "six fields")}; write crontab("0 30 9 * * mon"); the command becomes a task`,
      inParis("0 30 9 * * mon"),
      "behind six fields",
    ],
    [
      "0 5 L * * report",
      `${after("report", LINE)}; write crontab("0 5 L * *", { extended: true }); the command becomes a task`,
      inParis("0 5 L * *", { extended: true }),
      "good fields of the extended syntax need their option",
    ],
    [
      "0 5 * * * # nightly",
      `${after("# nightly", "a comment")}; write crontab("0 5 * * *")`,
      inParis("0 5 * * *"),
      "comments have no place in a value",
    ],
    [
      "0 5 * * * 2027",
      `${after("2027", "a year, as in AWS")}; leave the year out and give the entry startAt and endAt: write crontab("0 5 * * *")`,
      inParis("0 5 * * *"),
      "one year is a bound of the entry",
    ],
    [
      "0 12 * * ? *",
      `${after("*", "a year, as in AWS")}; leave the year out: write crontab("0 12 * * *")`,
      inParis("0 12 * * *"),
      "AWS's noon; not * for the ?, which runs at minute 12 of every hour",
    ],
    [
      "0 12 ? * 2-6 *",
      `${after("*", "a year, as in AWS")}; leave the year out: write crontab("0 12 * * 1-5") (Sunday is 0 here, not 1)`,
      inParis("0 12 * * mon-fri"),
      "AWS counts weekdays from 1 for Sunday",
    ],
    [
      "0/15 9-17 ? * MON-FRI *",
      `${after("*", "a year, as in AWS")}; leave the year out: write crontab("*/15 9-17 * * MON-FRI")`,
      inParis("*/15 9-17 * * mon-fri"),
      "names of weekdays are the same everywhere",
    ],
    [
      "0 9 ? * 6L *",
      `${after("*", "a year, as in AWS")}; leave the year out: write crontab("0 9 * * 5L", { extended: true }) (Sunday is 0 here, not 1)`,
      inParis("0 9 * * friL", { extended: true }),
      "the last Friday",
    ],
    [
      "0 18 * * fri *",
      `${after("*", "a year, as in AWS")}; leave the year out: write crontab("0 18 * * fri")`,
      inParis("0 18 * * fri"),
      "a weekday can be no month, so the fields begin with minutes",
    ],
    [
      "0 0 1 1 ? 2027-2030",
      `${after("2027-2030", "a year, as in AWS")}; leave the year out and give the entry startAt and endAt: write crontab("0 0 1 1 *")`,
      inParis("0 0 1 1 *"),
      "several years",
    ],
    [
      "0 0 12 * * ? 2027",
      `${after("2027", "a year, as in Quartz", "six fields")}; leave the year out and give the entry startAt and endAt: write crontab("0 0 12 * * *")`,
      inParis("0 0 12 * * *"),
      "seven fields are Quartz's",
    ],
    [
      "0 0/5 * * * ? *",
      `${after("*", "a year, as in Quartz", "six fields")}; leave the year out: write crontab("0 */5 * * * *")`,
      inParis("0 */5 * * * *"),
      "a start with a step is a range there",
    ],
    [
      "0 15 10 ? * 6#3 *",
      `${after("*", "a year, as in Quartz", "six fields")}; leave the year out: write crontab("0 15 10 * * 5#3", { extended: true }) (Sunday is 0 here, not 1)`,
      inParis("0 15 10 * * fri#3", { extended: true }),
      "the third Friday; of 6#3 the week stays",
    ],
    [
      "0 0 8 ? * 2/2 *",
      `${after("*", "a year, as in Quartz", "six fields")}; leave the year out: write crontab("0 0 8 * * 1-6/2") (Sunday is 0 here, not 1)`,
      inParis("0 0 8 * * mon,wed,fri"),
      "a step without a range ends on Saturday there",
    ],
    [
      "* * * * * * *",
      `${after("*", "a year, as in Quartz", "six fields")}; leave the year out: write crontab("* * * * * *")`,
      inParis("* * * * * *"),
      "every second",
    ],
    [
      "@daily UTC",
      `${after("UTC", "a time zone", "@daily")}; write crontab("@daily", { timezone: "UTC" })`,
      crontab("@daily"),
      "a nickname is five good fields as well",
    ],
    [
      "@daily root /usr/bin/backup.sh",
      `${after("root /usr/bin/backup.sh", LINE, "@daily")}; write crontab("@daily"); the command becomes a task`,
      inParis("@daily"),
      "a nickname in a line of a crontab",
    ],
    [
      "@reboot /usr/bin/start",
      `${after("/usr/bin/start", LINE, "@reboot")}; write crontab("@reboot"); the command becomes a task`,
      inParis("@reboot"),
      "the one without fields too",
    ],
    [
      "@hourly # on the hour",
      `${after("# on the hour", "a comment", "@hourly")}; write crontab("@hourly")`,
      inParis("@hourly"),
      "a comment",
    ],
  ]);
});

describe("a sixth field that is wrong stays a wrong field:", () => {
  holds([
    ["0 0 24 * * *", "hour: 24 is outside 0-23", undefined, "the 24th of five fields is less likely"],
    ["60 * * * * *", "second: 60 is outside 0-59", undefined, "five fields are no better"],
    ["0 0 9 * * 8", "day of week: 8 is outside 0-7", undefined, "a number is no user"],
    [
      "0 0 9 * * thurs",
      'day of week: "thurs" is not a weekday (sun..sat or 0-7); write thu',
      inParis("0 0 9 * * thu"),
      "a weekday is meant, no user of that name",
    ],
    [
      "0 0 9 * * weekdays",
      'day of week: "weekdays" is not a weekday (sun..sat or 0-7); write 1-5',
      inParis("0 0 9 * * mon-fri"),
      "nor of this",
    ],
    ["0 5 * * * 0 1", "expected 5 fields (or 6, seconds first), got 7", undefined, "numbers are no command"],
  ]);
});

describe("a text that is no crontab is told what it is:", () => {
  const FILES = "if a shell has put names of files in place of a star, put the crontab in quotes";
  holds([
    [
      "0 5 README.md docs src README.md docs src 1",
      `"README.md" and 5 more are no fields; ${FILES}`,
      undefined,
      "stars without quotes, each the same files",
    ],
    ["0 0 README.md docs test", `"README.md" and 2 more are no fields; ${FILES}`, undefined, "five of them"],
    ["0 0 1 docs src test", `"docs" and 2 more are no fields; ${FILES}`, undefined, "folders"],
    ["a b a b a b a b a b", `"a" and 9 more are no fields; ${FILES}`, undefined, "five stars, two files"],
    [
      "5 minutes past the hour please",
      'minute: "minutes" is not a number from 0 to 59',
      undefined,
      "a sentence",
    ],
    [
      "0 0 * * mon - fri",
      'a field holds no blanks; write crontab("0 0 * * mon-fri")',
      inParis("0 0 * * mon-fri"),
      "not expected 5 fields, got 7",
    ],
    [
      "0 0 * * 1, 5",
      'a field holds no blanks; write crontab("0 0 * * 1,5")',
      inParis("0 0 * * 1,5"),
      "not an empty item of the month",
    ],
    [
      "\ufeff0 5 * * *",
      'the text holds U+FEFF, and only spaces and tabs stand between fields; write crontab("0 5 * * *")',
      inParis("0 5 * * *"),
      "the mark at the beginning of a file",
    ],
    [
      "0 5 * * *\r\n",
      'the text holds U+000D and U+000A, and only spaces and tabs stand between fields; write crontab("0 5 * * *")',
      inParis("0 5 * * *"),
      "the end of a line",
    ],
    [
      "0\u00a05 *\u200b * *",
      'the text holds U+00A0 and U+200B, and only spaces and tabs stand between fields; write crontab("0 5 * * *")',
      inParis("0 5 * * *"),
      "blanks of a web page",
    ],
    ["0 5 * * *\n0 6 * * *", "the text has 2 lines, and a crontab is one", undefined, "a file"],
    [
      '"0 5 * * *"',
      '"\\"0 5 * * *\\"" holds more than the fields; write crontab("0 5 * * *")',
      inParis("0 5 * * *"),
      "quotes that came along",
    ],
    [
      "cron(0 12 * * ? *)",
      '"cron(0 12 * * ? *)" holds more than the fields; leave the year out: write crontab("0 12 * * *")',
      inParis("0 12 * * *"),
      "AWS in whole",
    ],
    [
      "rate(5 minutes)",
      '"rate(5 minutes)" is not a crontab; write every("5 minutes")',
      every("5m"),
      "AWS's other",
    ],
    ["5m", '"5m" is not a crontab; write every("5m")', every("5m"), "an interval"],
    [
      "every 5 minutes",
      '"every 5 minutes" is not a crontab; write every("5 minutes")',
      every("5m"),
      "as the command line takes it",
    ],
    [
      "every 1 hour 30 mins",
      '"every 1 hour 30 mins" is not a crontab; write every("1h30m")',
      every("90m"),
      "five words",
    ],
    [
      "hourly",
      '"hourly" is not a crontab; write crontab("@hourly")',
      inParis("@hourly"),
      "a nickname without its @",
    ],
    [
      "every day",
      '"every day" is not a crontab; write crontab("@daily")',
      inParis("@daily"),
      "a time of day, no 24 h",
    ],
    [
      "sunset",
      '"sunset" is not a crontab; write solar("sunset", latitude, longitude)',
      solar("sunset", FILLED_IN.latitude, FILLED_IN.longitude),
      "an event",
    ],
    [
      "2027-03-28T02:30",
      '"2027-03-28T02:30" is not a crontab; write clocked("2027-03-28T02:30", { timezone })',
      clocked("2027-03-28T02:30", FILLED_IN.timezone === "Europe/Paris" ? { timezone: "Europe/Paris" } : {}),
      "a local time",
    ],
    [
      "2027-03-28 02:30Z",
      '"2027-03-28 02:30Z" is not a crontab; write clocked("2027-03-28T02:30Z")',
      clocked("2027-03-28T02:30Z"),
      "an instant",
    ],
    ["soon", "expected 5 fields (or 6, seconds first), got 1", undefined, "nobody knows"],
    [
      "0 9 ? * 2-6",
      '"?" is an extension, and in Quartz and AWS, where it comes from, Sunday is 1; write crontab("0 9 * * 1-5") for the weekdays of Quartz, or * in place of ? for ours (Sunday is 0)',
      inParis("0 9 * * mon-fri"),
      "with { extended: true } alone it would run from Tuesday to Saturday",
    ],
  ]);
});

describe("nicknames of other crons:", () => {
  const row = (text: string, call: string, meant: Schedule, because: string): Row => [
    text,
    `${JSON.stringify(text)} is not a nickname; write ${call}`,
    meant,
    because,
  ];
  const known = "known are @yearly @annually @monthly @weekly @daily @midnight @hourly @reboot";
  holds([
    row("@minutely", 'crontab("* * * * *")', inParis("* * * * *"), "not @monthly"),
    row("@every_minute", 'crontab("* * * * *")', inParis("* * * * *"), "FreeBSD"),
    row("@secondly", 'crontab("* * * * * *")', inParis("* * * * * *"), "every second"),
    row("@weekdays", 'crontab("0 0 * * 1-5")', inParis("0 0 * * mon-fri"), "not @weekly"),
    row("@weekend", 'crontab("0 0 * * 6-7")', inParis("0 0 * * sat,sun"), "not @weekly"),
    row("@noon", 'crontab("0 12 * * *")', inParis("0 12 * * *"), "not @midnight"),
    row("@quarterly", 'crontab("0 0 1 1,4,7,10 *")', inParis("0 0 1 */3 *"), "systemd"),
    row("@semiannually", 'crontab("0 0 1 1,7 *")', inParis("0 0 1 */6 *"), "systemd"),
    row("@every 5m", 'every("5m")', every("5m"), "robfig/cron"),
    row("@every 1h30m10s", 'every("1h30m10s")', every(5410), "robfig/cron"),
    row("@600", "every(600)", every(600), "FreeBSD: seconds"),
    row("@Daily", 'crontab("@daily")', inParis("@daily"), "capitals"),
    row("@dayly", 'crontab("@daily")', inParis("@daily"), "one slip"),
    row("@dialy", 'crontab("@daily")', inParis("@daily"), "two letters changed places"),
    row("@week", 'crontab("@weekly")', inParis("@weekly"), "the unit itself"),
    row("@boot", 'crontab("@reboot")', inParis("@reboot"), "once"),
    [
      "@biweekly",
      `"@biweekly" is not a nickname; ${known}`,
      undefined,
      "not @weekly: two slips are another word",
    ],
    ["@every", `"@every" is not a nickname; ${known}`, undefined, "every what?"],
    ["@", `"@" is not a nickname; ${known}`, undefined, "nothing"],
  ]);
});

test("stars without quotes in a large folder are more than a crontab may have, and told as well", () => {
  const { message, hint } = refusalOf(() => crontab(`0 5 ${"package.json src ".repeat(100)}`))!;
  expect(message).toContain("the text has 1704 characters, more than 1024");
  expect(hint).toBe("if a shell has put names of files in place of a star, put the crontab in quotes");
});
