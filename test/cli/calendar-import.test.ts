/** `sunbeat calendar import`: days off of others, printed, stored with their moves, and refused with the line. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Playground } from "../support/cli.js";

let place: Playground;
beforeAll(() => {
  place = new Playground();
  const code =
    'import { crontab, holidays, Sunbeat } from "sunbeat";\n' +
    'const app = new Sunbeat("plant", { broker: "sqlite:./plant.db", timezone: "UTC" });\napp.task("t", () => 1);\nexport { app };\n';
  writeFileSync(path.join(place.folder, "app.js"), code);
});
afterAll(() => place.dispose());

const DAY = 86_400_000;
const dateIn = (days: number): string => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);

const ics = (...days: string[]): string =>
  [
    "BEGIN:VCALENDAR",
    ...days.flatMap((day) => [
      ...["BEGIN:VEVENT", `DTSTART;VALUE=DATE:${day.replaceAll("-", "")}`, "SUMMARY:Plant", "END:VEVENT"],
    ]),
    ...["END:VCALENDAR", ""],
  ].join("\r\n");

test("prints what calendar set takes, and stores it with --set, after the moves", async () => {
  const off = [dateIn(1), dateIn(2), dateIn(3)];
  const read = ["calendar", "import", "ics", "-", "--name", "plant"];
  const printed = await place.sunbeat(read, {}, ics(...off));
  expect(printed).toMatchObject({ exitCode: 0, stderr: "" });
  const data = JSON.parse(printed.stdout) as { readonly name: string; readonly days: readonly object[] };
  expect([data.name, data.days.slice(0, 3)]).toEqual(["plant", off.map((date) => ({ date, name: "Plant" }))]);

  const app = ["-A", "app.js"];
  const first = await place.sunbeat([...app, ...read, "--set"], {}, ics(dateIn(9)));
  expect(first.stdout).toMatch(
    /^no entry moves\nplant is added: 1 days? off from \d{4}-01-01 to \d{4}-12-31\n$/,
  );
  const schedule = JSON.stringify({
    type: "filter",
    of: { type: "crontab", minute: "0", hour: "6", timezone: "UTC" },
    keep: [{ days: { calendar: "plant" }, not: true }],
  });
  const set = await place.sunbeat([...app, "schedule", "set", "plan", "--task", "t", "--schedule", schedule]);
  expect(set.exitCode, set.stderr).toBe(0);
  const second = await place.sunbeat([...app, ...read, "--set", "--json"], {}, ics(dateIn(0), ...off));
  const { change, moves } = JSON.parse(second.stdout) as {
    readonly change: string;
    readonly moves: readonly { readonly entry: string; readonly to: string }[];
  };
  expect([change, moves.map(({ entry, to }) => `${entry} ${to.slice(0, 10)}`)]).toEqual([
    ...["replaced", [`plan ${dateIn(4)}`]],
  ]);
}, 120_000);

test("a bad line of a large file is named by its number", async () => {
  const event = "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20270101\r\nEND:VEVENT\r\n";
  const many = Math.ceil(5_000_000 / event.length);
  const text = `BEGIN:VCALENDAR\r\n${event.repeat(many)}no colon\r\nEND:VCALENDAR\r\n`;
  writeFileSync(path.join(place.folder, "large.ics"), text);
  const answer = await place.sunbeat(["calendar", "import", "ics", "large.ics", "--name", "plant"]);
  expect([answer.exitCode, answer.stdout]).toEqual([2, ""]);
  expect(answer.stderr).toContain(`ics: line ${3 * many + 2}: expected NAME:value, got "no colon"`);
}, 120_000);

test("the holidays of a country, and codes that are none", async () => {
  const command = ["calendar", "import", "date-holidays"];
  const years = ["--years", "2027"];
  const given = await place.sunbeat([...command, "DE", "--region", "BY", "--types", "public,bank", ...years]);
  expect(JSON.parse(given.stdout)).toMatchObject({
    ...{ name: "DE-BY", covers: { from: "2027-01-01", to: "2027-12-31" } },
  });
  const wrong = await place.sunbeat([...command, "DE", "--region", "BYX", ...years]);
  expect(wrong).toMatchObject({ exitCode: 2, stdout: "" });
  expect(wrong.stderr).toContain("region: expected a code that date-holidays knows");
  const range = await place.sunbeat([...command, "DE", "--years", "twenty"]);
  expect(range.stderr).toContain("--years: expected years such as 2027-2030, or one");
}, 120_000);
