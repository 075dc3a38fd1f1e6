/** What a command that lasts tells, and how Ctrl-C ends it. */
import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Steps } from "../../src/cli/steps.js";
import { Terminal } from "../../src/cli/terminal.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

function begin(isTTY: boolean, quiet = false) {
  const written: string[] = [];
  const sink = { write: (text: string) => void written.push(text), isTTY };
  const terminal = new Terminal({ stdout: sink, stderr: sink, color: false, json: false, quiet });
  const signals = new EventEmitter();
  const clock = new ManualClock(0);
  return { written, signals, clock, cli: { terminal, clock } };
}

test.each<[string, boolean, boolean, string[]]>([
  [
    "a terminal is told, and the line goes when it is over",
    true,
    false,
    ["\r5 done until now; Ctrl-C ends it\x1b[K", "\r\x1b[K"],
  ],
  ["what is no terminal hears nothing", false, false, []],
  ["--quiet says nothing", true, true, []],
])("after a second %s", async (_because, isTTY, quiet, expected) => {
  const { written, signals, clock, cli } = begin(isTTY, quiet);
  const worked = Steps.during(
    cli,
    async (steps) => {
      expect(steps.goesOn("3 done")).toBe(true);
      await clock.advance(1_000);
      return steps.goesOn("5 done");
    },
    signals,
  );
  expect(await worked).toBe(true);
  expect(written).toEqual(expected);
});

test("Ctrl-C ends it after its present step, and a second one is the system's", async () => {
  const { written, signals, cli } = begin(false);
  const isOver = await Steps.during(
    cli,
    (steps) => {
      expect(steps.goesOn("1 done")).toBe(true);
      signals.emit("SIGINT");
      expect(signals.listenerCount("SIGINT")).toBe(0);
      return Promise.resolve([steps.goesOn("2 done"), steps.isInterrupted]);
    },
    signals,
  );
  expect(isOver).toEqual([false, true]);
  expect(written).toEqual(["interrupted: the rest stays as it was\n"]);
});

test("a command that fails listens no more", async () => {
  const { signals, cli } = begin(true);
  await expect(Steps.during(cli, () => Promise.reject(new Error("no")), signals)).rejects.toThrow("no");
  expect(signals.listenerCount("SIGINT")).toBe(0);
});
