import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { addEntryOptions, entryFromFlags, type EntryFlags } from "../../src/cli/entry-flags.js";
import { WrongUsage } from "../../src/cli/usage.js";
import { ENTRY_OPTION_KEYS, type EntryOptions } from "../../src/beat/entry-options.js";
import { clocked, crontab, every, type Schedule, solar } from "../../src/schedules/index.js";

const PARIS = { timezone: "Europe/Paris", now: Date.parse("2026-11-21T12:00:00Z") };

function entry(...args: string[]): EntryOptions {
  const command = addEntryOptions(new Command("set")).exitOverride();
  command.parse(["--task", "t", ...args], { from: "user" });
  return entryFromFlags(command.opts<EntryFlags>(), PARIS);
}

describe("when", () => {
  const noon = new Date("2026-12-24T12:00:00Z");
  test.each<[string, string, Schedule, string]>([
    // option, text, schedule, because
    [
      "--crontab",
      "30 2 * * mon-fri",
      crontab("30 2 * * mon-fri", { timezone: "Europe/Paris" }),
      "five fields",
    ],
    ["--crontab", "@daily", crontab("@daily", { timezone: "Europe/Paris" }), "a nickname"],
    ["--every", "1h30m", every("1h30m"), "a duration"],
    ["--every", "90", every(90), "a number is seconds"],
    ["--solar", "sunset:48.85:2.35", solar("sunset", 48.85, 2.35), "event and place"],
    ["--solar", "sunset:48.85:2.35:-30m", solar("sunset", 48.85, 2.35, { offset: "-30m" }), "an offset"],
    ["--at", "2026-12-24T13:00", clocked(noon), "a local time of the zone"],
    ["--at", "2026-12-24T12:00:00Z", clocked(noon), "an instant"],
    ["--schedule", "every 90s", every("90s"), "a form of schedule next"],
    ["--schedule", '{"type":"interval","everyMs":90000}', every("90s"), "JSON"],
    [
      "--schedule",
      '{"type":"crontab","minute":"0","hour":"9"}',
      crontab({ minute: "0", hour: "9" }, { timezone: "Europe/Paris" }),
      "JSON without a zone has the one of the command line",
    ],
    [
      "--schedule",
      "0 3 * * *",
      crontab("0 3 * * *", { timezone: "Europe/Paris" }),
      "a crontab without its name",
    ],
  ])("%s %s: %s", (option, text, schedule) => {
    expect(entry(option, text).schedule).toEqual(schedule);
    // A crontab keeps its fields where toEqual does not look.
    expect(JSON.stringify(entry(option, text).schedule)).toBe(JSON.stringify(schedule));
  });

  test("the options of a crontab go into it", () => {
    const given = entry("--crontab", "0 2 L * *", "--extended", "--dst", "skip", "--day-match", "and");
    const options = { timezone: "Europe/Paris", extended: true, dst: "skip", dayMatch: "and" } as const;
    expect(JSON.stringify(given.schedule)).toBe(JSON.stringify(crontab("0 2 L * *", options)));
  });
});

describe("of the Sun", () => {
  const oslo = ["--solar", "sunset:59.91:10.75"];
  const dawn = ["--solar", "dawn_astronomical:59.91:10.75"];
  const timezone = "Europe/Paris";
  test.each<[args: string[], schedule: Schedule, because: string]>([
    [
      [...oslo, "--not-before", "18:00", "--not-after", "21:30"],
      solar("sunset", 59.91, 10.75, { notBefore: "18:00", notAfter: "21:30", timezone }),
      "bounds, in the zone of the command line",
    ],
    [
      [...oslo, "--polar", "clamp"],
      solar("sunset", 59.91, 10.75, { polar: "clamp" }),
      "where the Sun is nearest",
    ],
    [[...oslo, "--polar", "skip"], solar("sunset", 59.91, 10.75), "the default"],
    [
      [...oslo, "--polar", "06:00"],
      solar("sunset", 59.91, 10.75, { polar: { at: "06:00" }, timezone }),
      "a time",
    ],
    [
      [...dawn, "--polar", "night:1/7"],
      solar("dawn_astronomical", 59.91, 10.75, { polar: { night: 1 / 7 } }),
      "a seventh of the night",
    ],
    [
      [...dawn, "--polar", "night:0.5"],
      solar("dawn_astronomical", 59.91, 10.75, { polar: { night: 0.5 } }),
      "the middle of the night",
    ],
    [
      [...dawn, "--polar", "night:angle"],
      solar("dawn_astronomical", 59.91, 10.75, { polar: { night: "angle" } }),
      "by the angle",
    ],
    [["--solar", "asr:30.04:31.24"], solar("asr", 30.04, 31.24), "a shadow"],
    [
      ["--solar", "asr_hanafi:30.04:31.24:5m"],
      solar("asr_hanafi", 30.04, 31.24, { offset: "5m" }),
      "of two heights",
    ],
    [
      ["--schedule", "solar:sunset:59.91:10.75", "--polar", "clamp"],
      solar("sunset", 59.91, 10.75, { polar: "clamp" }),
      "beside any form",
    ],
    [
      ["--schedule", JSON.stringify(solar("sunset", 59.91, 10.75)), "--not-before", "18:00"],
      solar("sunset", 59.91, 10.75, { notBefore: "18:00", timezone }),
      "beside JSON",
    ],
  ])("%j: %s", (args, schedule) => {
    expect(JSON.stringify(entry(...args).schedule)).toBe(JSON.stringify(schedule));
  });

  test.each<[args: string[], problem: RegExp]>([
    [["--crontab", "0 2 * * *", "--polar", "clamp"], /belong to an event of the Sun/],
    [["--every", "1h", "--not-before", "18:00"], /belong to an event of the Sun/],
    [[...oslo, "--polar", "never"], /--polar: expected skip, clamp, a time such as 06:00/],
    [[...oslo, "--polar", "night:1/7"], /polar.night: expected an altitude below the horizon/],
    [[...dawn, "--polar", "night:1/0"], /polar.night: expected a part of the night/],
    [[...oslo, "--not-before", "25 o'clock"], /notBefore: expected a time of day/],
  ])("%j is refused", (args, problem) => {
    const failure = ((): unknown => {
      try {
        return entry(...args);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(WrongUsage);
    expect((failure as WrongUsage).cause).toMatchObject({
      message: expect.stringMatching(problem) as string,
    });
  });
});

test("every option of an entry has its own on the command line", () => {
  const given = entry(
    ...["--every", "10m", "-a", "[1,2]", "--queue", "q", "--priority", "3", "--expires", "1h"],
    ...["--options", '{"maxDeliveries":2,"queue":"other"}', "--disabled", "--description", "text"],
    ...["--misfire", "all", "--misfire-within", "2h", "--misfire-max", "5"],
    ...[
      "--overlap",
      "skip",
      "--overlap-timeout",
      "3h",
      "--jitter",
      "30",
      "--lock",
      "l",
      "--lock-capacity",
      "2",
    ],
    ...["--start-at", "2026-12-01", "--end-at", "2027-01-01T00:00:00Z", "--max-runs", "4"],
    ...["--alert-grace", "5m", "--alert-runtime", "2h", "--alert-failures", "3", "--alert-mute"],
  );
  expect(given).toEqual({
    task: "t",
    schedule: every("10m"),
    args: [1, 2],
    options: { queue: "q", priority: 3, expires: 3_600, maxDeliveries: 2 },
    enabled: false,
    misfire: { policy: "all", within: { milliseconds: 7_200_000 }, max: 5 },
    overlap: "skip",
    overlapTimeout: { milliseconds: 10_800_000 },
    jitter: { milliseconds: 30_000 },
    lock: { name: "l", capacity: 2 },
    startAt: Date.parse("2026-11-30T23:00:00Z"),
    endAt: Date.parse("2027-01-01T00:00:00Z"),
    maxRuns: 4,
    alert: {
      grace: { milliseconds: 300_000 },
      runtime: { milliseconds: 7_200_000 },
      failures: 3,
      mute: true,
    },
    description: "text",
  } satisfies EntryOptions);
  // A form of tasks is set by programs, and a name is taken over in code alone.
  expect([...Object.keys(given), "canvas", "renamedFrom"].sort()).toEqual([...ENTRY_OPTION_KEYS].sort());
});

test("what is not given is left to the entry's defaults", () => {
  expect(entry("--every", "10m")).toEqual({ task: "t", schedule: every("10m") });
  expect(entry("--every", "10m", "--expires", "2026-12-24").options).toEqual({
    expires: new Date("2026-12-23T23:00:00Z"),
  });
  expect(entry("--every", "10m", "--lock", "l").lock).toBe("l");
  expect(entry("--every", "10m", "--alert-failures", "3").alert).toEqual({ failures: 3 });
});

test.each([
  // options, what the error says
  [[], "when? Give --crontab, --every, --solar, --at or --schedule"],
  [["--crontab", "@daily", "--at", "2027-01-01"], "--crontab and --at say when: give one"],
  [["--crontab", "every 90s"], 'crontab: "every 90s" is not a crontab; write every("90s") (in "every 90s")'],
  [["--crontab", "60 * * * *"], 'crontab: minute: 60 is outside 0-59 (in "60 * * * *")'],
  [["--every", "0s"], /^every: /],
  [["--solar", "sunset"], /^solar: expected solar:<event>:<latitude>:<longitude>/],
  [["--solar", "sunset:91:0"], /^solar: latitude: /],
  [["--at", "2027-02-30"], /^clocked: "2027-02-30" is not a date/],
  [["--every", "9s", "--dst", "skip"], "--extended, --day-match and --dst belong to a crontab, got --every"],
  [["--every", "9s", "-a", "5"], '--args: expected a JSON array such as [2, 2], got "5"'],
  [
    ["--every", "9s", "--options", "[]"],
    '--options: expected a JSON object such as {"maxDeliveries": 5}, got "[]"',
  ],
  [["--every", "9s", "--options", "{"], /^--options: "\{" is not JSON/],
  [
    ["--every", "9s", "--jitter", "0s"],
    '--jitter: expected a time above zero such as 90s, 1h30m or 2d, got "0s"',
  ],
  [["--every", "9s", "--start-at", "soon"], /^--start-at: expected now, a date/],
  [["--every", "9s", "--lock-capacity", "2"], "--lock-capacity belongs to --lock"],
  [
    ["--every", "9s", "--alert-failures", "0"],
    '--alert-failures: expected a whole number from 1 to 100, got "0"',
  ],
  [
    ["--every", "9s", "--alert-grace", "soon"],
    '--alert-grace: expected a time above zero such as 90s, 1h30m or 2d, got "soon"',
  ],
])("%j is wrong usage", (args, message) => {
  let refused: unknown;
  try {
    entry(...args);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(WrongUsage);
  const text = ((refused as WrongUsage).cause as Error).message;
  if (message instanceof RegExp) expect(text).toMatch(message);
  else expect(text).toBe(message);
});
