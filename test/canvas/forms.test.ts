/** Every form of docs/canvas.md, once, by a real worker: the table there names these tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import {
  chain,
  chord,
  group,
  type Results,
  settled,
  type Settled,
  stream,
  Sunbeat,
  type TaskFailure,
  workflow,
} from "../../src/index.js";
import type { Worker } from "../../src/worker/worker.js";
import { ownNamespace } from "../support/redis-harness.js";

const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-forms-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ["memory", "memory:"],
  ["SQLite", `sqlite:${path.join(folder, "forms.db")}`],
  ["Redis", `${inject("redisUrl")}/0?namespace=${ownNamespace()}`],
])("on %s", (_, broker) => {
  const app = new Sunbeat("forms", { broker, logger: null });
  const add = app.task("tasks.add", (x: number, y: number) => x + y);
  const text = app.task("tasks.text", (n: number) => `${n}`);
  const sum = app.task("tasks.sum", (all: readonly number[]) => all.reduce((a, b) => a + b, 0));
  const fail = app.task("tasks.fail", (n: number): number => {
    throw new TypeError(`no ${n}`);
  });
  const told: unknown[] = [];
  const tell = app.task("tasks.tell", (what: unknown, who: string) => void told.push([who, what]));
  const alarm = app.task("tasks.alarm", (failure: TaskFailure, who: string) => {
    told.push([who, failure]);
  });
  const nothing = app.task("tasks.nothing", () => {});
  const headers = app.task("tasks.headers", { bind: true }, (self) => ({ ...self.request.headers }));
  let worker: Worker;

  beforeAll(async () => {
    worker = app.worker({ concurrency: 4 });
    await worker.start();
  });
  afterEach(() => void told.splice(0));
  afterAll(() => app.close());

  const get = <R>(sent: Promise<{ get(options: { timeout: number }): Promise<R> }>): Promise<R> =>
    sent.then((result) => result.get({ timeout: 30 }));

  test("chain: each takes the result of the one before", async () => {
    expect(await get(chain(add.s(2, 2), add.s(4), text.s()).delay())).toBe("8");
  });

  test("pipe: the same, one by one", async () => {
    expect(await get(add.s(2, 2).pipe(add.s(8)).pipe(text.s()).delay())).toBe("12");
  });

  test("s: partials take what is open in front", async () => {
    expect(await get(chain(add.s(4), text.s()).delay(1))).toBe("5");
    expect(await get(add.s(4).delay(1))).toBe(5);
  });

  test("si: what is fixed takes nothing", async () => {
    expect(await get(chain(add.s(1, 1), nothing.si(), add.si(1, 2)).delay())).toBe(3);
  });

  test("group: a list of results in the order written", async () => {
    const sent = await group([add.s(1, 1), text.s(2)]).delay();
    expect(await sent.get({ timeout: 30 })).toEqual([2, "2"]);
    expect((await sent.members()).length).toBe(2);
    const values: unknown[] = [];
    for await (const value of sent.results()) values.push(value);
    expect(values).toEqual([2, "2"]);
  });

  test("group: an empty one gives an empty list", async () => {
    expect(await get(app.fromJSON<unknown[]>(group([]).toJSON()).delay())).toEqual([]);
  });

  test("group: one in another gives a list in the list", async () => {
    const inner = group([add.s(2, 2), add.s(3, 3)]);
    expect(await get(group([add.s(1, 1), inner, group([])]).delay())).toEqual([2, [4, 6], []]);
  });

  test("group: what is open is given to each member", async () => {
    expect(await get(group([add.s(1), add.s(2)]).delay(10))).toEqual([11, 12]);
  });

  test("chord: the body takes the list of the header", async () => {
    expect(
      await get(
        chord(
          [1, 2, 3].map((n) => add.s(n, n)),
          sum.s(),
        ).delay(),
      ),
    ).toBe(12);
  });

  test("chord: an empty header runs the body with an empty list", async () => {
    const none: ReturnType<typeof add.si>[] = [];
    expect(await get(chord(none, sum.s()).delay())).toBe(0);
  });

  test("chord: a header of one gives a list of one", async () => {
    expect(await get(chord([add.s(1, 1)], sum.s()).delay())).toBe(2);
  });

  test("chain: a group in it and a task behind are a chord", async () => {
    expect(await get(chain(group([add.s(1, 1), add.s(2, 2)]), sum.s(), text.s()).delay())).toBe("6");
  });

  test("chain: a task and a group behind it give each member its result", async () => {
    expect(await get(chain(add.s(1, 1), group([add.s(10), add.s(20)]), sum.s()).delay())).toBe(34);
  });

  test("chord: a chord in a chord", async () => {
    const inner = chord([add.s(1, 1), add.s(2, 2)], sum.s());
    expect(await get(chord([inner, add.s(3, 3)], sum.s()).delay())).toBe(12);
  });

  test("map: the task is called with each value, in one part", async () => {
    expect(await get(text.map([1, 2, 3]).delay())).toEqual(["1", "2", "3"]);
  });

  test("starmap: the same with lists of arguments", async () => {
    expect(
      await get(
        add
          .starmap([
            [1, 2],
            [3, 4],
          ])
          .delay(),
      ),
    ).toEqual([3, 7]);
  });

  test("map: what gives nothing is null in the list", async () => {
    expect(await get(nothing.starmap([[], []]).delay())).toEqual([null, null]);
  });

  test("chunks: a group of starmaps", async () => {
    const lists: [number, number][] = [
      [1, 1],
      [2, 2],
      [3, 3],
    ];
    expect(await get(add.chunks(lists, 2).delay())).toEqual([[2, 4], [6]]);
  });

  test("link: called with the result, besides what follows", async () => {
    expect(await get(chain(add.s(1, 1).link(tell.s("link")), add.s(3)).delay())).toBe(5);
    await waitFor(() => told.length === 1);
    expect(told).toEqual([["link", 2]]);
  });

  test("linkError: called once with the failure", async () => {
    const sent = await fail.s(1).linkError(alarm.s("ops")).delay();
    await expect(sent.get({ timeout: 30 })).rejects.toMatchObject({ code: "SUNBEAT_TASK_FAILED" });
    await waitFor(() => told.length === 1);
    expect(told).toEqual([
      ["ops", expect.objectContaining({ task: "tasks.fail", state: "FAILURE", message: "no 1" })],
    ]);
  });

  test("link and linkError: as options of a send", async () => {
    const sent = await add.applyAsync([1, 2], { link: tell.s("good"), linkError: alarm.s("bad") });
    expect(await sent.get({ timeout: 30 })).toBe(3);
    await waitFor(() => told.length === 1);
    expect(told).toEqual([["good", 3]]);
  });

  test("onError: called once at the first failure of any part, and the body does not run", async () => {
    const form = chord([add.s(1, 1), fail.s(1), fail.s(2)], sum.s()).onError(alarm.s("ops"));
    const sent = await form.delay();
    const error: unknown = await sent.get({ timeout: 30 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "SUNBEAT_UPSTREAM_FAILED", cause: { code: "SUNBEAT_TASK_FAILED" } });
    await waitFor(async () => (await sent.progress()).open === 0);
    expect(told.length).toBe(1);
    expect(await sent.progress()).toEqual({
      ...{ state: "failed", size: 5, succeeded: 2, failed: 2, unrun: 1, open: 0 },
    });
  });

  test("settled: the end of each, good or bad", async () => {
    const report = app.task("tasks.report", (all: Settled<number>[]) =>
      all.map((one) => (one.status === "fulfilled" ? one.value : one.reason.message)),
    );
    expect(await get(chord([settled(add.s(1, 1)), settled(fail.s(2))], report.s()).delay())).toEqual([
      2,
      "no 2",
    ]);
  });

  test("stream: the body reads the results one after the other", async () => {
    const count = app.task("tasks.count", async (results: Results<number>) => {
      let all = 0;
      for await (const one of results) all += one;
      return [results.length, all];
    });
    const header = Array.from({ length: 600 }, (_, n) => add.s(n, 1));
    expect(await get(chord(header, stream(count)).delay())).toEqual([600, 180_300]);
  });

  test("workflow: data decides the order", async () => {
    const form = workflow("statement", (flow) => {
      const one = flow.call(add, [1, 1]);
      const two = flow.call(add, [one, 10]);
      const both = flow.call(sum, [flow.all([one, two])]);
      flow.call(nothing, [], { after: [both] });
      return both;
    });
    expect(await get(form.delay())).toBe(14);
  });

  test("set: options of a part, and defaults of all parts of a form", async () => {
    const form = chain(nothing.si(), headers.si()).set({ headers: { a: "1" } });
    expect(await get(form.delay())).toEqual({ a: "1" });
  });

  test("stamp: headers of all parts, and of those that grow", async () => {
    const plan = app.task("tasks.plan", { bind: true }, (self): unknown => self.replace(headers.si()));
    expect(await get(group([headers.si(), plan.si()]).stamp({ trace: "t1" }).delay())).toEqual([
      { trace: "t1" },
      { trace: "t1" },
    ]);
  });

  test("clone: signatures are values", async () => {
    const one = add.s(1, 1);
    const other = one.clone().set({ queue: "nobody" });
    expect(other).not.toBe(one);
    expect(await get(one.delay())).toBe(2);
  });

  test("signature: by name, for tasks of other programs", async () => {
    expect(await get(chain(app.signature<number>("tasks.add", [1, 2]), text.s()).delay())).toBe("3");
  });

  test("toJSON and fromJSON: the same graph from text", async () => {
    const json = JSON.stringify(chord([add.s(1, 1), add.s(2, 2)], sum.s()));
    expect(await get(app.fromJSON(JSON.parse(json)).delay())).toBe(6);
  });

  test("self.replace: its result is theirs", async () => {
    const plan = app.task("tasks.grow", { bind: true }, (self, n: number): number =>
      self.replace(chain(add.s(n, 1), add.s(1))),
    );
    expect(await get(plan.delay(5))).toBe(7);
    expect(await get(chain(add.s(1, 1), plan.s(), add.s(100)).delay())).toBe(104);
  });

  test("self.replace: a group gives its list", async () => {
    const plan = app.task("tasks.fan", { bind: true }, (self, n: number): number[] =>
      self.replace(group([add.s(n, 1), add.s(n, 2)])),
    );
    expect(await get(chain(plan.s(5), sum.s()).delay())).toBe(13);
  });

  test("self.add: further members of the group, before what follows it", async () => {
    const crawl = app.task("tasks.crawl", { bind: true }, (self, depth: number): number => {
      if (depth > 0) self.add(again(depth - 1), again(depth - 1));
      return 1;
    });
    const again = (depth: number) => crawl.s(depth);
    const sent = await chord([crawl.s(3), crawl.s(0)], sum.s()).delay();
    expect(await sent.get({ timeout: 30 })).toBe(16);
    expect(await sent.progress()).toMatchObject({ state: "succeeded", size: 17, open: 0 });
  });

  test("parts: with their states, and what each follows", async () => {
    const sent = await chord([add.s(1, 1), fail.s(2)], sum.s()).delay();
    await sent.get({ timeout: 30, propagate: false });
    await waitFor(async () => (await sent.progress()).open === 0);
    const parts: unknown[] = [];
    for await (const { id, task, state, after } of sent.parts()) {
      parts.push([
        id.replace(sent.graphId, "G"),
        task,
        state,
        after.map((one) => one.replace(sent.graphId, "G")),
      ]);
    }
    expect(parts).toEqual([
      ["G:0", "tasks.add", "succeeded", []],
      ["G:1", "tasks.fail", "failed", []],
      ["G:2", "tasks.sum", "unrun", ["G:0", "G:1"]],
    ]);
  });

  test("app.graph: from anywhere, by its id", async () => {
    const sent = await chain(add.s(1, 1), add.s(1)).delay();
    expect(await app.graph<number>(sent.graphId).get({ timeout: 30 })).toBe(3);
    await expect(app.graph("no-such").progress()).rejects.toMatchObject({ code: "SUNBEAT_GRAPH_UNKNOWN" });
  });

  test("a task alone is a graph of one", async () => {
    const sent = await add.s(1, 1).delay();
    expect(await sent.get({ timeout: 30 })).toBe(2);
    expect(sent.graphId).toBe(sent.id);
    expect(await app.graph(sent.graphId).progress()).toEqual({
      ...{ state: "succeeded", size: 1, succeeded: 1, failed: 0, unrun: 0, open: 0 },
    });
  });
});

async function waitFor(fact: () => boolean | Promise<boolean>): Promise<void> {
  const until = Date.now() + 20_000;
  while (!(await fact())) {
    if (Date.now() > until) throw new Error("it did not come true within 20 s");
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
