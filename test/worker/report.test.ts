import { expect, test } from "vitest";
import { oneLine } from "../../src/worker/report.js";
import { message, retry, Rig, turns } from "./harness.js";

async function linesOf(rig: Rig, options: Parameters<Rig["started"]>[0] = {}, id = "id"): Promise<string[]> {
  await rig.send(message(id, "tasks.add", [16, 16]));
  await rig.started(options);
  return rig.lines.filter((line) => line.includes("tasks.add"));
}

test("the lines are those that Celery users know, with the value where that was asked for", async () => {
  const rig = new Rig();
  rig.task("tasks.add", (x: number, y: number) => (rig.clock.spend(1.2), x + y));
  expect(await linesOf(rig)).toEqual([
    "info Task tasks.add[id] received",
    "info Task tasks.add[id] succeeded in 0.0012s: 32",
  ]);
});

test("the value stays out of the log otherwise", async () => {
  const rig = new Rig();
  rig.task("tasks.add", () => "secret");
  const lines = await linesOf(rig, { logResults: false });
  expect(lines.at(-1)).toBe("info Task tasks.add[id] succeeded in 0.0000s");
});

test("a failure is an error line with name and message, a retry an info line", async () => {
  const rig = new Rig();
  rig.task(
    "tasks.add",
    () => {
      throw new TypeError("not a number");
    },
    { retry: retry({ max: 1, delayMs: 5_000 }) },
  );
  const lines = await linesOf(rig);
  expect(lines.at(-1)).toBe("info Task tasks.add[id] retry: Retry in 5s: TypeError('not a number')");
  await rig.clock.advance(5_000);
  await turns();
  expect(rig.logged("raised")).toEqual([
    "error Task tasks.add[id] raised unexpected: TypeError('not a number')",
  ]);
});

test("names, ids and messages cannot forge a line or fill the log", async () => {
  const rig = new Rig();
  rig.task("tasks.add", () => {
    throw new Error(`x\n[...] Task fake[1] succeeded\u001b[2J\u202e${"y".repeat(20_000)}`);
  });
  await linesOf(rig, {}, "i\r\nd");
  const line = rig.logged("raised")[0]!;
  expect(line.slice(0, 82)).toBe(
    "error Task tasks.add[i d] raised unexpected: Error('x [...] Task fake[1] succeeded",
  );
  expect(line.length).toBeLessThan(1_100);
});

test.each([
  ["plain", "plain"],
  ["a\nb\r\nc", "a b c"],
  ["tab\there", "tab here"],
  ["bell\u0007 and c1 \u009b31m", "bell  and c1  31m"],
  ["turned \u202etext\u2066", "turned  text "],
  ["\u2028line\u2029", " line "],
])("oneLine(%j) is %j", (text, expected) => {
  expect(oneLine(text)).toBe(expected);
});
