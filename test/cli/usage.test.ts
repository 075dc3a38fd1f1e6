import { describe, expect, test } from "vitest";
import { cli } from "../support/cli.js";

describe("wrong usage is one line on stderr and ends with 2", () => {
  test.each([
    // arguments, stderr
    [["schdule"], "unknown command 'schdule' (did you mean schedule?) [SUNBEAT_USAGE]"],
    [["schedule", "nxt"], "unknown command 'nxt' (did you mean next?) [SUNBEAT_USAGE]"],
    [
      ["schedule", "next", "@daily", "--cuont", "3"],
      "unknown option '--cuont' (did you mean --count?) [SUNBEAT_USAGE]",
    ],
    [
      ["worker", "--concurency", "3"],
      "unknown option '--concurency' (did you mean --concurrency?) [SUNBEAT_USAGE]",
    ],
    [["schedule", "next"], "missing required argument 'schedule' [SUNBEAT_USAGE]"],
    [["result"], "missing required argument 'id' [SUNBEAT_USAGE]"],
    [["result", "a", "b"], "too many arguments for 'result'. Expected 1 argument but got 2. [SUNBEAT_USAGE]"],
    [
      ["schedule", "next", "@daily", "--count", "0"],
      '--count: expected a whole number from 1 to 10000, got "0" [SUNBEAT_USAGE]',
    ],
    [
      ["schedule", "next", "@daily", "--count", "NaN"],
      '--count: expected a whole number from 1 to 10000, got "NaN" [SUNBEAT_USAGE]',
    ],
    [
      ["schedule", "next", "@daily", "--from", "2027-02-30"],
      '--from: expected now, a date (2027-03-28), a local time (2027-03-28T02:30) or an instant with offset or Z, got "2027-02-30": February 2027 has 28 days [SUNBEAT_USAGE]',
    ],
    [
      ["schedule", "next", "@daily", "--timezone", "Europe/Pariss"],
      'timezone: "Europe/Pariss" is not a time zone of this runtime (did you mean "Europe/Paris"?); give an IANA name such as "Europe/Paris" [SUNBEAT_TIMEZONE_INVALID]',
    ],
    [
      ["schedule", "next", "* * * *"],
      'crontab: expected 5 fields (or 6, seconds first), got 4 (in "* * * *") [SUNBEAT_CRONTAB_INVALID]',
    ],
    [
      ["report", "--timezone", "+02:00"],
      /^timezone: "\+02:00" is not a time zone .* \[SUNBEAT_TIMEZONE_INVALID\]$/,
    ],
    [
      ["worker", "-c", "0"],
      '--concurrency: expected a whole number from 1 to 100000, or one for each pool with commas between, got "0" [SUNBEAT_USAGE]',
    ],
    [["worker", "-Q", "a,,b"], '--queues: expected names with commas between, got "a,,b" [SUNBEAT_USAGE]'],
    [
      ["worker", "-l", "loud"],
      '--loglevel: expected one of debug, info, warning, error, got "loud" [SUNBEAT_USAGE]',
    ],
    [["worker", "-n", ""], '--hostname: expected a name such as "fast@%h", got "" [SUNBEAT_USAGE]'],
    [
      ["worker", "-P", "gevent"],
      '--pool: expected one of async, threads, processes, solo (or prefork, which is processes), got "gevent" [SUNBEAT_OPTION_INVALID]',
    ],
    [["worker", "--detach"], "--detach is your service manager's work, such as systemd's [SUNBEAT_USAGE]"],
    [
      ["worker", "--time-limit", "0"],
      '--time-limit: expected a time above zero such as 90s, 1h30m or 2d, got "0" [SUNBEAT_USAGE]',
    ],
    [
      ["worker", "--max-memory-per-child", "200MB"],
      '--max-memory-per-child: expected a whole number from 1 to 1000000000000, got "200MB" [SUNBEAT_USAGE]',
    ],
    [
      ["schedule", "set", "e", "--every", "9s"],
      "required option '--task <name>' not specified [SUNBEAT_USAGE]",
    ],
    [["schedule", "set", "--task", "t"], "missing required argument 'entry' [SUNBEAT_USAGE]"],
    [
      ["schedule", "set", "e", "--task", "t", "--every", "9s", "--overlap", "never"],
      "option '--overlap <policy>' argument 'never' is invalid. Allowed choices are allow, skip, queue-one, cancel-running. [SUNBEAT_USAGE]",
    ],
    [
      ["schedule", "set", "e", "--task", "t", "--every", "9s", "--max-runs", "0"],
      '--max-runs: expected a whole number from 1 to 1000000000000, got "0" [SUNBEAT_USAGE]',
    ],
    [
      ["schedule", "set", "e", "--task", "t", "--every", "9s"],
      /^which app\? Name its file with -A app\.ts.* \[SUNBEAT_USAGE\]$/,
    ],
    [
      ["beat", "--max-interval", "soon"],
      '--max-interval: expected a time above zero such as 90s, 1h30m or 2d, got "soon" [SUNBEAT_USAGE]',
    ],
    [
      ["multi", "start", "4", "-c", "3"],
      '"sunbeat multi" is replaced by worker -n <name>, and by your service manager for several of them [SUNBEAT_USAGE]',
    ],
    [["call", "tasks.add", "-a", "[1"], /^--args: "\[1" is not JSON \(.*\) \[SUNBEAT_USAGE\]$/],
    [
      ["call", "tasks.add", "-a", "5"],
      '--args: expected a JSON array such as [2, 2], got "5" [SUNBEAT_USAGE]',
    ],
    [["call", "tasks.add", "--timeout", "3s"], "--timeout belongs to --wait [SUNBEAT_USAGE]"],
    [["report", "--workdir", "/not/there"], /^--workdir: ENOENT.* \[SUNBEAT_USAGE\]$/],
    [["call", "tasks.add"], /^which app\? Name its file with -A app\.ts.* \[SUNBEAT_USAGE\]$/],
  ])("%j", async (args, message) => {
    const { exitCode, stdout, stderr } = await cli(args);
    expect(stderr).toMatch(/^sunbeat: .*\n$/);
    const text = stderr.slice("sunbeat: ".length, -1);
    if (message instanceof RegExp) expect(text).toMatch(message);
    else expect(text).toBe(message);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  test.each([
    ["latitude 91", "solar:sunset:91:0", "SUNBEAT_SOLAR_INVALID"],
    ["latitude NaN", "solar:sunset:NaN:0", "SUNBEAT_SOLAR_INVALID"],
    ["an empty longitude", "solar:sunset:0:", "SUNBEAT_SOLAR_INVALID"],
    ["an event that is a method of objects", "solar:toString:0:0", "SUNBEAT_SOLAR_INVALID"],
    ["a solar without place", "solar:sunset", "SUNBEAT_USAGE"],
    ["a step of zero", "*/0 * * * *", "SUNBEAT_CRONTAB_INVALID"],
    ["a minute of 60", "60 * * * *", "SUNBEAT_CRONTAB_INVALID"],
    ["an interval of nothing", "every 0s", "SUNBEAT_INTERVAL_INVALID"],
    ["broken JSON", '{"type":', "SUNBEAT_USAGE"],
    ["JSON of no known type", '{"type":"lunar"}', "SUNBEAT_SCHEDULE_INVALID"],
    ["a hostile key", '{"type":"interval","__proto__":1}', "SUNBEAT_SCHEDULE_INVALID"],
    ["a million characters", "1,".repeat(500_000), "SUNBEAT_CRONTAB_INVALID"],
    ["a million characters of solar", `solar:${":".repeat(1_000_000)}`, "SUNBEAT_USAGE"],
    ["a million characters of interval", `every ${"9".repeat(1_000_000)}s`, "SUNBEAT_INTERVAL_INVALID"],
  ])("schedule next refuses %s", async (_, text, code) => {
    const { exitCode, stdout, stderr } = await cli(["schedule", "next", text]);
    expect({ exitCode, stdout, code: /\[(\w+)\]\n$/.exec(stderr)?.[1] }).toEqual({
      exitCode: 2,
      stdout: "",
      code,
    });
    expect(stderr.length).toBeLessThan(1_000);
  });
});

test("without a command it shows the help and ends with 2", async () => {
  const { exitCode, stdout, stderr } = await cli([]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(/^Usage: sunbeat \[options\] \[command\]/);
});

test("--help explains on stdout and ends with 0", async () => {
  const { exitCode, stdout, stderr } = await cli(["worker", "--help"]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain("-c, --concurrency <n>");
  expect(stdout).not.toContain("--without-gossip");
});

test("--version prints the version alone", async () => {
  const { exitCode, stdout } = await cli(["--version"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("--debug adds the stack below the line", async () => {
  const { stderr } = await cli(["schedule", "next", "60 * * * *", "--debug"]);
  expect(stderr).toMatch(/^sunbeat: crontab: .*\[SUNBEAT_CRONTAB_INVALID\]\nScheduleError: .*\n {4}at /);
});

test("colours only a terminal, and not with --no-color", async () => {
  const escape = "\u001b[";
  const args = ["schedule", "next", "@daily"];
  expect((await cli(args)).stdout).not.toContain(escape);
  expect((await cli(args, undefined, true)).stdout).toContain(escape);
  expect((await cli([...args, "--no-color"], undefined, true)).stdout).not.toContain(escape);
});
