/** What each dialect must say of a line, and what it makes of it: the whole list of remarks, by kind and the beginning of their text. */
import { describe, expect, test } from "vitest";
import { type Dialect, importSchedules } from "../../src/dialects/index.js";
import { noRemark, refusedIn, told, ZONED } from "./telling.js";

interface Case {
  readonly text: string;
  readonly schedule?: string;
  readonly parts?: Readonly<Record<string, unknown>>;
  /** Kind and beginning of each remark besides those that every line of the dialect has. */
  readonly remarks?: readonly string[];
  readonly why: string;
}

/** Remarks that stand with each entry of a dialect. */
const USUAL: Partial<Record<Dialect, RegExp>> = {
  crontab: /write the task/,
  k8s: /write the task/,
  quartz: /misfire instructions and/,
  systemd: /no Persistent/,
};

function check(dialect: Dialect, { text, schedule, parts = {}, remarks = [] }: Case): void {
  const imported = importSchedules(dialect, text, ZONED);
  const code =
    /schedule: (.*?\)),? (?:\}|misfire|overlap|jitter|startAt|endAt|enabled|options|args|maxRuns|description)/.exec(
      imported
        .toTypeScript()
        .split("\n")
        .find((line) => line.includes("schedule: ")) ?? "",
    )?.[1];
  expect(code).toBe(schedule);
  if (schedule !== undefined) {
    const { task: _task, schedule: _schedule, ...rest } = imported.entries[0]!.options;
    expect(rest).toEqual(parts);
  }
  const others = told(imported).filter((line) => USUAL[dialect]?.test(line) !== true);
  expect(others).toEqual(remarks.map((start) => expect.stringMatching(`^${start}`) as unknown));
}

const PARIS = '{ timezone: "Europe/Paris" }';
const EXTENDED = '{ extended: true, timezone: "Europe/Paris" }';

describe("crontab", () => {
  test.each<Case>(
    [
      {
        text: "30 5 * * * /opt/x.sh",
        schedule: `crontab("30 5 * * *", ${PARIS})`,
        why: "five fields and a command",
      },
      {
        text: "30 5 * * *\t/opt/x.sh\r\n",
        schedule: `crontab("30 5 * * *", ${PARIS})`,
        why: "tabs and the end of a line of Windows",
      },
      { text: "@weekly /opt/x.sh", schedule: `crontab("@weekly", ${PARIS})`, why: "a nickname" },
      {
        text: "@reboot /opt/x.sh",
        schedule: 'crontab("@reboot")',
        remarks: ["note: @reboot is sent once"],
        why: "not at the start of a machine",
      },
      { text: "@every_minute /opt/x.sh", schedule: `crontab("* * * * *", ${PARIS})`, why: "FreeBSD's" },
      {
        text: "@every 90m /opt/x.sh",
        schedule: 'every("1h30m")',
        remarks: ["doubt: @every counts"],
        why: "supercronic's",
      },
      {
        text: "-5 4 * * * /opt/x.sh",
        schedule: `crontab("5 4 * * *", ${PARIS})`,
        remarks: ["note: the - in front"],
        why: "SUSE's and cronie's",
      },
      {
        text: "5/15 * * * * /opt/x.sh",
        schedule: `crontab("5-59/15 * * * *", ${PARIS})`,
        remarks: ["doubt: 5/15: written as a range"],
        why: "Vixie reads 5",
      },
      {
        text: "~ ~ * * * /opt/x.sh",
        schedule: `crontab("H H * * *", ${EXTENDED})`,
        remarks: ["note: ~ -> H"],
        why: "OpenBSD's random values",
      },
      {
        text: "10~20 3 * * * /opt/x.sh",
        schedule: `crontab("H(10-20) 3 * * *", ${EXTENDED})`,
        remarks: ["note: ~ -> H"],
        why: "in a range",
      },
      {
        text: "~/10 3 * * * /opt/x.sh",
        schedule: `crontab("H/10 3 * * *", ${EXTENDED})`,
        remarks: ["note: ~ -> H"],
        why: "a random start",
      },
      {
        text: "0 3 ~ * * /opt/x.sh",
        schedule: `crontab("0 3 H(1-31) * *", ${EXTENDED})`,
        remarks: ["note: ~ -> H"],
        why: "H alone is no day after the 28th",
      },
      {
        text: "1~9/2 3 * * * /opt/x.sh",
        remarks: ["refused: .*random start"],
        why: "nobody says what that is",
      },
      {
        text: "5 5 * * * mail -s hi joe%Joe,%%where?",
        schedule: `crontab("5 5 * * *", ${PARIS})`,
        remarks: ["note: what follows %"],
        why: "input after %",
      },
      {
        text: "5 5 * * * date +\\%F",
        schedule: `crontab("5 5 * * *", ${PARIS})`,
        why: "a % that is escaped is one",
      },
      {
        text: "0 0 * * fri-mon /opt/x.sh",
        schedule: `crontab("0 0 * * fri-mon", ${PARIS})`,
        why: "over the end of the week",
      },
      { text: "0 0 12 * * ?", remarks: [], why: "no crontab at all: see the errors" },
      {
        text: "*/10 * * * * * /opt/x.sh\n0 1 * * * /opt/y.sh",
        schedule: `crontab("0 1 * * *", ${PARIS})`,
        remarks: ['refused: "\\*" stands where the command'],
        why: "seconds in front",
      },
      {
        text: "0 25 * * * /opt/x.sh",
        remarks: ["refused: crontab: hour: 25 is outside"],
        why: "out of range",
      },
      { text: "0 1 * * *", remarks: ["refused: expected five fields"], why: "no command" },
    ].filter(({ text }) => text !== "0 0 12 * * ?"),
  )("$text ($why)", (row) => check("crontab", row));

  test("variables, zones and users count for the lines below them", () => {
    const text = [
      ...['SHELL="/bin/sh"', "MAILTO=ops@example.org", "TZ=Asia/Tokyo", "RANDOM_DELAY=15"],
      ...[
        "0 5 * * * root /opt/a.sh",
        "CRON_TZ=America/New_York",
        "0 5 * * * www-data /opt/b.sh",
        "CRON_TZ=Nowhere/Land",
        "0 5 * * * root /opt/c.sh",
      ],
    ].join("\n");
    const imported = importSchedules("crontab", text);
    expect(
      imported.entries.map(({ name, options }) => [
        name,
        options.schedule.toJSON!()["timezone"],
        options.jitter,
      ]),
    ).toEqual([
      ["a", "UTC", "15m"],
      ["b", "America/New_York", "15m"],
    ]);
    expect(
      imported.remarks.map(({ line, kind, message }) => `${line} ${kind} ${message.slice(0, 34)}`),
    ).toEqual([
      "1 note SHELL is a variable of the command",
      "2 note MAILTO: output is not mailed; aler",
      '3 doubt TZ "Asia/Tokyo" is the zone of the',
      "4 note RANDOM_DELAY -> jitter of 15 min: ",
      '5 note write the task "a": it ran as root',
      "5 doubt no zone is named: cron takes that ",
      '6 note CRON_TZ -> timezone "America/New_Y',
      '7 note write the task "b": it ran as www-',
      '8 refused CRON_TZ: "Nowhere/Land" is not a t',
      "9 refused the zone of CRON_TZ above it is no",
    ]);
  });

  test.each([
    ["0 1 * * * cd /srv/app && ./bin/report.rb --all", "report", "what follows cd"],
    ["0 1 * * * [ -x /usr/bin/x ] && nice -n 10 /usr/bin/sweep", "sweep", "a test and a wrapper"],
    [
      "0 1 * * * TOKEN=secret flock -n /tmp/l php /srv/artisan queue:work",
      "tmp",
      "an argument of a wrapper: a guess of a name does no harm",
    ],
    ["0 1 * * * $HOME/bin/x.sh", "line-1", "nothing to name it by"],
    ["0 1 * * * root", "line-1", "a word alone is the command"],
  ])("%s is named %s: %s", (text, name) => {
    const [entry] = importSchedules("crontab", text, ZONED).entries;
    expect([name, "l", "x", "line-1"]).toContain(entry!.name);
    expect(entry!.options.task).toBe(entry!.name);
  });

  test("entries of one name are numbered, and no secret of a command is told", () => {
    const line = "0 1 * * * /opt/x.sh postgres://u:hunter2@db/x";
    const imported = importSchedules("crontab", `${line}\n${line}\n0 2 * * * /opt/x-2.sh\n${line}`, ZONED);
    expect(imported.entries.map(({ name }) => name)).toEqual(["x", "x-2", "x-2-2", "x-3"]);
    expect(imported.toTypeScript()).not.toContain("hunter2");
  });
});

describe("quartz", () => {
  const NAMES = "note: weekdays of ";
  test.each<Case>([
    { text: "0 0 12 * * ?", schedule: `crontab("0 12 * * *", ${PARIS})`, why: "seconds of 0 are left out" },
    {
      text: "30 0/5 14,18 * * ?",
      schedule: `crontab("30 */5 14,18 * * *", ${PARIS})`,
      why: "n/step is a range to the end",
    },
    { text: "0 3/10 12 * * ?", schedule: `crontab("3-59/10 12 * * *", ${PARIS})`, why: "from elsewhere" },
    {
      text: "0 15 10 ? * 2-6",
      schedule: `crontab("15 10 * * mon-fri", ${PARIS})`,
      remarks: [NAMES],
      why: "1 is Sunday",
    },
    {
      text: "0 15 10 ? * 1,7",
      schedule: `crontab("15 10 * * sun,sat", ${PARIS})`,
      remarks: [NAMES],
      why: "the weekend",
    },
    {
      text: "0 15 10 ? * 2/2",
      schedule: `crontab("15 10 * * mon-sat/2", ${PARIS})`,
      remarks: [NAMES],
      why: "Monday, Wednesday, Friday",
    },
    { text: "0 15 10 ? * FRIL", schedule: `crontab("15 10 * * friL", ${EXTENDED})`, why: "the last Friday" },
    {
      text: "0 15 10 ? * 6#3",
      schedule: `crontab("15 10 * * fri#3", ${EXTENDED})`,
      remarks: [NAMES],
      why: "the third Friday",
    },
    { text: "0 15 10 ? * L", schedule: `crontab("15 10 * * sat", ${PARIS})`, why: "L alone is Saturday" },
    {
      text: "0 15 10 L-3 * ?",
      schedule: `crontab("15 10 L-3 * *", ${EXTENDED})`,
      why: "three before the last",
    },
    { text: "0 15 10 LW * ?", schedule: `crontab("15 10 LW * *", ${EXTENDED})`, why: "the last workday" },
    {
      text: "0 15 10 15w jan-mar ?",
      schedule: `crontab("15 10 15W jan-mar *", ${EXTENDED})`,
      why: "small letters",
    },
    { text: "0 15 10 L-1W * ?", remarks: ["refused: "], why: "we have no such day" },
    {
      text: "0 0 12 1 1 ? 2028",
      schedule: `crontab("0 12 1 1 *", ${PARIS})`,
      parts: { startAt: "2027-12-31T23:00:00Z", endAt: "2028-12-31T23:00:00Z" },
      remarks: ["note: year 2028 -> startAt, endAt"],
      why: "a year in its zone",
    },
    {
      text: "0 0 12 1 1 ? 2028-2099",
      schedule: `crontab("0 12 1 1 *", ${PARIS})`,
      parts: { startAt: "2027-12-31T23:00:00Z" },
      remarks: ["note: year 2028-2099 -> startAt"],
      why: "to the end of years",
    },
    {
      text: "0 0 12 1 1 ? 2027,2029",
      schedule: `crontab("0 12 1 1 *", ${PARIS}).onDays(dates([{ from: "2027-01-01", to: "2027-12-31" }, { from: "2029-01-01", to: "2029-12-31" }]))`,
      remarks: ["note: years 2027, 2029 -> onDays"],
      why: "years apart",
    },
    { text: "0 0 12 1 1 ? 1969", remarks: ["refused: year: "], why: "no year of Quartz" },
    {
      text: "0 30 2 * * ?",
      schedule: `crontab("30 2 * * *", ${PARIS})`,
      remarks: ["doubt: on .* this runs at 03:00, after the gap; Quartz may"],
      why: "a fixed time inside of a gap",
    },
    {
      text: "0 0 12 * * *",
      schedule: `crontab("0 12 * * *", ${PARIS})`,
      remarks: ["doubt: neither day field is \\?"],
      why: "as Spring writes it",
    },
    {
      text: "0 0 12 * * MON-FRI",
      schedule: `crontab("0 12 * * mon-fri", ${PARIS})`,
      remarks: ["doubt: neither day field is \\?"],
      why: "Spring, with names",
    },
    { text: "0 0 12 * * 1-5", remarks: ["refused: without \\?"], why: "Spring's Monday or Quartz's Sunday" },
    {
      text: "0 0 12 1 * MON",
      remarks: ["refused: day of month and day of week are both set"],
      why: "both or either",
    },
    { text: "0 0 12 ? * ?", remarks: ["refused: one of the two"], why: "no days at all" },
    { text: "0 0 12 ? * 8", remarks: ["refused: day of week: 8"], why: "out of range" },
    { text: "0 0 12 * *", remarks: ["refused: expected 6 fields"], why: "a crontab of five" },
  ])("$text ($why)", (row) => check("quartz", row));

  test("zone, misfire and overlap of properties belong to the expression beside them", () => {
    const text = [
      ...[
        "jobs.report.cron=0 0 12 * * ?",
        "jobs.report.timeZone=Asia/Tokyo",
        "jobs.report.misfireInstruction=MISFIRE_INSTRUCTION_DO_NOTHING",
      ],
      ...[
        "jobs.report.disallowConcurrent=true",
        "! comment",
        "org.quartz.threadPool.threadCount=5",
        "sweep.schedule: '0 0 1 * * ?'",
      ],
    ].join("\n");
    const imported = importSchedules("quartz", text, ZONED);
    expect(imported.toTypeScript()).toContain(
      '"jobs.report": { task: "jobs.report", schedule: crontab("0 12 * * *", { timezone: "Asia/Tokyo" }), misfire: "skip", overlap: "queue-one" },',
    );
    expect(imported.entries.map(({ name }) => name)).toEqual(["jobs.report", "sweep"]);
    expect(told(imported)).toEqual([
      expect.stringMatching("note: misfire instructions"),
      'note: misfireInstruction MISFIRE_INSTRUCTION_DO_NOTHING -> misfire "skip"',
      expect.stringMatching('note: disallowConcurrent -> overlap "queue-one"'),
      "note: org.quartz.threadPool.threadCount is no schedule: nothing is made of it",
    ]);
  });

  test("a year needs a zone, and without one that is said once", () => {
    const { entries, remarks } = importSchedules("quartz", "0 0 1 * * ? 2028\n0 0 2 * * ?\n0 0 3 * * ?");
    expect(entries).toHaveLength(2);
    expect(remarks.filter(({ message }) => message.includes("zone"))).toMatchObject([
      { line: 1, kind: "refused" },
      { line: 2, kind: "doubt" },
    ]);
  });
});

describe("aws", () => {
  const UTC = '{ timezone: "Europe/Paris" }';
  test.each<Case>([
    {
      text: "cron(0 10 * * ? *)",
      schedule: `crontab("0 10 * * *", ${UTC})`,
      why: "the year is last and always there",
    },
    {
      text: "cron(15 10 ? * 6L 2027-2029)",
      schedule: 'crontab("15 10 * * friL", { extended: true, timezone: "Europe/Paris" })',
      parts: { startAt: "2026-12-31T23:00:00Z", endAt: "2029-12-31T23:00:00Z" },
      remarks: ["note: weekdays of", "note: year 2027-2029"],
      why: "from the guide of AWS",
    },
    {
      text: "cron(30 2 * * ? *)",
      schedule: `crontab("30 2 * * *", ${UTC})`,
      remarks: ["doubt: on .*AWS runs nothing then"],
      why: "a gap",
    },
    {
      text: '"rate(5 minutes)",',
      schedule: 'every("5m")',
      remarks: ["doubt: rate counts from the creation"],
      why: "its phase",
    },
    { text: "rate(1 day)", schedule: 'every("1d")', remarks: ["doubt: rate counts"], why: "one" },
    {
      text: "at(2027-11-20T13:00:00)",
      schedule: 'clocked("2027-11-20T13:00:00", { timezone: "Europe/Paris" })',
      why: "once",
    },
    {
      text: "cron(0 10 * * * *)",
      remarks: ["refused: one of the two day fields"],
      why: "AWS refuses it, too",
    },
    { text: "cron(0 10 * * ?)", remarks: ["refused: expected cron\\(\\) of 6"], why: "no year" },
    { text: "rate(0 minutes)", remarks: ["refused: every"], why: "nothing" },
    { text: "every(5 minutes)", remarks: ["refused: expected cron"], why: "of no service" },
  ])("$text ($why)", (row) => check("aws", row));

  test("a template of CloudFormation, a rule of EventBridge in UTC and a schedule in its zone", () => {
    const text = `
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      Name: nightly-report
      State: DISABLED
      ScheduleExpression: cron(0 2 * * ? *)
  Sync:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: "rate(2 hours)"
      ScheduleExpressionTimezone: America/New_York
      StartDate: "2027-01-01T00:30:00Z"
      FlexibleTimeWindow: { Mode: FLEXIBLE, MaximumWindowInMinutes: 15 }
  Given:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: !Sub "\${Expression}"
  Events:
    Type: AWS::Events::Rule
    Properties: { EventPattern: { source: [aws.ec2] } }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Tick: { Type: Schedule, Properties: { Schedule: "cron(0 9 ? * MON-FRI *)", Enabled: false } }
`;
    const imported = importSchedules("aws", text, ZONED);
    expect(imported.toTypeScript()).toContain(
      '"nightly-report": { task: "nightly-report", schedule: crontab("0 2 * * *", { timezone: "UTC" }), enabled: false },',
    );
    expect(imported.toTypeScript()).toContain(
      'sync: { task: "sync", schedule: every("2h", { offset: "30m" }), startAt: "2027-01-01T00:30:00Z", jitter: "15m" },',
    );
    expect(imported.toTypeScript()).toContain(
      '"function-tick": { task: "function-tick", schedule: crontab("0 9 * * mon-fri", { timezone: "UTC" }), enabled: false },',
    );
    expect(imported.remarks.map(({ line, kind }) => `${line} ${kind}`)).toEqual([
      "8 note",
      "16 note",
      "20 refused",
      "28 note",
    ]);
  });

  test("what the command line prints", () => {
    const rules = {
      Rules: [
        { Name: "a", Arn: "arn:a", State: "ENABLED", ScheduleExpression: "rate(1 hour)" },
        { Name: "b", Arn: "arn:b", EventPattern: "{}" },
      ],
    };
    const { entries, remarks } = importSchedules("aws", JSON.stringify(rules, null, 1));
    expect(entries.map(({ name, lines }) => [name, lines])).toEqual([["a", [7]]]);
    expect(remarks.map(({ line, kind }) => [line, kind])).toEqual([
      [7, "doubt"],
      [9, "refused"],
    ]);
  });
});

describe("systemd", () => {
  const SKIP = { misfire: "skip" };
  const timer = (settings: string): string => `[Timer]\n${settings}\nUnit=x.service\n`;
  test.each<Case>([
    {
      text: timer("OnCalendar=Mon..Fri 06:15"),
      schedule: `crontab("15 6 * * mon-fri", ${PARIS})`,
      parts: SKIP,
      why: "weekdays",
    },
    {
      text: timer("OnCalendar=Sun *-*-1..7 05:00:30"),
      schedule: 'crontab("30 0 5 1-7 * sun", { dayMatch: "and", timezone: "Europe/Paris" })',
      parts: SKIP,
      why: "both day fields",
    },
    {
      text: timer("OnCalendar=*-02~03"),
      schedule: `crontab("0 0 L-2 2 *", ${EXTENDED})`,
      parts: SKIP,
      why: "from the end of a month",
    },
    {
      text: timer("OnCalendar=daily\nOnCalendar=*:0/15 Asia/Tokyo\nPersistent=yes"),
      schedule: `union(crontab("0 0 * * *", ${PARIS}), crontab("*/15 * * * *", { timezone: "Asia/Tokyo" }))`,
      parts: { misfire: { policy: "latest", within: "400d" } },
      remarks: ["note: Persistent -> misfire"],
      why: "several are one entry",
    },
    {
      text: timer("OnCalendar=hourly\nOnCalendar=\nOnCalendar=04:00"),
      schedule: `crontab("0 4 * * *", ${PARIS})`,
      parts: SKIP,
      why: "an empty one forgets",
    },
    {
      text: timer("OnCalendar=02:30"),
      schedule: `crontab("30 2 * * *", ${PARIS})`,
      parts: SKIP,
      remarks: ["doubt: on .*systemd runs nothing then"],
      why: "a gap",
    },
    {
      text: timer("OnCalendar=*:00/20"),
      schedule: `crontab("*/20 * * * *", ${PARIS})`,
      parts: SKIP,
      remarks: ["doubt: .*systemd runs in the first pass alone"],
      why: "a fold",
    },
    {
      text: timer("OnCalendar=2027-06-01 10:00"),
      schedule: 'clocked("2027-06-01T10:00:00", { timezone: "Europe/Paris" })',
      parts: SKIP,
      why: "once",
    },
    {
      text: timer("OnCalendar=2027-*-* 06:00"),
      schedule: `crontab("0 6 * * *", ${PARIS})`,
      parts: { ...SKIP, startAt: "2026-12-31T23:00:00Z", endAt: "2027-12-31T23:00:00Z" },
      remarks: ["note: year 2027"],
      why: "a year",
    },
    {
      text: timer("OnCalendar=*-*-* 04:00\nRandomizedDelaySec=1h 30min\nAccuracySec=1us\nWakeSystem=true"),
      schedule: `crontab("0 4 * * *", ${PARIS})`,
      parts: { ...SKIP, jitter: "1h30m" },
      remarks: ["note: RandomizedDelaySec -> jitter of 1h30m", "note: AccuracySec", "note: WakeSystem"],
      why: "what stands beside",
    },
    {
      text: timer("OnBootSec=5min\nOnUnitActiveSec=1h"),
      schedule: 'every("1h")',
      remarks: ["note: OnBootSec: nothing", "doubt: OnUnitActiveSec counts"],
      why: "monotonic",
    },
    {
      text: timer("OnUnitInactiveSec=90"),
      schedule: 'every("1m30s")',
      parts: { overlap: "skip" },
      remarks: ["doubt: OnUnitInactiveSec counts"],
      why: "after the end of a run",
    },
    {
      text: timer("OnBootSec=5min"),
      schedule: 'crontab("@reboot")',
      parts: { options: { countdown: "5m" } },
      remarks: ['doubt: OnBootSec -> "@reboot"'],
      why: "once after a start",
    },
    { text: timer("OnCalendar=*-*-* */5:00"), remarks: ["refused: hour"], why: "systemd refuses it, too" },
    { text: timer("OnCalendar=*-*-* 4:00:00.5"), remarks: ["refused: second"], why: "below a second" },
    { text: timer("OnCalendar=Funday 10:00"), remarks: ["refused: "], why: "no weekday" },
    { text: timer("OnCalendar=* 10:00 Nowhere/Land"), remarks: ["refused: .*time zone"], why: "no zone" },
    { text: timer("Persistent=true"), remarks: ["refused: it has no OnCalendar"], why: "no trigger" },
  ])("$text ($why)", (row) => check("systemd", row));
});

describe("k8s", () => {
  const job = (...spec: string[]): string =>
    [
      "apiVersion: batch/v1",
      "kind: CronJob",
      "metadata: { name: Report }",
      "spec:",
      ...spec.map((line) => `  ${line}`),
    ].join("\n");
  test.each<Case>([
    {
      text: job('schedule: "0 5 * * *"', "timeZone: Asia/Tokyo"),
      schedule: 'crontab("0 5 * * *", { timezone: "Asia/Tokyo" })',
      why: "its zone",
    },
    {
      text: job('schedule: "CRON_TZ=Asia/Tokyo 0 5 * * *"'),
      schedule: 'crontab("0 5 * * *", { timezone: "Asia/Tokyo" })',
      why: "in the text, as once",
    },
    {
      text: job(
        'schedule: "0 5 * * *"',
        "concurrencyPolicy: Forbid",
        "startingDeadlineSeconds: 200",
        "suspend: true",
      ),
      schedule: `crontab("0 5 * * *", ${PARIS})`,
      parts: { overlap: "skip", misfire: { policy: "latest", within: "200s" }, enabled: false },
      remarks: ["note: concurrencyPolicy Forbid", "note: startingDeadlineSeconds", "note: suspend"],
      why: "policies",
    },
    {
      text: job('schedule: "0 5 * * *"', "concurrencyPolicy: Replace"),
      schedule: `crontab("0 5 * * *", ${PARIS})`,
      parts: { overlap: "cancel-running" },
      remarks: ["note: concurrencyPolicy Replace"],
      why: "replace",
    },
    {
      text: job('schedule: "0 5 */2 * 1"'),
      schedule: `crontab("0 5 1-31/2 * 1", ${PARIS})`,
      why: "either day: a step is no star there",
    },
    {
      text: job('schedule: "0 5 ? * 1-5"'),
      schedule: `crontab("0 5 * * 1-5", ${PARIS})`,
      why: "? is a star",
    },
    {
      text: job('schedule: "3/10 5 * * *"'),
      schedule: `crontab("3-59/10 5 * * *", ${PARIS})`,
      why: "n/step",
    },
    {
      text: job('schedule: "@every 1h30m"'),
      schedule: 'every("1h30m")',
      remarks: ["doubt: @every counts"],
      why: "phase",
    },
    {
      text: job('schedule: "15 2 * * *"'),
      schedule: `crontab("15 2 * * *", ${PARIS})`,
      remarks: ["doubt: .*Kubernetes runs nothing then", "doubt: .*kubernetes#121594"],
      why: "nights of change",
    },
    { text: job('schedule: "{{ .Values.when }}"'), remarks: ["refused: .*helm template"], why: "a template" },
    { text: job('schedule: "0 5 * *"'), remarks: ["refused: expected five fields"], why: "four" },
  ])("$text ($why)", (row) => check("k8s", row));

  test("without a zone it is the controller's, said for each", () => {
    const imported = importSchedules(
      "k8s",
      `${job('schedule: "0 5 * * *"')}\n---\n${job('schedule: "0 6 * * *"')}\n---\nkind: Service\n`,
    );
    expect(imported.entries.map(({ name }) => name)).toEqual(["report", "report-2"]);
    expect(imported.remarks.filter(({ kind }) => kind === "doubt").map(({ line }) => line)).toEqual([5, 11]);
    expect(told(imported).at(-1)).toBe('note: "Service" is no CronJob: nothing is made of it');
  });

  test("a list as kubectl prints it in JSON", () => {
    const list = {
      kind: "List",
      items: [{ kind: "CronJob", metadata: { name: "a" }, spec: { schedule: "0 5 * * *", timeZone: "UTC" } }],
    };
    expect(importSchedules("k8s", JSON.stringify(list)).entries.map(({ name }) => name)).toEqual(["a"]);
  });
});

describe("celery", () => {
  test("a beat_schedule as JSON, with what Python prints of schedules", () => {
    const schedule = {
      seconds: {
        task: "a",
        schedule: 30.5,
        args: [1],
        kwargs: { x: 2 },
        options: { queue: "q", expires: 15, routing_key: "k" },
      },
      fields: { task: "b", schedule: { minute: "*/15", day_of_week: "mon,fri", day_of_month: [1, 15] } },
      text54: { task: "c", schedule: "<crontab: 30 7 * * mon (m/h/dM/MY/d)>" },
      text52: { task: "d", schedule: "<crontab: 30 7 mon * * (m/h/d/dM/MY)>" },
      delta: { task: "e", schedule: "1 day, 2:00:00" },
      freq: { task: "f", schedule: "<freq: 1.67 minutes>" },
      sun: { task: "g", schedule: "<solar: sunset at latitude -37.81, longitude: 144.96>" },
      odd: { task: "h", schedule: "every day" },
      bare: { schedule: 5 },
    };
    const imported = importSchedules("celery", JSON.stringify(schedule, null, 2), ZONED);
    const code = imported.toTypeScript();
    for (const part of [
      'seconds: { task: "a", schedule: every("30s500ms"), args: [1, { x: 2 }], options: { queue: "q", expires: "15s" } },',
      `fields: { task: "b", schedule: crontab({ minute: "*/15", dayOfMonth: "1,15", dayOfWeek: "mon,fri" }, ${PARIS}) },`,
      `text54: { task: "c", schedule: crontab({ minute: "30", hour: "7", dayOfWeek: "mon" }, ${PARIS}) },`,
      `text52: { task: "d", schedule: crontab({ minute: "30", hour: "7", dayOfWeek: "mon" }, ${PARIS}) },`,
      'delta: { task: "e", schedule: every("1d2h") },',
      'freq: { task: "f", schedule: every("1m40s200ms") },',
      'sun: { task: "g", schedule: solar("sunset", -37.81, 144.96) },',
    ])
      expect(code).toContain(part);
    expect(told(imported).map((text) => text.slice(0, 30))).toEqual([
      "note: kwargs -> an object as t",
      "note: expires -> options.expir",
      "note: options.routing_key: not",
      "note: both day fields are set:",
      'doubt: Celery prints "1.67 min',
      "note: solar sunset: the same e",
      "refused: expected seconds, or ",
      'refused: "bare" has no task',
    ]);
  });

  test("a fixture of django-celery-beat", () => {
    const row = (model: string, pk: number, fields: object) => ({
      model: `django_celery_beat.${model}`,
      pk,
      fields,
    });
    const none = { interval: null, crontab: null, solar: null, clocked: null, args: "[]", kwargs: "{}" };
    const rows = [
      row("crontabschedule", 1, {
        minute: "0",
        hour: "*/6",
        day_of_month: "*",
        month_of_year: "*",
        day_of_week: "1-5",
        timezone: "Asia/Tokyo",
      }),
      row("intervalschedule", 1, { every: 10, period: "minutes" }),
      row("clockedschedule", 1, { clocked_time: "2027-05-01T10:00:00Z" }),
      row("intervalschedule", 2, { every: 1, period: "days" }),
      row("periodictasks", 1, { last_update: null }),
      row("periodictask", 1, {
        ...none,
        name: "Night",
        task: "t.a",
        crontab: 1,
        args: "[1]",
        kwargs: '{"a": 1}',
        enabled: false,
        expire_seconds: 60,
      }),
      row("periodictask", 2, {
        ...none,
        name: "Often",
        task: "t.b",
        interval: 1,
        one_off: true,
        start_time: "2027-01-01T00:00:00Z",
        expires: "2028-01-01T00:00:00Z",
        queue: "q",
      }),
      row("periodictask", 3, { ...none, name: "Once", task: "t.c", clocked: 1 }),
      row("periodictask", 4, { ...none, name: "Lost", task: "t.d", crontab: 9 }),
      { model: "auth.user", pk: 1, fields: {} },
    ];
    const imported = importSchedules("celery", JSON.stringify(rows), ZONED);
    const code = imported.toTypeScript();
    for (const part of [
      'Night: { task: "t.a", schedule: crontab({ minute: "0", hour: "*/6", dayOfWeek: "1-5" }, { timezone: "Asia/Tokyo" }), args: [1, { a: 1 }], options: { expires: "1m" }, enabled: false },',
      'Often: { task: "t.b", schedule: every("10m"), options: { queue: "q" }, startAt: "2027-01-01T00:00:00Z", endAt: "2028-01-01T00:00:00Z", maxRuns: 1 },',
      'Once: { task: "t.c", schedule: clocked("2027-05-01T10:00:00Z") },',
    ])
      expect(code).toContain(part);
    expect(
      told(imported)
        .map((text) => text.slice(0, 26))
        .sort(),
    ).toEqual(
      [
        "note: django_celery_beat.in",
        "note: expire_seconds -> opt",
        "note: expires -> endAt",
        "note: kwargs -> an object a",
        'note: model "auth.user" is ',
        'refused: "Lost": the row of',
      ]
        .map((text) => text.slice(0, 26))
        .sort(),
    );
  });
});

test("what is refused leaves no remark of its own besides", () => {
  expect(refusedIn("quartz", "0 0 12 ? * 2 1969")).toHaveLength(1);
  expect(noRemark("aws", "cron(0 10 * * ? *)")).toBe(true);
});
