/** `taskRoutes` wherever a message is made: sends, entries, parts of graphs, built-in tasks, tasks that this process does not have. */
import { afterEach, expect, test, vi } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { chain, chord, every, group, Sunbeat, type SunbeatOptions } from "../../src/index.js";

const apps: Sunbeat[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function appWith(options: SunbeatOptions): Sunbeat {
  const app = new Sunbeat("routes", { broker: "memory:", logger: null, ...options });
  apps.push(app);
  return app;
}

const ROUTES = { "video.*": { queue: "media", priority: 7 }, "mail.*": "mail" } as const;

test.each<[string, Record<string, unknown>, Record<string, unknown>, [string, number], string]>([
  ["video.cut", {}, {}, ["media", 7], "the route"],
  [
    "video.cut",
    {},
    { queue: "now" },
    ["now", 0],
    "the send goes before it, and the priority is that of the route alone",
  ],
  ["video.cut", { queue: "own" }, {}, ["own", 0], "the task goes before it"],
  ["video.cut", { queue: "own" }, { queue: "now" }, ["now", 0], "the send goes before the task"],
  ["video.cut", { priority: 2 }, {}, ["media", 2], "a priority of the task"],
  ["video.cut", { priority: 0 }, {}, ["media", 0], "also where it is 0"],
  ["video.cut", { priority: 2 }, { priority: 3 }, ["media", 3], "a priority of the send"],
  ["mail.send", {}, {}, ["mail", 0], "a route without a priority"],
  ["other", {}, {}, ["default", 0], "no route"],
])("%s with the options %j sent with %j goes to %j: %s", (name, own, given, wanted) => {
  const app = appWith({ taskRoutes: ROUTES });
  app.task(name, own, () => undefined);
  const { queue, priority } = coreOf(app).createMessage({ task: name, args: [], options: given });
  expect([queue, priority]).toEqual(wanted);
});

test("a task that this process does not have has its route, too", () => {
  const { queue, priority } = coreOf(appWith({ taskRoutes: ROUTES })).createMessage({
    task: "video.x",
    args: [],
  });
  expect([queue, priority]).toEqual(["media", 7]);
});

test("map, starmap and chunks go where their task goes, and a function sees the arguments of the first call", async () => {
  const route = vi.fn((task: string) => (task === "cut" ? "media" : null));
  const app = appWith({ taskRoutes: route });
  const cut = app.task("cut", (of: string, at: number) => `${of}${at}`);
  const one = app.task("one", (n: number) => n);
  const core = coreOf(app);
  const queuesOf = async (form: { toJSON(): unknown }): Promise<string[]> => {
    const { parts } = await core.canvas.compile(
      (await import("../../src/canvas/index.js")).formOf(form, "test"),
      [],
    );
    return parts.flatMap(({ message }) => message?.queue ?? []);
  };
  expect(await queuesOf(cut.starmap([["a", 1]]))).toEqual(["media"]);
  expect(
    await queuesOf(
      cut.chunks(
        [
          ["a", 1],
          ["b", 2],
        ],
        1,
      ),
    ),
  ).toEqual(["media", "media"]);
  expect(await queuesOf(one.map([7]))).toEqual(["default"]);
  expect(route.mock.calls.map(([task, ...rest]: unknown[]) => [task, rest[0]])).toEqual([
    ["cut", ["a", 1]],
    ["cut", ["a", 1]],
    ["cut", ["b", 2]],
    ["one", [7]],
  ]);
});

test("entries, parts of graphs and what they grow follow the routes, and one worker takes from all of them", async () => {
  const app = appWith({
    taskRoutes: [{ "video.*": "media" }, { "*": "rest" }],
    beatSchedule: { cut: { task: "video.cut", schedule: every("200ms"), args: ["a"] } },
  });
  const seen: string[] = [];
  const note = (self: { request: { task: string; queue: string } }): void =>
    void seen.push(`${self.request.task} ${self.request.queue}`);
  const cut = app.task("video.cut", { bind: true }, (self, of: string): string => {
    note(self);
    return of;
  });
  const join = app.task("join", { bind: true }, (self, all: readonly string[]): string => {
    note(self);
    return self.replace(chain(cut.si(all.join("+")), cut.s()));
  });
  await app.worker().start();
  const joined = await chord([cut.s("a"), cut.s("b")], join.s()).delay();
  expect(await joined.get({ timeout: 10 })).toBe("a+b");
  expect(seen.sort()).toEqual(["join rest", ...Array<string>(4).fill("video.cut media")]);
  seen.length = 0;
  const ran = new Promise((resolve) => app.events.on("task-succeeded", resolve));
  app.beat().start();
  await ran;
  expect(seen[0]).toBe("video.cut media");
});

test("a form with a queue of its own goes before the routes of its parts", async () => {
  const app = appWith({ taskRoutes: { "*": "rest" } });
  const add = app.task("add", { bind: true }, (self) => self.request.queue);
  await app.worker({ queues: ["rest", "now"] }).start();
  const sent = await group([add.s(), add.s()]).set({ queue: "now" }).delay();
  expect(await sent.get({ timeout: 10 })).toEqual(["now", "now"]);
});
