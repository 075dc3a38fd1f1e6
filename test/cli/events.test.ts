/** What `sunbeat events` shows, on screens of several sizes, and what it does with keys. */
import { afterAll, describe, expect, test } from "vitest";
import { EventsView, eventText, type ScreenLine } from "../../src/cli/events-view.js";
import { keysOf, Screen, type Device } from "../../src/cli/screen.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { Playground } from "../support/cli.js";

const NOW = Date.UTC(2027, 0, 1, 12);
let seq = 0;
function told(type: string, fields: object = {}, hostname = "w1@h"): never {
  seq++;
  return { type, hostname, pid: 1, timestamp: NOW + seq, clock: seq, boot: "b", seq, ...fields } as never;
}
const failed = {
  ...{ id: "f1", task: "bad", queue: "q", runtimeMs: 12 },
  error: { name: "Error", message: "no \x1b[31mluck", code: null },
};

function view(): EventsView {
  const made = new EventsView("sunbeat events");
  made.take(told("worker-heartbeat", { active: 1, processed: 7, slots: 8, freq: 2, loadavg: [0.5] }), NOW);
  made.take(told("task-started", { id: "s1", task: "good", queue: "q" }), NOW);
  made.take(told("task-failed", failed), NOW);
  made.take(told("schedule-sent", { entry: "e", due: NOW, taskId: "e@1", lateMs: 3 }), NOW);
  return made;
}

const text = (lines: readonly ScreenLine[]): string[] =>
  lines.map((line) => line.map((span) => span.text).join(""));
const shown = (made: EventsView, columns = 80, rows = 10): string[] =>
  text(made.lines({ columns, rows }, NOW));

test("rates, workers, and tasks by their last event, the newest first", () => {
  expect(shown(view())).toEqual([
    "sunbeat events  0.8 events/s  4 in all",
    "+ w1@h  1/8 slots  7 done  load 0.50  seen 0s ago",
    "TIME UTC  STATE     TASK  WORKER  RUN      ID",
    "12:00:00  FAILURE   bad   w1@h    12ms     f1",
    "12:00:00  STARTED   good  w1@h             s1",
    ...["", "", "", ""],
    "/ filter  p pause  e errors  s schedules  enter detail  q quit  ",
  ]);
});

test.each([
  [80, 24],
  [120, 40],
  [20, 5],
  [1, 1],
])("no line is wider than %d columns, and there are %d of them", (columns, rows) => {
  const lines = shown(view(), columns, rows);
  expect(lines).toHaveLength(rows);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
});

describe("keys", () => {
  test.each<[string[], RegExp, RegExp, string]>([
    [["e"], /f1/, /s1/, "errors alone"],
    [["e", "e"], /s1/, /^$/, "and back"],
    [["s"], /schedule-sent entry=e due=2027-01-01T12:00:00.000Z/, /f1/, "what the beat tells"],
    [["/", "g", "o", "o", "d", "\r"], /s1/, /f1/, "a filter"],
    [["/", "x", "\x7f", "\r"], /f1/, /^$/, "a filter that was taken back"],
    [["/", "q", "\x1b"], /q quit/, /^$/, "a filter that was given up"],
    [["\r"], /error +Error: no \\x1b\[31mluck/, /s1/, "the detail of the first, printable"],
    [["j", "\r"], /task +good/, /f1/, "the detail of the second"],
    [["\r", "\x1b"], /s1/, /^$/, "and back again"],
  ])("%j: %s, not %s: %s", (keys, there, notThere) => {
    const made = view();
    for (const key of keys) made.key(key);
    expect(shown(made, 100, 20).join("\n")).toMatch(there);
    expect(shown(made, 100, 20).join("\n")).not.toMatch(notThere);
  });

  test("a pause keeps the tasks as they were, and goes on counting", () => {
    const made = view();
    made.key("p");
    made.take(told("task-started", { id: "late", task: "late", queue: "q" }), NOW);
    expect(shown(made)[0]).toContain("5 in all  paused");
    expect(shown(made).join("\n")).not.toContain("late");
    made.key("p");
    expect(shown(made).join("\n")).toContain("late");
  });

  test.each(["q", "\x03"])("%j ends it", (key) => {
    const made = view();
    made.key(key);
    expect(made.isOver).toBe(true);
  });

  test("arrows are one key each", () => {
    expect(keysOf("\x1b[Aq\x1b[Bj\x1b")).toEqual(["\x1b[A", "q", "\x1b[B", "j", "\x1b"]);
  });
});

test("what was missed is told", () => {
  const made = view();
  made.take({ type: "events-lost", hostname: "w", count: 12 }, NOW);
  expect(shown(made)[0]).toContain("12 lost");
});

test("an event is one printable line", () => {
  expect(eventText(told("task-failed", { ...failed, task: "a\nb" }))).toBe(
    "w1@h task-failed a\\nb[f1] queue=q runtimeMs=12 error=Error: no \\x1b[31mluck",
  );
});

describe("the screen", () => {
  function open() {
    const written: string[] = [];
    const handlers: Record<string, ((value?: unknown) => void) | undefined> = {};
    const raw: boolean[] = [];
    let restore: (() => void) | null = null;
    const hook = (name: string, fn: (value?: unknown) => void): void => void (handlers[name] = fn);
    const device: Device = {
      output: {
        ...{ columns: 10, rows: 2, write: (part: string) => void written.push(part) },
        on: (event, fn) => hook(event, fn),
        off: (event) => void (handlers[event] = undefined),
      },
      input: {
        setRawMode: (on) => void raw.push(on),
        on: (event, fn) => hook(event, fn),
        off: (event) => void (handlers[event] = undefined),
        resume: () => undefined,
        pause: () => undefined,
      },
      onExit: (fn) => {
        restore = fn;
        return () => void (restore = null);
      },
    };
    const clock = new ManualClock(NOW);
    const keys: string[] = [];
    let draws = 0;
    const screen = new Screen(device, clock, {
      hasColors: true,
      lines: () => [[{ text: `draw ${++draws}`, style: "red" }]],
      onKey: (key) => keys.push(key),
    });
    screen.open();
    return { screen, clock, written, handlers, raw, keys, exit: () => restore?.() };
  }

  test("draws at most ten times a second, and at once on keys and new sizes", async () => {
    const { clock, written, handlers, keys } = open();
    await clock.advance(1_000);
    expect(written).toHaveLength(12);
    handlers["data"]?.("ab");
    handlers["resize"]?.();
    expect([keys, written.length, written.at(-1)]).toEqual([
      ["a", "b"],
      14,
      "\x1b[H\x1b[31mdraw 13\x1b[0m\x1b[K\x1b[J",
    ]);
  });

  test.each<["close" | "exit", string]>([
    ["close", "it was closed"],
    ["exit", "the process ended in another way"],
  ])("gives the terminal back, once, after %s: %s", (how) => {
    const { screen, written, raw, handlers, exit } = open();
    if (how === "close") screen.close();
    else exit();
    screen.close();
    expect([written[0], written.at(-1), raw]).toEqual([
      "\x1b[?1049h\x1b[?25l",
      "\x1b[?25h\x1b[?1049l",
      [true, false],
    ]);
    expect(written.filter((part) => part.includes("1049l"))).toHaveLength(1);
    expect(Object.values(handlers).every((handler) => handler === undefined)).toBe(true);
  });
});

describe("the program", () => {
  const place = new Playground();
  afterAll(() => place.dispose());

  test.each([
    [["events", "--frequency", "0"], "--frequency: expected seconds from 0.1 to 86400"],
    [["events", "-r", "often"], '--maxrate: expected a rate such as "10/m"'],
    [["events", "--types", "a b"], "without blanks"],
  ])("%j is refused: %s", async (args, message) => {
    const answer = await place.sunbeat(["-A", "shop.ts", "-b", "sqlite:./refused.db", ...args]);
    expect(answer.exitCode).toBe(2);
    expect(answer.stderr).toContain(message);
  });
});
