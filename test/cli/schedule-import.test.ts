import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
beforeAll(() => void (place = new Playground()));
afterAll(() => place.dispose());

/** `sunbeat schedule ...args` on a database of the test's own. */
const schedule = (database: string, ...args: string[]) =>
  place.sunbeat(["-A", "shop.ts", "-b", `sqlite:./${database}.db`, "schedule", ...args]);
const file = (name: string): string => path.join(place.folder, name);

test.concurrent.each(["json", "yaml"])(
  "what was exported as %s is what another store has after it",
  async (format) => {
    const [from, to] = [`from-${format}`, `to-${format}`];
    await schedule(
      from,
      "set",
      "sync",
      "--task",
      "tasks.add",
      "--every",
      "20m",
      "-a",
      "[1,2]",
      "--overlap",
      "skip",
    );
    await schedule(from, "set", "alarm", "--task", "tasks.add", "--crontab", "30 2 * * *", "--jitter", "5m");
    const exported = await schedule(from, "export", "--format", format);
    expect(exported).toMatchObject({ exitCode: 0, stderr: "" });
    writeFileSync(file(`entries.${format}`), exported.stdout);

    const shown = await schedule(to, "import", "sunbeat", `entries.${format}`);
    expect(shown).toMatchObject({ exitCode: 0, stderr: "nothing is stored yet: --set stores them\n" });
    expect(shown.stdout).toMatch(
      /^\+ {2}alarm {2}added {2}at 02:30 .*\n\+ {2}sync {3}added {2}every 20 min\n$/,
    );
    expect((await schedule(to, "export")).stdout).toContain('"entries": {}');

    await schedule(to, "import", "sunbeat", `entries.${format}`, "--set");
    expect((await schedule(to, "export", "--format", format)).stdout).toBe(exported.stdout);
    const again = await schedule(to, "import", "sunbeat", `entries.${format}`, "--set", "--json");
    expect(JSON.parse(again.stdout)).toEqual({
      set: true,
      calendars: [],
      entries: [
        {
          name: "alarm",
          change: "unchanged",
          schedule: expect.stringMatching(/^at 02:30/) as unknown,
          problem: null,
        },
        { name: "sync", change: "unchanged", schedule: "every 20 min", problem: null },
      ],
    });
  },
);

test.concurrent("an entry that is refused keeps no other out", async () => {
  const every = { type: "interval", everyMs: 60_000 };
  const entries = {
    good: { task: "tasks.add", schedule: every },
    "night-report": { task: "tasks.add", schedule: every },
    made: { task: "tasks.add", schedule: every, argsFrom: "code" },
    wrong: { task: "tasks.add", schedule: { type: "crontab", minute: "61" } },
  };
  writeFileSync(file("mixed.json"), JSON.stringify({ sunbeat: 1, entries }));
  const answer = await schedule("mixed", "import", "sunbeat", "mixed.json", "--set");
  expect(answer.exitCode).toBe(1);
  expect(answer.stdout.split("\n")).toEqual([
    "+  good          added    every minute",
    '!  night-report  refused  the code of "shop" declares it',
    '!  made          refused  entry "made": its args function is code, which only the app that declares it has',
    expect.stringMatching(/^! {2}wrong {9}refused {2}entry "wrong": crontab: minute: /),
    "",
  ]);
  expect(
    Object.keys((JSON.parse((await schedule("mixed", "export")).stdout) as { entries: object }).entries),
  ).toEqual(["good"]);
});

test.concurrent.each<[string, string | null, RegExp, string]>([
  ["nothing.json", null, /"nothing\.json" cannot be read as JSON: ENOENT/, "no file"],
  ["broken.json", "{", /cannot be read as JSON/, "no JSON"],
  ["broken.yaml", "a: [", /cannot be read as YAML/, "no YAML"],
  [
    "other.json",
    '{"entries":{}}',
    /expected "sunbeat": 1, the version of the form, got undefined/,
    "another form",
  ],
  [
    "newer.json",
    '{"sunbeat":1,"entries":{},"more":1}',
    /expected the fields .*, got "more"/,
    "a field of later",
  ],
])("a file that is no export is refused: %s", async (name, content, message) => {
  if (content !== null) writeFileSync(file(name), content);
  const answer = await schedule("none", "import", "sunbeat", name);
  expect(answer).toMatchObject({ exitCode: 1, stdout: "" });
  expect(answer.stderr).toMatch(message);
  expect(answer.stderr).toMatch(/\[SUNBEAT_IMPORT_INVALID\]\n$/);
});

test.concurrent("entries of code are exported when asked for, and a part that is code is named", async () => {
  writeFileSync(
    file("coded.js"),
    'import { Sunbeat } from "sunbeat";\n' +
      'export const app = new Sunbeat("coded", { broker: "sqlite:./coded.db", beatSchedule: {\n' +
      '  made: { task: "t", schedule: 60, args: () => [1] } } });\n' +
      'if (process.argv[2] === "register") { const beat = app.beat(); beat.start();\n' +
      "  while (beat.stats().registration === null) await new Promise((done) => setTimeout(done, 20));\n" +
      "  await app.close(); }\n",
  );
  expect(await place.node(["coded.js", "register"]).ended()).toMatchObject({ exitCode: 0 });
  const exported = (...args: string[]) => place.sunbeat(["-A", "coded.js", "schedule", "export", ...args]);
  expect((await exported()).stdout).toContain('"entries": {}');
  const all = await exported("--owner", "code");
  expect(JSON.parse(all.stdout)).toEqual({
    sunbeat: 1,
    calendars: {},
    entries: { made: { argsFrom: "code", schedule: { everyMs: 60_000, type: "interval" }, task: "t" } },
  });
  expect(all.stderr).toBe("made: its args function stays in the code, and is only named here\n");
});

const CRONTAB = "MAILTO=ops\n30 2 * * * /opt/backup.sh\n60 2 * * * /opt/wrong.sh\n";

test.concurrent(
  "what another wrote is printed as code, with its remarks by line, or in the form of an export",
  async () => {
    writeFileSync(file("jobs.cron"), CRONTAB);
    const printed = await place.sunbeat([
      "schedule",
      "import",
      "crontab",
      "jobs.cron",
      "--timezone",
      "Europe/Paris",
    ]);
    expect(printed.exitCode).toBe(1);
    expect(printed.stdout).toContain(
      '  backup: { task: "backup", schedule: crontab("30 2 * * *", { timezone: "Europe/Paris" }) },\n} satisfies',
    );
    expect(printed.stderr).toMatch(
      /^jobs\.cron:1: note: MAILTO.*\njobs\.cron:2: note: write the task "backup".*\njobs\.cron:3: refused: crontab: minute: 60/,
    );
    const json = await place.sunbeat(["schedule", "import", "crontab", "-", "--json"], {}, CRONTAB);
    expect(json).toMatchObject({ exitCode: 1, stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({
      sunbeat: 1,
      entries: { backup: { task: "backup", schedule: { type: "crontab", hour: "2" } } },
      remarks: [{ line: 1 }, { line: 2 }, { line: 2, kind: "doubt" }, { line: 3, kind: "refused" }],
    });
    // Without the line that is wrong it is a good file, and what was printed is read back.
    writeFileSync(file("back.json"), json.stdout);
    const back = await schedule("foreign-back", "import", "sunbeat", "back.json");
    expect(back).toMatchObject({ exitCode: 0 });
    expect(back.stdout).toMatch(/^\+ {2}backup {2}added {2}at 02:30 every day \(Europe\/Paris\)/);
  },
);

test.concurrent("what another wrote is stored, in the zone of the app where it names none", async () => {
  const args = ["-A", "shop.ts", "-b", "sqlite:./foreign.db", "schedule", "import", "quartz", "-", "--set"];
  const set = await place.sunbeat(args, {}, "0 30 2 ? * 2-6\n");
  expect(set.exitCode).toBe(0);
  expect(set.stdout).toMatch(/^\+ {2}line-1 {2}added {2}at 02:30/);
  expect(set.stderr).toContain("stdin:1: note: weekdays of");
  const exported = JSON.parse((await schedule("foreign", "export", "--json")).stdout) as { entries: object };
  expect(exported.entries).toMatchObject({
    "line-1": { schedule: { dayOfWeek: "mon-fri", timezone: "Europe/Paris" } },
  });
});

test.concurrent("a file of another dialect, or none, is one line of error", async () => {
  const other = await place.sunbeat(["schedule", "import", "k8s", "-"], {}, "[Timer]\nOnCalendar=daily\n");
  expect(other).toMatchObject({ exitCode: 1, stdout: "" });
  expect(other.stderr).toMatch(/looks like systemd: schedule import systemd \[SUNBEAT_IMPORT_INVALID\]\n$/);
  expect((await place.sunbeat(["schedule", "import", "aws", "missing.txt"])).exitCode).toBe(2);
});
