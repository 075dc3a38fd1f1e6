import { expect, test } from "vitest";
import fc from "fast-check";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { Output } from "../../../src/worker/pools/output.js";

function setUp(): { clock: ManualClock; lines: string[]; output: Output } {
  const clock = new ManualClock();
  const lines: string[] = [];
  return { clock, lines, output: new Output({ clock, write: (line) => void lines.push(line) }) };
}

const told = (...chunks: readonly (string | Buffer)[]): string[] => {
  const { lines, output } = setUp();
  for (const chunk of chunks) output.write("stdout", Buffer.from(chunk), "t[1]");
  output.flush("t[1]");
  return lines;
};

test.each<[readonly (string | Buffer)[], readonly string[], string]>([
  [["a\n"], ["t[1]: a"], "a line"],
  [["a\nb\n"], ["t[1]: a", "t[1]: b"], "two of one chunk"],
  [["a", "b\nc"], ["t[1]: ab", "t[1]: c"], "one of two chunks, and one that the run has not ended"],
  [["a\r\n\r\nb\r\n"], ["t[1]: a", "t[1]: b"], "lines of Windows; empty ones say nothing"],
  [["10%\r20%\r\n"], ["t[1]: 10%", "t[1]: 20%"], "a progress bar"],
  [["\u001b[31mred\u001b[0m \u001b]0;title\u0007x\n"], ["t[1]: red x"], "colours and a title of the window"],
  [["a\u0000\u0008\u009b2Jb\tc\u202e\n"], ["t[1]: a b c"], "control characters, and those that turn text"],
  [["\u001b[2K\n  \n"], [], "nothing that is seen"],
  [
    [Buffer.from("é").subarray(0, 1), Buffer.from("é\n").subarray(1)],
    ["t[1]: é"],
    "a character in two chunks",
  ],
  [[Buffer.from([0xff, 0x0a])], ["t[1]: \ufffd"], "no UTF-8"],
  [["x".repeat(10_000), "\n"], [`t[1]: ${"x".repeat(10_000)}`], "10 kB"],
  [
    ["x".repeat(9_000), "x".repeat(9_000), "\n"],
    [`t[1]: ${"x".repeat(10_000)}... (18000 bytes)`],
    "more than 10 kB",
  ],
  [
    [`${"x".repeat(9_999)}éé\n`],
    [`t[1]: ${"x".repeat(9_999)}... (10003 bytes)`],
    "cut in the middle of a character",
  ],
])("%j is told as %j: %s", (chunks, lines) => {
  expect(told(...chunks)).toEqual(lines);
});

test("stdout and stderr have lines of their own, each by who wrote its end", () => {
  const { lines, output } = setUp();
  output.write("stdout", Buffer.from("out"), "t[1]");
  output.write("stderr", Buffer.from("err\n"), "t[1]");
  output.write("stdout", Buffer.from("put\n"), "t[2]");
  expect(lines).toEqual(["t[1]: err", "t[2]: output"]);
});

test("of a flood 1,000 lines a second are told, and how many are not", async () => {
  const { clock, lines, output } = setUp();
  output.write("stdout", Buffer.from("x\n".repeat(5_000)), "t[1]");
  expect(lines).toHaveLength(1_000);
  await clock.advance(999);
  expect(lines).toHaveLength(1_000);
  await clock.advance(1);
  expect(lines.slice(1_000)).toEqual(["t[1]: 4000 lines dropped: more than 1000 in a second"]);
  output.write("stdout", Buffer.from("y\n"), "t[1]");
  expect(lines.at(-1)).toBe("t[1]: y");
  expect(clock.timers).toBe(0);
});

test("what was dropped is told when the child is gone, and no timer is left", () => {
  const { clock, lines, output } = setUp();
  output.write("stderr", Buffer.from(`${"x\n".repeat(1_001)}rest`), "t[1]");
  output.close("child 7");
  expect(lines.slice(1_000)).toEqual(["child 7: 2 lines dropped: more than 1000 in a second"]);
  expect(clock.timers).toBe(0);
});

test("a line without end is not kept", () => {
  const { lines, output } = setUp();
  const chunk = Buffer.alloc(1_000_000, "x");
  const before = process.memoryUsage().arrayBuffers;
  for (let count = 0; count < 200; count++) output.write("stdout", chunk, "t[1]");
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  output.flush("t[1]");
  expect(lines).toEqual([`t[1]: ${"x".repeat(10_000)}... (200000000 bytes)`]);
});

test("lines are the same however the bytes are cut into chunks", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), fc.array(fc.nat(40)), (texts, cuts) => {
      const whole = Buffer.from(texts.join("\n"));
      const chunks: Buffer[] = [];
      let from = 0;
      for (const length of cuts) {
        chunks.push(whole.subarray(from, from + length));
        from = Math.min(whole.length, from + length);
      }
      expect(told(...chunks, whole.subarray(from))).toEqual(told(whole));
    }),
  );
});
