import { hostname } from "node:os";
import { expect, test } from "vitest";
import { bootId } from "../../src/core/boot.js";
import { Events, type SunbeatEvent } from "../../src/events/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { sent, started } from "./world.js";

function setUp(): { events: Events; errors: string[]; clock: ManualClock } {
  const errors: string[] = [];
  const clock = new ManualClock(5_000);
  const logger = { debug() {}, info() {}, warn() {}, error: (line: string) => void errors.push(line) };
  return { events: new Events({ clock, logger }), errors, clock };
}

test("a listener gets the events of its type, with who, where and when", () => {
  const { events } = setUp();
  const seen: SunbeatEvent[] = [];
  events.on("task-sent", (event) => seen.push(event));
  events.emit("task-sent", sent);
  events.emit("task-started", started);
  expect(seen).toEqual([
    {
      type: "task-sent",
      ...{ hostname: hostname(), pid: process.pid, timestamp: 5_000, clock: 1, boot: bootId, seq: 1 },
      ...sent,
    },
  ]);
});

test("a worker's events carry its name", () => {
  const { events } = setUp();
  const names: string[] = [];
  events.on("task-started", (event) => names.push(event.hostname));
  events.emit("task-started", started, "w1@host");
  expect(names).toEqual(["w1@host"]);
});

test('"*" gets every event', () => {
  const { events } = setUp();
  const types: string[] = [];
  events.on("*", (event) => types.push(event.type));
  events.emit("task-sent", sent);
  events.emit("beat-leading", { term: "1:a" });
  expect(types).toEqual(["task-sent", "beat-leading"]);
});

test("a listener that throws or rejects is logged, and the others hear the event", async () => {
  const { events, errors, clock } = setUp();
  const heard: string[] = [];
  const failure = (message: string): Error =>
    Object.assign(new Error(message), { stack: `Error: ${message}\n    at x` });
  events.on("task-sent", () => {
    throw failure("sync");
  });
  events.on("task-sent", () => Promise.reject(failure("async")));
  events.on("task-sent", ({ id }) => heard.push(id));
  events.emit("task-sent", sent);
  await clock.advance(0);
  expect([heard, errors]).toEqual([
    ["i"],
    ["sync", "async"].map(
      (message) => `events: a listener of task-sent failed: ${message}\n    Error: ${message}\n        at x`,
    ),
  ]);
});

test("one function registered twice is called twice until each registration ends, and ending twice is fine", () => {
  const { events } = setUp();
  let calls = 0;
  const listener = (): void => void calls++;
  const first = events.on("task-sent", listener);
  const second = events.on("task-sent", listener);
  events.emit("task-sent", sent);
  first();
  first();
  events.emit("task-sent", sent);
  second();
  events.emit("task-sent", sent);
  expect(calls).toBe(3);
});
