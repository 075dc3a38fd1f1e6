/** Every command asks the entry when it runs, and not its schedule. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
beforeAll(() => void (place = new Playground()));
afterAll(() => place.dispose());

const windows = (...args: string[]) => place.sunbeat(["-A", "windows.ts", "schedule", ...args]);
const DAY = ["--from", "2126-01-01", "--for", "1d"];

describe.concurrent("schedule lint", () => {
  test("finds each entry that can never run, says why, and ends with 1", async () => {
    const { stdout, exitCode } = await windows("lint");
    expect(exitCode).toBe(1);
    expect(stdout.replace(/\d{13}/g, "INSTANT")).toBe(`between
  error never: it never runs: nothing is due between its start, Fri 2126-03-01 01:00 +01:00, and its end, Mon 2126-04-01 02:00 +02:00
broken
  error SUNBEAT_SCHEDULE_INVALID: entry "broken": next(INSTANT) of its schedule gave INSTANT; expected null or a later instant in whole epoch milliseconds
fold-only
  note fold: 02:30 comes twice on 2126-10-27: runs once, first pass
from-json
  note unknown-task: no task "misspelt" is registered here (did you mean "mispelt"?); workers without it cannot run it
late
  error never: it never runs: nothing is due from its start, Sat 2126-06-01 02:00 +02:00, on
over
  error never: it never runs: its end, Wed 2020-01-01 06:30 +01:00, is over
over-the-gap
  note gap-fixed: on 2126-03-31 this runs at 03:00, after the gap
past
  error never: it never runs: its last due time was Wed 2020-01-01 01:00 +01:00
thirtieth
  error never: 30 February never comes: this schedule never fires
17 schedules checked, 8 without remarks
`);
  });

  test.each([
    // entry, exit code, because
    ["over", 1, "its end is over"],
    ["twice", 0, "it has runs to come"],
    ["from-json", 0, "another app may have its task"],
    ["off", 0, "it is off, as it shall be"],
    ["boot", 0, "it is sent at a start"],
  ])("of %s alone ends with %i: %s", async (name, exitCode) => {
    expect(await windows("lint", name)).toMatchObject({ exitCode, stderr: "" });
  });

  test("judges from the instant that is asked for", async () => {
    expect(await windows("lint", "ends", "--from", "2126-01-01T09:00")).toMatchObject({ exitCode: 0 });
    expect(await windows("lint", "ends", "--from", "2126-01-01T09:00:01")).toMatchObject({ exitCode: 1 });
  });
});

test.concurrent(
  "preview keeps to start, end, runs and jitter, in the order in which runs are sent",
  async () => {
    const { stdout, stderr } = await windows("preview", ...DAY);
    expect(stderr.replace(/\d{13}/g, "INSTANT")).toMatch(
      /^broken is left out: entry "broken": next\(INSTANT\)/,
    );
    const spread = /^ {2}(0[12]:\d\d:\d\d) \+01:00 {2}spread {5}t {9}due 01:00\n/m.exec(stdout);
    expect(stdout.replace(spread![0], "")).toBe(`Tue 2126-01-01 (Europe/Paris)
  01:00:00 +01:00  ends       t
  01:00:00 +01:00  twice      t
  05:00:00 +01:00  ends       t
  05:00:00 +01:00  twice      t
  09:00:00 +01:00  ends       t
  09:00:00 +01:00  from-json  misspelt
  09:00:00 +01:00  starts     t
  13:00:00 +01:00  starts     t
  17:00:00 +01:00  starts     t
  21:00:00 +01:00  starts     t
`);
  },
);

test.concurrent("list and next say the same of entries that no store has", async () => {
  const listed = JSON.parse((await windows("list", "--json")).stdout) as { name: string; nextDue: string }[];
  expect(Object.fromEntries(listed.map(({ name, nextDue }) => [name, nextDue]))).toMatchObject({
    ...{
      over: null,
      between: null,
      past: null,
      late: null,
      thirtieth: null,
      broken: null,
      off: null,
      boot: null,
    },
    starts: "2126-01-01T09:00:00+01:00",
    twice: "2126-01-01T01:00:00+01:00",
    "from-json": "2126-01-01T09:00:00+01:00",
  });
  const next = await windows("next", "twice", "--timezone", "UTC", "--from", "2126-01-01");
  expect(next.stdout).toBe(`twice
every 4 h

  #  UTC                          gap
  1  Tue 2126-01-01 00:00 +00:00
  2  Tue 2126-01-01 04:00 +00:00  4h
  and never again: then it has had all its runs
`);
});

test.concurrent.each([
  ["over", "  no run: it is due at no time from now on"],
  ["off", "  no run: it is disabled"],
  ["boot", "  no due times: it is sent when a beat process first leads"],
  ["ends", "  and never again"],
])("next tells why no run of %s follows", async (name, line) => {
  const { stdout, exitCode } = await windows("next", name);
  expect(stdout.split("\n")).toContain(line);
  expect(exitCode).toBe(0);
});

test.concurrent("show and set remark on the time in which the entry runs", async () => {
  expect((await windows("show", "before-both")).stdout).not.toMatch(/note/);
  expect((await windows("show", "five-runs-before")).stdout).not.toMatch(/note/);
  expect((await windows("show", "over-the-gap")).stdout).toMatch(/note gap-fixed: on 2126-03-31/);
  expect((await windows("show", "boot")).stdout).toMatch(/^ {2}next +when a beat process first leads$/m);
  const set = ["-b", "sqlite:./set.db", "set", "e", "--task", "t", "--crontab", "30 2 * * *", "--json"];
  const lints = async (...more: string[]) =>
    (JSON.parse((await windows(...set, ...more)).stdout) as { lints: { code: string }[] }).lints;
  const period = ["--start-at", "2126-03-01", "--end-at"];
  expect(await lints(...period, "2126-03-31T01:00")).toEqual([]);
  expect(await lints(...period, "2126-04-01")).toMatchObject([{ code: "dst-option" }]);
});

test.concurrent("a stored entry is foretold from its state", async () => {
  const stored = (...args: string[]) => windows("-b", "sqlite:./stored.db", ...args);
  await stored("set", "e", "--task", "t", "--every", "1h", "--start-at", "2126-01-01", "--max-runs", "2");
  expect((await stored("preview", ...DAY)).stdout).toMatch(/e +t\n/);
  await stored("pause", "e");
  expect((await stored("preview", ...DAY)).stdout).not.toMatch(/ e +t\n/);
  expect((await stored("next", "e")).stdout).toContain("  no run: it is paused\n");
});

test.concurrent("resume says of an entry that is over that it will not run", async () => {
  const stored = (...args: string[]) => windows("-b", "sqlite:./resume.db", ...args);
  await stored("set", "e", "--task", "t", "--at", "2020-01-01");
  await stored("pause", "e");
  expect((await stored("resume", "e")).stdout).toBe(
    "e is paused no more, and will not run: disabled: ended\n",
  );
});

test.concurrent("an answer about the past is that of a new entry, and says so", async () => {
  const past = ["--from", "2021-01-01", "--for", "1h"];
  const { stdout, stderr } = await windows("preview", ...past);
  expect(stdout).toBe("nothing is due until Fri 2021-01-01 01:00 +01:00\n");
  expect(stderr).toMatch(/^--from is over: .*; schedule history tells what became of a due time$/m);
});

describe.concurrent("many runs of one entry", () => {
  const shop = (...args: string[]) => place.sunbeat(["-A", "shop.ts", "schedule", "preview", ...args]);

  test.each<[string, string[], string]>([
    [
      "an hour",
      ["--from", "2126-01-02T10:00", "--for", "1h"],
      `Wed 2126-01-02 (Europe/Paris)
  10:00:00 +01:00  add-every-second  tasks.add  every 1s, 3600 runs, the last at 10:59:59
`,
    ],
    [
      "over midnight",
      ["--from", "2126-01-01T23:59", "--until", "2126-01-02T00:01"],
      `Tue 2126-01-01 (Europe/Paris)
  23:59:00 +01:00  add-every-second  tasks.add  every 1s, 60 runs, the last at 23:59:59
Wed 2126-01-02 (Europe/Paris)
  00:00:00 +01:00  add-every-second  tasks.add  every 1s, 60 runs, the last at 00:00:59
`,
    ],
    [
      "few",
      ["--from", "2126-01-02T10:00", "--for", "2s"],
      `Wed 2126-01-02 (Europe/Paris)
  10:00:00 +01:00  add-every-second  tasks.add
  10:00:01 +01:00  add-every-second  tasks.add
`,
    ],
    [
      "--all",
      ["--from", "2126-01-02T10:00", "--for", "1h", "--all", "--limit", "1"],
      `Wed 2126-01-02 (Europe/Paris)
  10:00 +01:00  add-every-second  tasks.add
`,
    ],
  ])("are told in one line for each day: %s", async (_, args, stdout) => {
    expect((await shop(...args)).stdout).toBe(stdout);
  });

  test("are one object each with --json, and the answer says where it is cut", async () => {
    const { stdout, stderr } = await shop("--from", "2126-01-02", "--json", "--limit", "3");
    expect(JSON.parse(stdout)).toMatchObject([
      { kind: "run", entry: "add-every-second", local: "2126-01-02T00:00:00+01:00", late: false },
      { sentAt: "2126-01-02T00:00:01+01:00" },
      { at: Date.parse("2126-01-01T23:00:02Z") },
    ]);
    expect(stderr).toBe("more follow; --limit shows more than 3 lines\n");
  });
});

describe.concurrent("the app's zone", () => {
  const JSON_CRONTAB = '{"type":"crontab","minute":"0","hour":"9"}';
  test.each([
    // arguments, first run, because
    [["-A", "shop.ts", "schedule", "next", JSON_CRONTAB], "T08:00:00.000Z", "JSON takes the app's"],
    [["-A", "shop.ts", "schedule", "next", "0 9 * * *"], "T08:00:00.000Z", "text takes the app's"],
    [
      ["-A", "shop.ts", "schedule", "next", JSON_CRONTAB, "--timezone", "Asia/Tokyo"],
      "T00:00:00.000Z",
      "--timezone goes before it",
    ],
    [
      ["-A", "shop.ts", "schedule", "next", '{"type":"crontab","minute":"0","hour":"9","timezone":"UTC"}'],
      "T09:00:00.000Z",
      "a zone of its own stays",
    ],
    [["-A", "windows.ts", "schedule", "next", "from-json"], "2126-01-01T08:00:00.000Z", "scheduleFromJSON"],
    [
      [
        ...["-A", "shop.ts", "-b", "sqlite:./zone.db", "schedule", "set", "j", "--task", "tasks.add"],
        ...["--schedule", JSON_CRONTAB],
      ],
      "T09:00:00+01:00",
      "an entry set on the command line",
    ],
  ])("%j: %s, %s", async (args, first) => {
    const { stdout } = await place.sunbeat([
      ...args,
      "--json",
      ...(args.includes("set") ? [] : ["--from", "2126-01-01"]),
    ]);
    const answer = JSON.parse(stdout) as { occurrences?: { utc: string }[]; nextDue?: string };
    expect(answer.occurrences?.[0]?.utc ?? answer.nextDue!.replace("+02:00", "+01:00")).toContain(first);
  });

  test.each([
    // environment, arguments, because
    [
      { SUNBEAT_APP: "shop.ts" },
      ["schedule", "next", "0 9 * * *"],
      "an app that SUNBEAT_APP names has its zone, too",
    ],
    [{ SUNBEAT_APP: "shop.ts" }, ["schedule", "next", "night-report"], "and its entries"],
  ])("%j %j: %s", async (env, args) => {
    const { stdout } = await place.sunbeat([...args, "--json"], env);
    expect(JSON.parse(stdout)).toMatchObject({ timezone: "Europe/Paris" });
  });

  test("and its rule for the clocks are those of a text", async () => {
    const answer = await place.sunbeat(["-A", "windows.ts", "schedule", "next", "0 9 * * *", "--json"]);
    expect(JSON.parse(answer.stdout)).toMatchObject({ schedule: { dst: "skip" } });
  });
});
