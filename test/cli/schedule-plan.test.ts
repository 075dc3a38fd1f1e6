import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
beforeAll(() => {
  place = new Playground();
  deploy(
    "before",
    'sprint: { task: "t", schedule: crontab("0 8 * * *") }, lights: { task: "t", schedule: 3600 }, old: { task: "t", schedule: 60 },',
  );
  deploy(
    "after",
    'sprint: { task: "t", schedule: crontab("0 9 * * *"), args: [1] }, lamps: { task: "t", schedule: 3600, renamedFrom: "lights" }, fresh: { task: "t", schedule: crontab("0 10 * * *") }, nightly: { task: "t", schedule: crontab("0 3 * * *") },',
  );
});
afterAll(() => place.dispose());

function deploy(file: string, entries: string): void {
  const code =
    'import { Sunbeat, crontab } from "sunbeat";\n' +
    `export const app = new Sunbeat("plan", { timezone: "Europe/Paris", beatSchedule: { ${entries} } });\n` +
    'app.task("t", () => 1);\n';
  writeFileSync(path.join(place.folder, `${file}.js`), code);
}

/** `sunbeat schedule ...args` of a deploy, on a database of the test's own. */
const schedule = (database: string, file: string, ...args: string[]) =>
  place.sunbeat(["-A", `${file}.js`, "-b", `sqlite:./${database}.db`, "schedule", ...args]);

test("a plan is shown, kept, applied, and then there is nothing to do", async () => {
  const first = await schedule("plan", "before", "apply");
  expect(first).toMatchObject({ exitCode: 0, stderr: "" });
  expect(first.stdout).toMatch(/\n= 3 added, 0 unchanged\n$/);
  await schedule("plan", "before", "set", "nightly", "--task", "t", "--every", "10m");

  const shown = await schedule("plan", "after", "plan", "--out", "plan.json", "--check");
  expect(shown).toMatchObject({ exitCode: 1, stderr: "" });
  const when = String.raw`\w{3} \d{4}-\d\d-\d\d \d\d:\d\d \+0\d:00`;
  expect(shown.stdout).toMatch(
    new RegExp(
      [
        String.raw`^\+ {2}fresh {4}at 10:00 every day \(Europe/Paris\) +first ${when}`,
        String.raw`~ {2}sprint {3}at 08:00 every day \(Europe/Paris\) -> at 09:00 every day \(Europe/Paris\); args +next ${when} -> ${when}`,
        String.raw`> {2}lamps {4}renamed from lights +keeps 0 runs, next unchanged`,
        String.raw`- {2}old {6}leaves the code: disabled +it never ran`,
        String.raw`! {2}nightly {2}belongs to "runtime": not touched +rename it, or delete the stored one`,
        String.raw`= 0 unchanged {3}(?:lints: \d+ {3})?peak \d+/s at \d\d:\d\d:\d\d.*\n$`,
      ].join("\n"),
    ),
  );

  const applied = await schedule("plan", "after", "apply", "plan.json", "--json");
  expect(applied.exitCode).toBe(1);
  expect(applied.stderr).toMatch(
    /^sunbeat: warning: .* these names belong to somebody else: "nightly"; .*\n$/,
  );
  const { changes } = JSON.parse(applied.stdout) as { changes: { action: string; name: string }[] };
  expect(changes.map(({ action, name }) => `${action} ${name}`)).toEqual([
    ...["add fresh", "change sprint", "rename lamps", "remove old", "conflict nightly"],
  ]);
  const file = await schedule("plan", "after", "apply", "plan.json");
  expect(file.stdout).toMatch(/^! {2}nightly .*\n= 1 of somebody else, 3 unchanged\n$/);
  const again = await schedule("plan", "after", "apply");
  expect(again.stdout).toMatch(/^! {2}nightly .*\n= 1 of somebody else, 3 unchanged\n$/);
  expect(again.exitCode).toBe(1);
});

test.concurrent("a plan that is stale is refused, entry by entry", async () => {
  await schedule("stale", "before", "apply");
  await schedule("stale", "after", "plan", "--out", "stale.json");
  await schedule("stale", "before", "pause", "sprint");
  const refused = await schedule("stale", "after", "apply", "stale.json");
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toMatch(
    /^sunbeat: the plan is stale: "sprint": stored was .*, paused.*\[SUNBEAT_PLAN_STALE\]\n$/,
  );
  expect(JSON.parse((await schedule("stale", "after", "plan", "--json")).stdout)).toMatchObject({
    changes: [
      { action: "add" },
      { action: "add" },
      { action: "change" },
      { action: "rename" },
      { action: "remove" },
    ],
  });
});

test.concurrent("without a store a plan compares with an export", async () => {
  await schedule("export", "before", "apply");
  writeFileSync(
    path.join(place.folder, "export.json"),
    (await schedule("export", "before", "export", "--owner", "code")).stdout,
  );
  const down = ["-b", "redis://127.0.0.1:1", "schedule", "plan", "--against", "export.json", "--check"];
  const same = await place.sunbeat(["-A", "before.js", ...down]);
  expect(same).toMatchObject({ exitCode: 0, stderr: "" });
  expect(same.stdout).toMatch(/^= 3 unchanged {3}peak \d\/s at \d\d:\d\d:\d\d\n$/);
  const other = await place.sunbeat(["-A", "after.js", ...down]);
  expect(other.exitCode).toBe(1);
  expect(other.stdout).toMatch(/\n> {2}lamps .*\n- {2}old .*\n= 0 unchanged {3}peak .*\n$/);
});

test.concurrent.each([
  [["apply", "nothing.json"], 1, /the plan "nothing\.json" cannot be read: ENOENT.*\[SUNBEAT_PLAN_INVALID\]/],
  [["apply", "package.json"], 1, /a plan: expected "plan": 1.*\[SUNBEAT_PLAN_INVALID\]/],
  [["plan", "--out", "a.json", "--against", "package.json"], 2, /--out: not beside --against/],
] as const)("%j is refused", async (args, exitCode, message) => {
  const answer = await schedule("refused", "before", ...args);
  expect(answer).toMatchObject({ exitCode, stdout: "" });
  expect(answer.stderr).toMatch(message);
});
