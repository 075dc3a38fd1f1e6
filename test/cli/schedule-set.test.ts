import { afterAll, beforeAll, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
beforeAll(() => void (place = new Playground()));
afterAll(() => place.dispose());

/** `sunbeat schedule ...args` on a database of the test's own. */
const schedule = (database: string, ...args: string[]) =>
  place.sunbeat(["-A", "shop.ts", "-b", `sqlite:./${database}.db`, "schedule", ...args]);

const NIGHTLY = ["set", "nightly", "--task", "tasks.add", "--crontab", "30 2 31 12 *", "-a", "[1,2]"];
const NEXT = /^ {2}next \(Europe\/Paris\) {2}\w{3} \d{4}-12-31 02:30 \+01:00\n( {23}\w.*\n){2}/m;

test("an entry is added, left unchanged, and replaced as a whole, and each is said", async () => {
  const added = await schedule("change", ...NIGHTLY, "--overlap", "skip");
  expect(added).toMatchObject({ exitCode: 0, stderr: "" });
  expect(added.stdout).toMatch(
    /^nightly is added\n {2}task +tasks\.add\n {2}schedule +at 02:30 .*\(Europe\/Paris\)\n/,
  );
  expect(added.stdout).toMatch(/^ {2}args +\[1,2\]\n {2}overlap +skip\n/m);
  expect(added.stdout).toMatch(NEXT);

  const again = await schedule("change", ...NIGHTLY, "--overlap", "skip");
  expect(again.stdout).toMatch(/^nightly is unchanged\n {2}task/);

  const replaced = await schedule("change", ...NIGHTLY.slice(0, 6), "--json");
  expect(JSON.parse(replaced.stdout)).toMatchObject({
    change: "replaced",
    name: "nightly",
    owner: "runtime",
    status: "active",
    definition: { task: "tasks.add", schedule: { timezone: "Europe/Paris", dayOfMonth: "31" } },
    replaced: { task: "tasks.add", args: [1, 2], overlap: "skip" },
    timezone: "Europe/Paris",
    next: Array<unknown>(3).fill(expect.stringMatching(/-12-31T02:30:00\+01:00$/)),
    lints: [],
  });
  const { stdout } = await schedule("change", "set", "nightly", "--task", "tasks.add", "--every", "9m");
  expect(stdout).toMatch(
    /^nightly is replaced\n {2}it was \{"schedule":\{.*\},"task":"tasks\.add"\}\n {2}task/,
  );
  expect(JSON.parse((await schedule("change", "list", "--json")).stdout)).toContainEqual(
    expect.objectContaining({ name: "nightly", schedule: { type: "interval", everyMs: 540_000 } }),
  );
});

test.concurrent("next due times keep to start, end and runs", async () => {
  const set = ["set", "e", "--task", "tasks.add", "--every", "10m", "--json", "--timezone", "UTC"];
  const period = ["--start-at", "2126-01-01T00:05", "--end-at", "2126-01-01T00:30"];
  const next = async (...more: string[]) =>
    (JSON.parse((await schedule("period", ...set, ...more)).stdout) as { next: unknown }).next;
  expect(await next(...period)).toEqual(["2126-01-01T00:10:00+00:00", "2126-01-01T00:20:00+00:00"]);
  expect(await next(...period, "--max-runs", "1")).toEqual(["2126-01-01T00:10:00+00:00"]);
  expect(await next("--disabled")).toEqual([]);
});

test.concurrent(
  "what an entry says of its alerts is shown, and a list is as long as it is asked for",
  async () => {
    const alerts = ["--alert-grace", "5m", "--alert-runtime", "2h", "--alert-failures", "3", "--alert-mute"];
    const set = ["set", "e", "--task", "tasks.add", "--every", "10m", ...alerts];
    expect((await schedule("alerts", ...set)).stdout).toMatch(
      /^ {2}alert +sent more than 5m late, not ended 2h after it was sent, 3 failures in a row, muted$/m,
    );
    expect(JSON.parse((await schedule("alerts", ...set, "--json")).stdout)).toMatchObject({
      change: "unchanged",
      definition: { alert: { graceMs: 300_000, runtimeMs: 7_200_000, failures: 3, mute: true } },
    });
    const { stdout, stderr } = await schedule("alerts", "list", "--limit", "1");
    expect([stdout.split("\n").length, stderr]).toEqual([
      3,
      expect.stringMatching(/^and 3 more: --limit 4\n/),
    ]);
  },
);

test.concurrent("an entry that will never run is stored, and warned of", async () => {
  expect(await schedule("past", "set", "p", "--task", "tasks.add", "--at", "2020-01-01")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^p is added\n[^]*\n {2}status +disabled: ended\n/) as string,
    stderr: "sunbeat: warning: p will not run: it is due at no time from now on\n",
  });
});

test.concurrent.each([
  // because, arguments, exit code, stderr
  [
    "the code owns the name",
    ["lamps", "--task", "tasks.add", "--every", "9m"],
    1,
    /^sunbeat: entry "lamps" is declared in the code of this app, .* \[SUNBEAT_ENTRY_CONFLICT\]\n$/,
  ],
  [
    "no task has that name",
    ["e", "--task", "tasks.ad", "--every", "9m"],
    1,
    /^sunbeat: shop\.ts registers no task "tasks\.ad" \(did you mean "tasks\.add"\?\).* \[SUNBEAT_TASK_UNKNOWN\]\n$/,
  ],
  [
    "a name of blanks",
    ["  ", "--task", "tasks.add", "--every", "9m"],
    2,
    /^sunbeat: entry " {2}": name: expected text .*, not only blanks .* \[SUNBEAT_ENTRY_INVALID\]\n$/,
  ],
  [
    "options that exclude each other",
    ["e", "--task", "tasks.add", "--every", "9m", "--misfire", "skip", "--misfire-max", "3"],
    2,
    /^sunbeat: entry "e": misfire\.max: .* \[SUNBEAT_ENTRY_INVALID\]\n$/,
  ],
  [
    "a schedule that cannot be read",
    ["e", "--task", "tasks.add", "--crontab", "60 * * * *"],
    2,
    /^sunbeat: crontab: minute: 60 .* \[SUNBEAT_CRONTAB_INVALID\]\n$/,
  ],
])("nothing is stored when %s", async (because, args, exitCode, message) => {
  const database = because.replaceAll(" ", "-");
  const answer = await schedule(database, "set", ...args);
  expect(answer).toMatchObject({ exitCode, stdout: "", stderr: expect.stringMatching(message) as string });
  const listed = JSON.parse((await schedule(database, "list", "--json")).stdout) as { owner: unknown }[];
  expect(listed.map(({ owner }) => owner)).toEqual([null, null, null]);
});

test.concurrent("a broker that no other process sees takes no entry", async () => {
  const answer = await place.sunbeat(["-A", "shop.ts", "schedule", ...NIGHTLY]);
  expect(answer).toMatchObject({ exitCode: 2, stdout: "" });
  expect(answer.stderr).toMatch(/^sunbeat: shop\.ts uses the broker memory:, .* \[SUNBEAT_USAGE\]\n$/);
});
