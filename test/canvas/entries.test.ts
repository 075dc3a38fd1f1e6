/** Entries with a canvas: the tick, its ids and `overlap` are those of any entry, over the whole graph. */
import { describe, expect, onTestFinished, test } from "vitest";
import { chain, chord, type EntryOptions, every, Sunbeat } from "../../src/index.js";
import { virtualTime } from "../../src/testing/index.js";

async function begin(entry: Partial<EntryOptions>) {
  const app = new Sunbeat("entries", { broker: "memory:", logger: null });
  const log: string[] = [];
  const clock = (): string => new Date(time.clock.now()).toISOString().slice(11, 16);
  const first = app.task("first", () => void log.push(`${clock()} first`));
  const last = app.task("last", () => void log.push(`${clock()} last`));
  const time = await virtualTime(app, { start: "2027-01-01T00:00:00Z" });
  onTestFinished(() => time.close());
  // A run takes 25 minutes, most of which it waits.
  const canvas = chain(first.si(), last.si().set({ countdown: "25m" }));
  await app.schedules.set("report", { canvas, schedule: every("10m"), ...entry } as EntryOptions);
  const history = async (): Promise<string[]> =>
    (await app.schedules.history("report")).map(({ due, fate, reason }) =>
      [due.toISOString().slice(11, 16), fate, reason ?? ""].join(" ").trim(),
    );
  return { app, time, log, history };
}

describe("overlap over the whole graph", () => {
  test('"skip": none begins while one has not ended', async () => {
    const { time, log, history } = await begin({ overlap: "skip" });
    await time.advance("50m");
    expect(await history()).toEqual([
      "00:10 sent",
      "00:20 skipped overlap",
      "00:30 skipped overlap",
      "00:40 sent",
      "00:50 skipped overlap",
    ]);
    expect(log).toEqual(["00:10 first", "00:35 last", "00:40 first"]);
  });

  test('"queue-one": one waits, and begins when the graph before it ends', async () => {
    const { time, log } = await begin({ overlap: "queue-one" });
    await time.advance("65m");
    expect(log).toEqual(["00:10 first", "00:35 last", "00:35 first", "01:00 last", "01:00 first"]);
  });

  test('"allow": each begins in its time', async () => {
    const { time, log } = await begin({});
    await time.advance("35m");
    expect(log).toEqual(["00:10 first", "00:20 first", "00:30 first", "00:35 last"]);
  });

  test("a run that fails frees the next one", async () => {
    const { app, time, history } = await begin({});
    const fail = app.task("fail", () => {
      throw new Error("no");
    });
    const canvas = chord([fail.si(), fail.si()], fail.si());
    await app.schedules.set("report", { canvas, schedule: every("10m"), overlap: "skip" });
    await time.advance("30m");
    expect(await history()).toEqual(["00:10 sent", "00:20 sent", "00:30 sent"]);
  });
});

test("the run is the task of the entry, and its graph has the run's id", async () => {
  const { app, time } = await begin({});
  await time.advance("10m");
  const [row] = await app.schedules.history("report");
  const graph = app.graph(row!.taskId!);
  expect(await graph.progress()).toMatchObject({ state: "running", open: 2 });
  await time.advance("30m");
  expect(await graph.progress()).toMatchObject({ state: "succeeded", open: 0 });
  expect(await app.result(row!.taskId!).state()).toBe("SUCCESS");
});

test("queue, priority and headers of the entry are defaults of all tasks of the form", async () => {
  const app = new Sunbeat("entries", { broker: "memory:", logger: null });
  const seen: unknown[] = [];
  const note = app.task("note", { bind: true }, ({ request }) => {
    seen.push([request.queue, request.priority, request.headers, request.graphId === request.rootId]);
  });
  const time = await virtualTime(app, { queues: ["default", "slow"] });
  onTestFinished(() => time.close());
  await app.schedules.set("e", {
    canvas: chain(note.si(), note.si().set({ queue: "default" })),
    schedule: every("10m"),
    options: { queue: "slow", priority: 7, headers: { a: "1" } },
  });
  await time.advance("10m");
  expect(seen).toEqual([
    ["slow", 7, { a: "1" }, true],
    ["default", 7, { a: "1" }, true],
  ]);
});

test("a stored entry, an entry in code and JSON are the same definition", async () => {
  const app = new Sunbeat("entries", { broker: "memory:", logger: null });
  const task = app.task("t", (n: number) => n);
  const canvas = chain(task.s(1), task.s());
  const schedule = every("10m");
  const other = new Sunbeat("other", {
    broker: "memory:",
    beatSchedule: { e: { canvas, schedule }, f: { canvas: canvas.toJSON(), schedule } },
  });
  await app.schedules.set("e", { canvas, schedule });
  const stored = await app.schedules.get("e");
  const { coreOf } = await import("../../src/app/index.js");
  expect(coreOf(other).entries.map(({ definition }) => definition)).toEqual([
    stored!.definition,
    stored!.definition,
  ]);
  expect(stored).toMatchObject({ task: "sunbeat.canvas", problem: null });
  await Promise.all([app.close(), other.close()]);
});

test.each<[string, object, RegExp]>([
  ["a task beside it", { task: "t" }, /task and args: expected neither beside a canvas/],
  ["args beside it", { args: [1] }, /task and args: expected neither beside a canvas/],
  ["text instead of a form", { canvas: "t" }, /canvas: expected an object/],
  ["a callback in the options", { options: { link: {} } }, /options.link and linkError: expected none/],
])("an entry with a canvas and %s is refused, with its name", (_, more, message) => {
  const app = new Sunbeat("entries", { broker: "memory:" });
  const task = app.task("t", () => 1);
  const entry = { canvas: task.si(), schedule: 30, ...more } as unknown as EntryOptions;
  expect(() => new Sunbeat("x", { broker: "memory:", beatSchedule: { nightly: entry } })).toThrow(message);
  expect(() => new Sunbeat("x", { broker: "memory:", beatSchedule: { nightly: entry } })).toThrow(
    /"nightly"/,
  );
});
