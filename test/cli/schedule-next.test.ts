import { describe, expect, test } from "vitest";
import { cli } from "../support/cli.js";

describe("schedule next", () => {
  test("shows local time, UTC and gap, and says why a run is moved out of a gap", async () => {
    const args = ["schedule", "next", "30 2 * * *", "--timezone", "Europe/Paris", "--count", "3"];
    expect(await cli([...args, "--from", "2026-03-28"])).toEqual({
      exitCode: 0,
      stderr: "",
      stdout: `30 2 * * *
at 02:30 every day (Europe/Paris)

  #  Europe/Paris                 UTC                gap
  1  Sat 2026-03-28 02:30 +01:00  2026-03-28 01:30Z
  2  Sun 2026-03-29 03:00 +02:00  2026-03-29 01:00Z  23h30m
     ^ 02:30 does not exist in Europe/Paris on 2026-03-29; runs at 03:00, after the gap
  3  Mon 2026-03-30 02:30 +02:00  2026-03-30 00:30Z  23h30m

note gap-fixed: on 2026-03-29 this runs at 03:00, after the gap
note fold: 02:30 comes twice on 2026-10-25: runs once, first pass
`,
    });
  });

  test("says where an expected run is left out", async () => {
    const args = ["schedule", "next", "30 2 * * *", "--timezone", "Europe/Paris", "--dst", "skip", "-c", "2"];
    const { stdout } = await cli([...args, "--from", "2026-03-28"]);
    expect(stdout.split("\n").slice(3, 7)).toEqual([
      "  #  Europe/Paris                 UTC                gap",
      "  1  Sat 2026-03-28 02:30 +01:00  2026-03-28 01:30Z",
      "     - 02:30 does not exist in Europe/Paris on 2026-03-29; is left out",
      "  2  Mon 2026-03-30 02:30 +02:00  2026-03-30 00:30Z  1d23h",
    ]);
  });

  test("counts from now without --from, and shows UTC once", async () => {
    const { stdout } = await cli(["schedule", "next", "every", "90s", "-c", "2"], "2026-11-21T12:00:10Z");
    expect(stdout).toBe(`every 90s
every 1 min 30 s

  #  UTC                             gap
  1  Sat 2026-11-21 12:01:30 +00:00  in 1m20s
  2  Sat 2026-11-21 12:03:00 +00:00  1m30s
`);
  });

  test("includes a run at the very instant of --from", async () => {
    const { stdout } = await cli(["schedule", "next", "@daily", "-c", "1", "--from", "2027-01-01", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ occurrences: [{ utc: "2027-01-01T00:00:00.000Z" }] });
  });

  test("--json gives one value with everything the text says", async () => {
    const args = ["schedule", "next", "30 2 * * *", "--timezone", "Europe/Paris", "--count", "1", "--json"];
    const { stdout } = await cli([...args, "--from", "2026-03-29"]);
    expect(JSON.parse(stdout)).toEqual({
      schedule: {
        type: "crontab",
        minute: "30",
        hour: "2",
        dayOfMonth: "*",
        monthOfYear: "*",
        dayOfWeek: "*",
        dayMatch: "or",
        timezone: "Europe/Paris",
      },
      description: "at 02:30 every day (Europe/Paris)",
      timezone: "Europe/Paris",
      from: "2026-03-29T00:00:00+01:00",
      occurrences: [
        {
          at: Date.parse("2026-03-29T01:00:00Z"),
          utc: "2026-03-29T01:00:00.000Z",
          local: "2026-03-29T03:00:00+02:00",
          gapMs: null,
          note: "02:30 does not exist in Europe/Paris on 2026-03-29; runs at 03:00, after the gap",
        },
      ],
      omitted: [],
      lints: expect.arrayContaining([expect.objectContaining({ code: "fold" })]) as unknown,
    });
  });

  test.each([
    // text                                          first run after 2026-11-21T12:00Z   because
    ["30 2 * * mon-fri", "2026-11-23T02:30:00.000Z", "a crontab of five fields"],
    ["*/7 * * * * *", "2026-11-21T12:00:00.000Z", "six fields have seconds first"],
    ["@hourly", "2026-11-21T12:00:00.000Z", "a nickname"],
    ["every 90s", "2026-11-21T12:00:00.000Z", "an interval by word"],
    ["every:1h30m", "2026-11-21T12:00:00.000Z", "with a colon"],
    ["every 90", "2026-11-21T12:00:00.000Z", "a number is seconds"],
    ["90s", "2026-11-21T12:00:00.000Z", "a bare duration"],
    ["PT7M", "2026-11-21T12:05:00.000Z", "an ISO duration"],
    ["solar:solar_noon:0:0", "2026-11-22T11:46:11.848Z", "an event at a place"],
    ["solar sunset 48.85 2.35 -30m", "2026-11-21T15:34:03.190Z", "with blanks and an offset"],
    ["at 2027-01-01T00:00", "2027-01-01T00:00:00.000Z", "one instant, UTC without a zone"],
    ["at 2027-01-01T00:00+01:00", "2026-12-31T23:00:00.000Z", "one instant with offset"],
    ['{"type":"interval","everyMs":90000}', "2026-11-21T12:00:00.000Z", "JSON"],
  ])("reads %s: first run %s, %s", async (text, first) => {
    const { stdout, stderr } = await cli(["schedule", "next", text, "--count", "1", "--json"]);
    expect(stderr).toBe("");
    const { occurrences } = JSON.parse(stdout) as { occurrences: { at: number }[] };
    // The Sun is right to seconds, not to milliseconds.
    expect(Math.abs(occurrences[0]!.at - Date.parse(first))).toBeLessThan(
      text.startsWith("solar") ? 10_000 : 1,
    );
  });

  test.each([
    // JSON, options, first run in winter, because
    [
      '{"type":"crontab","minute":"0","hour":"9"}',
      ["--timezone", "Europe/Paris"],
      8,
      "in the zone of --timezone",
    ],
    ['{"type":"crontab","minute":"0","hour":"9"}', [], 9, "in UTC without any"],
    [
      '{"type":"crontab","minute":"0","hour":"9","timezone":"Asia/Tokyo"}',
      ["--timezone", "Europe/Paris"],
      0,
      "in its own",
    ],
  ])("reads %s with %j: %i:00Z, %s", async (text, options, hour) => {
    const args = ["schedule", "next", text, "--from", "2027-01-02T00:00Z", "-c", "1", "--json", ...options];
    expect(JSON.parse((await cli(args)).stdout)).toMatchObject({
      occurrences: [{ at: Date.UTC(2027, 0, 2, hour) }],
    });
  });

  test("what the JSON of a crontab leaves out is as the options say", async () => {
    const text = '{"type":"crontab","minute":"0","hour":"9","dayMatch":"and"}';
    const { stdout } = await cli(["schedule", "next", text, "--dst", "skip", "--day-match", "or", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ schedule: { dst: "skip", dayMatch: "and" } });
  });

  test.each([
    ["never", ["0 0 30 2 *"], "  no run at any time"],
    ["once", ["at", "2027-01-01T00:00"], "  and never again"],
    ["@reboot", ["@reboot"], "  no run at any time"],
  ])("tells that a schedule ends: %s", async (_, words, line) => {
    const { stdout, exitCode } = await cli(["schedule", "next", ...words]);
    expect(stdout.split("\n")).toContain(line);
    expect(exitCode).toBe(0);
  });

  test("tells of the polar night", async () => {
    const args = ["schedule", "next", "solar:sunrise:74.5:19", "--from", "2027-11-07", "-c", "2"];
    const { stdout } = await cli(args);
    expect(stdout).toContain("     ^ polar night: next sunrise 4 Feb 10:41 UTC\n");
  });
});

describe("schedule next with H", () => {
  test("says that the times depend on the name of the entry", async () => {
    const { stdout, exitCode } = await cli(["schedule", "next", "H H * * *", "--extended", "-c", "1"]);
    expect({
      exitCode,
      said: /^note hash-key: what H stands for depends on the name of the entry/m.test(stdout),
    }).toEqual({ exitCode: 0, said: true });
  });

  test("as a lint of --json too", async () => {
    const { stdout } = await cli(["schedule", "next", "H * * * *", "--extended", "-c", "1", "--json"]);
    const { lints } = JSON.parse(stdout) as { lints: { code: string }[] };
    expect(lints.map(({ code }) => code)).toEqual(["hash-key"]);
  });

  test.each([
    ["0 9 L * *", "it has no H"],
    ['{"type":"crontab","minute":"H","extended":true,"hashKey":"mine"}', "its key is given"],
  ])("says nothing of %s: %s", async (text) => {
    const { stdout } = await cli(["schedule", "next", text, "--extended", "-c", "1"]);
    expect(stdout).not.toContain("hash-key");
  });
});

describe("a text that is no schedule", () => {
  test.each([
    [
      "sunset",
      'schedule: "sunset" needs the word that tells its kind; write solar:sunset:48.85:2.35, with its latitude and longitude',
    ],
    [
      "sunset 59.9 10.7",
      'schedule: "sunset 59.9 10.7" needs the word that tells its kind; write solar:sunset:59.9:10.7',
    ],
    [
      "2027-03-28T02:30",
      'schedule: "2027-03-28T02:30" needs the word that tells its kind; write at 2027-03-28T02:30',
    ],
    [
      "2027-03-28 02:30",
      'schedule: "2027-03-28 02:30" needs the word that tells its kind; write at 2027-03-28 02:30',
    ],
  ])("%s is answered with a form that the command line takes", async (text, message) => {
    const { exitCode, stderr } = await cli(["schedule", "next", text]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: `sunbeat: ${message} [SUNBEAT_USAGE]\n` });
    const form = /write (.*?)(?:, with its .*)?$/.exec(message)![1]!;
    expect((await cli(["schedule", "next", form, "-c", "1"])).exitCode).toBe(0);
  });

  test.each([
    ["at 2027-02-29T10:00Z", "February 2027 has 28 days", "an instant"],
    ["2027-02-29T10:00Z", "February 2027 has 28 days", "one without its word"],
    ["at 2027-02-29T10:00", "February 2027 has 28 days", "a local time"],
    ["at 2027-02-28T24:00Z", "the end of a day is 00:00 of the next", "midnight at the end"],
  ])("%s is refused with the reason, %s: %s", async (text, reason) => {
    const { exitCode, stderr } = await cli(["schedule", "next", text]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(reason);
    expect(stderr).not.toContain("write at");
  });

  test("--from says it too", async () => {
    const { stderr } = await cli(["schedule", "next", "@daily", "--from", "2027-02-29"]);
    expect(stderr).toContain('got "2027-02-29": February 2027 has 28 days');
  });
});

describe("schedule lint", () => {
  test.each([
    ["*/5 * * * *", 0, "1 schedule checked, nothing to say\n"],
    [
      "0 0 30 2 *",
      1,
      "0 0 30 2 *\n  error never: 30 February never comes: this schedule never fires\n1 schedule checked, 0 without remarks\n",
    ],
    [
      "at 2020-01-01T00:00",
      1,
      "at 2020-01-01T00:00\n  error never: it never runs: its last due time was Wed 2020-01-01 00:00 +00:00\n1 schedule checked, 0 without remarks\n",
    ],
    ["@reboot", 0, "1 schedule checked, nothing to say\n"],
    [
      "60 * * * *",
      1,
      '60 * * * *\n  error SUNBEAT_CRONTAB_INVALID: crontab: minute: 60 is outside 0-59 (in "60 * * * *")\n1 schedule checked, 0 without remarks\n',
    ],
  ])("%s ends with %i", async (text, exitCode, stdout) => {
    expect(await cli(["schedule", "lint", text])).toEqual({ exitCode, stdout, stderr: "" });
  });

  test("--json gives findings as data", async () => {
    const { stdout } = await cli(["schedule", "lint", "0 0 30 2 *", "--json"]);
    expect(JSON.parse(stdout)).toEqual([
      { name: "0 0 30 2 *", lints: [expect.objectContaining({ code: "never" })], error: null },
    ]);
  });

  test("without a schedule and without an app it asks what to look at", async () => {
    expect(await cli(["schedule", "lint"])).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "sunbeat: lint what? Give a schedule, or an app with -A [SUNBEAT_USAGE]\n",
    });
  });
});
