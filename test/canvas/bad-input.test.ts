/** Large, deep and odd graphs: values, or typed errors; nothing lost, no graph left open, no id that is too long. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chain, chord, group, type Signature, Sunbeat } from "../../src/index.js";
import { coreOf } from "../../src/app/index.js";

const folder = mkdtempSync(path.join(tmpdir(), "sunbeat-bad-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  // broker                                        chain   group    replaced
  ["memory", "memory:", 10_000, 100_000, 1_000],
  ["SQLite", `sqlite:${path.join(folder, "bad.db")}`, 2_000, 5_000, 200],
])("on %s", (_, broker, longest, widest, most) => {
  const app = new Sunbeat("bad", { broker, logger: null });
  const next = app.task("next", (n: number) => n + 1);
  const zero = app.task("zero", () => 0);
  const fail = app.task("fail", (): number => {
    throw new TypeError("no");
  });
  const sum = app.task("sum", (all: readonly number[]) => all.reduce((a, b) => a + b, 0));

  beforeAll(() => app.worker({ concurrency: 50 }).start());
  afterAll(() => app.close());

  /** What the store holds of messages that nobody will run any more, and graphs with open parts. */
  async function leftOpen(): Promise<string[]> {
    const { graphs } = await coreOf(app).store.get();
    const open: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await graphs.list({ ...(after !== undefined && { after }), limit: 100 });
      open.push(...page.filter((graph) => graph.open > 0).map(({ id, name }) => `${name} ${id}`));
      if (page.length < 100) return open;
      after = page.at(-1)!.id;
    }
  }

  function chainOf(length: number, first: Signature<[], number>): Signature<[], number> {
    let form = first;
    for (let n = 1; n < length; n++) form = form.pipe(next.s());
    return form;
  }

  test(`a chain of ${longest}`, async () => {
    const sent = await chainOf(longest, zero.s()).delay();
    expect(await sent.get({ timeout: 60 })).toBe(longest - 1);
    expect(await sent.progress()).toMatchObject({ state: "succeeded", size: longest, open: 0 });
  });

  test(`a chain of ${longest} whose head fails ends everywhere`, async () => {
    const sent = await chainOf(longest, fail.s()).delay();
    await expect(sent.get({ timeout: 60 })).rejects.toMatchObject({
      code: "SUNBEAT_UPSTREAM_FAILED",
      details: { taskId: `${sent.graphId}:0` },
    });
    expect(await sent.progress()).toEqual({
      ...{ state: "failed", size: longest, succeeded: 0, failed: 1, unrun: longest - 1, open: 0 },
    });
  });

  test(`a group of ${widest}, read as a stream`, async () => {
    const sent = await group(Array.from({ length: widest }, (_one, n) => next.s(n))).delay();
    let [count, all] = [0, 0];
    for await (const one of sent.results()) {
      count++;
      all += one;
    }
    expect([count, all]).toEqual([widest, (widest * (widest + 1)) / 2]);
  });

  test("a chord of nothing", async () => {
    const none: Signature<[], number>[] = [];
    expect(await (await chord(none, sum.s()).delay()).get({ timeout: 60 })).toBe(0);
  });

  test("more parts than graphLimit are refused at the send, and while a graph grows", async () => {
    const small = new Sunbeat("small", { broker: "memory:", logger: null, graphLimit: 10 });
    const grow = small.task("grow", { bind: true }, (self, by: number): number => {
      for (let n = 0; n < by; n++) self.add(grow2(0));
      return 1;
    });
    const grow2 = (by: number) => grow.s(by);
    await small.worker().start();
    await expect(group(Array.from({ length: 11 }, () => grow.s(0))).delay()).rejects.toMatchObject({
      code: "SUNBEAT_GRAPH_TOO_LARGE",
    });
    expect(await (await group([grow.s(9)]).delay()).get({ timeout: 60 })).toHaveLength(10);
    const failed = await group([grow.s(10)]).delay();
    await expect(failed.get({ timeout: 60 })).rejects.toMatchObject({
      cause: { remoteCode: "SUNBEAT_GRAPH_TOO_LARGE" },
    });
    await small.close();
  });

  test(`a part that replaces itself ${most} times has short ids and one end`, async () => {
    const longest = { id: "" };
    const again = app.task("again", { bind: true }, (self, left: number): number => {
      if (self.request.id.length > longest.id.length) longest.id = self.request.id;
      return left === 0 ? 7 : self.replace(app.signature<number>("again", [left - 1]));
    });
    expect(await (await again.delay(most)).get({ timeout: 60 })).toBe(7);
    expect(await (await chain(zero.s(), again.si(most), next.s()).delay()).get({ timeout: 60 })).toBe(8);
    expect(longest.id.length).toBeLessThan(256);
  });

  test.each(["a:b", "a:b:c", "nightly:2027-01-01T00:00:00Z", ":", "ünï:cödé"])(
    "a graph of the id %j is found by it and by the ids of its parts",
    async (taskId) => {
      const sent = await chain(zero.s(), next.s()).applyAsync([], { taskId });
      expect(await sent.get({ timeout: 60 })).toBe(1);
      expect(sent.graphId).toBe(taskId);
      expect(await app.graph(taskId).progress()).toMatchObject({ state: "succeeded", size: 2 });
      expect(await app.result(`${taskId}:0`).get()).toBe(0);
      const [child] = await app.result(`${taskId}:0`).children();
      expect(child!.id).toBe(`${taskId}:1`);
    },
  );

  test.each(["x:3", "x:3/0", "x:~0123456789abcdef/0"])(
    "the id %j would be that of a part",
    async (taskId) => {
      await expect(zero.applyAsync([], { taskId })).rejects.toMatchObject({ code: "SUNBEAT_OPTION_INVALID" });
      await expect(chain(zero.s(), next.s()).applyAsync([], { taskId })).rejects.toMatchObject({
        code: "SUNBEAT_OPTION_INVALID",
      });
    },
  );

  test("a result that cannot be the next one's argument fails its task, and what follows is unrun", async () => {
    const odd = app.task("odd", (): unknown => new Map([[1, 2]]));
    const sent = await chain(odd.s(), app.signature<number>("next")).delay();
    await expect(sent.get({ timeout: 60 })).rejects.toMatchObject({
      cause: { remoteCode: "SUNBEAT_PAYLOAD_INVALID" },
    });
  });

  test("parent and collect lead through a chain", async () => {
    const sent = await chain(zero.s(), next.s(), next.s()).delay();
    const ids: string[] = [];
    for (let at = sent.parent; at !== null; at = at.parent) ids.push(at.id);
    expect(ids).toEqual([`${sent.graphId}:1`, `${sent.graphId}:0`]);
    const values: unknown[] = [];
    for await (const [, value] of app.result(`${sent.graphId}:0`).collect({ timeout: 60 }))
      values.push(value);
    expect(values).toEqual([0, 1, 2]);
  });

  test("nothing is left open", async () => {
    expect(await leftOpen()).toEqual([]);
  });
});
