import { expect, test } from "vitest";
import { EventState } from "../../src/events/state.js";

let clock = 0;
function told(type: string, fields: object = {}, hostname = "w1@h"): never {
  clock++;
  return {
    type,
    hostname,
    pid: 1,
    timestamp: clock * 1_000,
    clock,
    boot: "b",
    seq: clock,
    ...fields,
  } as never;
}
const add = { id: "1", task: "add", queue: "q" };

test("a task is what its events tell of it, in whichever order they come", () => {
  clock = 0;
  const events = [
    told("task-sent", add, "web@h"),
    told("task-received", { ...add, retries: 1 }),
    told("task-started", add),
    told("task-progress", { ...add, done: 1, total: 2 }),
    told("task-succeeded", { ...add, runtimeMs: 7 }),
  ];
  const expected = {
    ...{ ...add, last: "task-succeeded", state: "SUCCESS", worker: "w1@h", timestamp: 5_000 },
    ...{ sentAt: 1_000, receivedAt: 2_000, startedAt: 3_000, endedAt: 5_000, runtimeMs: 7, retries: 1 },
    ...{ error: null, reason: null, progress: { done: 1, total: 2 } },
  };
  for (const order of [
    events,
    [...events].reverse(),
    [events[4]!, events[0]!, events[2]!, events[1]!, events[3]!],
  ]) {
    const state = new EventState();
    for (const event of order) state.event(event);
    expect(state.tasks.get("1")).toMatchObject(expected);
  }
});

test.each([
  ["task-sent", "PENDING"],
  ["task-received", "RECEIVED"],
  ["task-started", "STARTED"],
  ["task-succeeded", "SUCCESS"],
  ["task-failed", "FAILURE"],
  ["task-retried", "RETRY"],
  ["task-revoked", "REVOKED"],
  ["task-rejected", "REJECTED"],
  ["task-ignored", "IGNORED"],
  ["task-lost", "RETRY"],
])("after %s a task is %s", (type, expected) => {
  const state = new EventState();
  state.event(told(type, add));
  expect(state.tasks.get("1")!.state).toBe(expected);
});

test("a worker is alive until it says that it ends, or five heartbeats are missing", () => {
  clock = 0;
  const state = new EventState();
  const beat = { active: 2, processed: 9, loadavg: [0.5], freq: 2, slots: 8 };
  state.event(told("worker-online"));
  state.event(told("worker-heartbeat", beat));
  state.event(told("worker-online", {}, "w2@h"));
  state.event(told("worker-offline", { reason: "warm shutdown" }, "w2@h"));
  expect(state.aliveWorkers(11_999).map(({ hostname }) => hostname)).toEqual(["w1@h"]);
  expect(state.workers.get("w1@h")).toMatchObject({ active: 2, processed: 9, loadavg: [0.5], slots: 8 });
  expect(state.aliveWorkers(12_000)).toEqual([]);
});

test("of tasks 10,000 are kept, of workers 1,000; the oldest go", () => {
  const state = new EventState();
  for (let n = 0; n < 10_001; n++) {
    state.event(told("task-started", { ...add, id: String(n) }, `w${n % 1_500}`));
  }
  expect([state.tasks.size, state.tasks.has("0"), state.tasks.has("10000"), state.workers.size]).toEqual([
    ...[10_000, false, true, 1_000],
  ]);
});

const move = (fields: object = {}) => ({
  ...{ entry: "pay", from: 10, to: 20, because: "calendar DE", passed: false },
  ...fields,
});

test("calendars that end, drift and moves are what was told last, in whichever order it comes", () => {
  clock = 0;
  const events = [
    told("calendar-ends", { calendar: "DE", to: "2027-12-31", days: 30, digest: "aa" }),
    told("calendar-ends", { calendar: "DE", to: "2027-12-31", days: 29, digest: "bb" }),
    told("schedule-drift", { count: 1, kinds: { missing: 1 }, entries: ["pay"] }, "beat@h"),
    told("schedule-drift", { count: 2, kinds: { paused: 2 }, entries: ["pay", "tax"] }, "beat@h"),
    told("schedule-moved", move()),
    told("schedule-moved", move({ to: null, passed: true })),
  ];
  for (const order of [events, [...events].reverse()]) {
    const state = new EventState();
    for (const event of order) state.event(event);
    expect([...state.calendars.values()]).toMatchObject([{ calendar: "DE", days: 29, digest: "bb" }]);
    expect([...state.drift.values()]).toMatchObject([{ hostname: "beat@h", count: 2, kinds: { paused: 2 } }]);
    expect([...state.moves.values()]).toMatchObject([{ entry: "pay", to: null, passed: true }]);
  }
});

test.each<[reason: string, later: never, known: boolean]>([
  ["the same process tells more", told("beat-leading", { term: "1" }, "beat@h"), true],
  ["another node begins", told("beat-leading", { term: "1", boot: "other" }, "w1@h"), true],
  ["it has begun anew", told("beat-leading", { term: "1", boot: "other" }, "beat@h"), false],
])("the drift of a beat stands until it begins anew: %s", (_, later, known) => {
  const state = new EventState();
  clock = 0;
  state.event(told("schedule-drift", { count: 1, kinds: { missing: 1 }, entries: ["pay"] }, "beat@h"));
  state.event({ ...(later as object), clock: 9 } as never);
  expect(state.drift.has("beat@h")).toBe(known);
});

test("of calendars, drift and moves 1,000 are kept; the oldest go", () => {
  const state = new EventState();
  for (let n = 0; n < 1_001; n++) {
    state.event(told("calendar-ends", { calendar: `c${n}`, to: "2027-12-31", days: 1 }));
    state.event(told("schedule-drift", { count: 1, kinds: {}, entries: [] }, `b${n}`));
    state.event(told("schedule-moved", move({ entry: `e${n}` })));
  }
  const { calendars, drift, moves } = state;
  expect([calendars.size, drift.size, moves.size]).toEqual([1_000, 1_000, 1_000]);
  expect([calendars.has("c0"), drift.has("b0"), moves.has("e0"), moves.has("e1000")]).toEqual([
    ...[false, false, false, true],
  ]);
});

test("events are counted by type, and so are those that were missed", () => {
  const state = new EventState();
  state.event(told("task-started", add));
  state.event(told("task-started", add));
  state.event({ type: "events-lost", hostname: "w", count: 4 });
  expect([[...state.counts], state.lost]).toEqual([[["task-started", 2]], 4]);
});

test("nonsense from outside changes nothing and throws nothing", () => {
  const state = new EventState();
  const nonsense: object[] = [
    { type: "task-failed", hostname: "w", id: 5, task: null, error: "x" },
    { type: "worker-heartbeat", hostname: "w", active: "many", loadavg: 5, timestamp: "now" },
    { type: "events-lost", hostname: "w", count: "x" },
    { type: "calendar-ends", hostname: "w", calendar: 5, to: null, days: "x" },
    { type: "schedule-drift", hostname: "w", count: 1, kinds: null, entries: "x" },
    { type: "schedule-moved", hostname: "w", entry: "e", from: "x" },
  ];
  for (const event of nonsense) state.event(event as never);
  expect([state.tasks.size, state.lost, state.workers.get("w")?.active]).toEqual([0, 0, 0]);
});
