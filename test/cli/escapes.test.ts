/** What tasks, errors and stores say goes to a terminal: none of it may steer that. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Terminal } from "../../src/cli/terminal.js";
import { table } from "../../src/cli/table.js";
import { type Answer, Playground, type Program } from "../support/cli.js";

/** Clears the screen, sets the title of the window, turns the rest round, and ends the line where some viewers do. */
const HOSTILE = "\u001b[2J\u001b]0;owned\u0007 \u009b31m\r \u202egpj\u2066 \u2028";
const SHOWN = "\\x1b[2J\\x1b]0;owned\\x07 \\x9b31m\\r \\u202egpj\\u2066 \\u2028";
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

let place: Playground;
let worker: Program;

const hostile = (...args: string[]): Promise<Answer> => place.sunbeat(["-A", "hostile.mjs", ...args]);

beforeAll(async () => {
  place = new Playground();
  writeFileSync(
    path.join(place.folder, "hostile.mjs"),
    `import { every, Reject, Sunbeat } from "sunbeat";
const HOSTILE = ${JSON.stringify(HOSTILE)};
export const app = new Sunbeat("hostile", { broker: "sqlite:./hostile.db", beatSchedule: {
  told: { task: "text", schedule: every("1h"), args: [HOSTILE], description: HOSTILE },
} });
app.task("text", () => HOSTILE);
app.task("data", () => ({ [HOSTILE]: HOSTILE }));
app.task("fails", () => { throw Object.assign(new Error(HOSTILE, { cause: new Error(HOSTILE) }), { name: HOSTILE }); });
app.task("given-up", () => { throw new Reject(HOSTILE); });
app.task("logs", { bind: true }, (self) => self.log.error(HOSTILE + "\\nsunbeat: a forged line"));
`,
  );
  worker = place.start(["-A", "hostile.mjs", "worker", "--beat", "--loglevel", "debug"]);
  await worker.says(/ready/);
  const tasks = ["text", "data", "fails", "given-up", "logs"];
  const ends = tasks.map((name) => hostile("call", name, "--task-id", name, "--wait", "--timeout", "60s"));
  await Promise.all(ends);
});
afterAll(() => place.dispose());

describe("no command passes on what would steer a terminal", () => {
  test.each([
    { args: ["result", "text"], part: SHOWN, because: "a text that a task returned" },
    { args: ["result", "data"], part: "\\u001b[2J", because: "data that a task returned" },
    { args: ["result", "fails"], part: SHOWN, because: "the message of an error" },
    { args: ["result", "fails", "--traceback"], part: `Caused by: Error: ${SHOWN}`, because: "its stack" },
    { args: ["result", "given-up"], part: SHOWN, because: "the reason of a rejection" },
    { args: ["dead", "list"], part: SHOWN, because: "the reason of a dead letter" },
    { args: ["schedule", "show", "told"], part: SHOWN, because: "description and arguments of an entry" },
    { args: ["schedule", "history", HOSTILE], part: "ENTRY_NOT_FOUND", because: "a name that is not known" },
    { args: ["-A", HOSTILE, "report"], part: SHOWN, because: "a file that is not there" },
    { args: ["locks", `--${HOSTILE}`], part: SHOWN, because: "an option that is not known" },
    { args: ["--debug", "call", "text", "--args", HOSTILE], part: "USAGE", because: "a stack of our own" },
  ])("$because", async ({ args, part }) => {
    const { stdout, stderr } = await hostile(...args);
    expect(stdout + stderr).toContain(part);
    expect(stdout + stderr).not.toMatch(STEERS);
  });
});

describe("--json escapes it, and reads back as it was", () => {
  test.each([
    ["result text", { result: HOSTILE }],
    ["result data", { result: { [HOSTILE]: HOSTILE } }],
    ["result fails", { error: { message: expect.stringContaining(HOSTILE) as unknown } }],
    ["dead list", { reason: HOSTILE }],
    ["schedule show told", { description: HOSTILE }],
  ])("%s", async (command, expected) => {
    const { stdout } = await hostile(...command.split(" "), "--json");
    expect(stdout).not.toMatch(STEERS);
    expect(JSON.parse(stdout)).toMatchObject(expected);
  });
});

test("the log of a worker shows it, and no part of it begins a line", () => {
  expect(worker.stderr).toContain(`fails[fails]`);
  expect(worker.stderr).toContain("forged");
  expect(worker.stderr).not.toMatch(STEERS);
  expect(worker.stderr).not.toMatch(/^sunbeat: a forged line/m);
});

test("colours are our own: those in data are shown, also beside ours", () => {
  let stdout = "";
  const sink = { isTTY: true, write: (text: string) => (stdout += text) };
  const terminal = new Terminal({ stdout: sink, stderr: sink, color: true, json: false, quiet: false });
  terminal.line(`${terminal.paint("bold", `name${HOSTILE}`)} is ${HOSTILE}`);
  for (const line of table(terminal, [[{ text: "a\nb\u001b[0m", format: "red" }, HOSTILE]]))
    terminal.line(line);
  terminal.problem(HOSTILE);
  expect(stdout.split("\n")).toEqual([
    `\u001b[1mname${SHOWN}\u001b[22m is ${SHOWN}`,
    `\u001b[31ma\\nb\\x1b[0m\u001b[39m  ${SHOWN}`,
    `\u001b[31msunbeat:\u001b[39m ${SHOWN}`,
    "",
  ]);
});
