/** What a worker does with parts of graphs that the forms of users do not show: stores that are away, locks, records, requests. */
import { describe, expect, test } from "vitest";
// A worker loads it at the first growth, and a manual clock would not wait for that.
import "../../src/canvas/compile/growth.js";
import { compileGraph } from "../../src/canvas/compile/graph.js";
import { chain, chord, formOf, group, namedSignature, type Signature } from "../../src/canvas/index.js";
import { portionsOf } from "../../src/app/graph-publisher.js";
import { StoreError } from "../../src/core/errors.js";
import { locked } from "../../src/locks/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { lockedFunction } from "../../src/tasks/task-lock.js";
import { gate, Rig, turns } from "./harness.js";

const sender = { send: () => Promise.reject(new Error("nothing is sent here")) };
const sign = (name: string, ...args: unknown[]): Signature<readonly unknown[], never> =>
  namedSignature(name, args, sender);

/** Opens the graph of a form, and starts a worker. */
async function run(rig: Rig, form: Signature<never>, store: Store = rig.memory): Promise<void> {
  const compiled = compileGraph({
    form: formOf(form, "form"),
    open: [],
    newId: () => "g",
    createMessage: rig.createMessage,
    now: rig.clock.now(),
    limit: 1_000,
  });
  for (const portion of portionsOf(compiled, 86_400_000)) await rig.memory.graphs.open(portion);
  await rig.started({}, store);
  await rig.clock.advance(0);
}

const large = "x".repeat(70_000);
const away = (): StoreError => new StoreError("SUNBEAT_STORE_UNAVAILABLE", "away", { retryable: true });

/** The store without answers to `outputs` while `isAway` says so. */
function faulty(rig: Rig, isAway: () => boolean): Store {
  const { graphs } = rig.memory;
  const outputs: typeof graphs.outputs = (ids) => (isAway() ? Promise.reject(away()) : graphs.outputs(ids));
  return { ...rig.memory, graphs: { ...graphs, outputs } };
}

describe("a part whose inputs are to be read", () => {
  test("waits for a store that is away, and is not tried again for it", async () => {
    const rig = new Rig();
    let isAway = true;
    rig.task("give", () => large);
    const runs: number[] = [];
    rig.task("take", (text: string) => (runs.push(text.length), text.length));
    await run(
      rig,
      chain(sign("give"), sign("take")),
      faulty(rig, () => isAway),
    );
    await rig.clock.advance(5_000);
    expect([runs, await rig.state("g:1")]).toEqual([[], "RECEIVED"]);
    isAway = false;
    await rig.clock.advance(5_000);
    expect([runs, await rig.result("g:1")]).toEqual([[70_000], { state: "SUCCESS", payload: 70_000 }]);
    expect(rig.logged("does not answer").length).toBe(1);
  });

  test("lets go of it when it is revoked meanwhile", async () => {
    const rig = new Rig();
    rig.task("give", () => large);
    rig.task("take", () => 1);
    await run(
      rig,
      chain(sign("give"), sign("take")),
      faulty(rig, () => true),
    );
    await rig.memory.graphs.cancel("g", { terminate: true });
    await rig.clock.advance(5_000);
    expect(await rig.state("g:1")).toBe("REVOKED");
  });

  test("goes back, not counted, when the worker ends meanwhile", async () => {
    const rig = new Rig();
    let isAway = true;
    rig.task("give", () => large);
    rig.task("take", (text: string) => text.length);
    await run(
      rig,
      chain(sign("give"), sign("take")),
      faulty(rig, () => isAway),
    );
    const stopped = rig.workers[0]!.stop();
    await rig.clock.advance(60_000);
    await stopped;
    isAway = false;
    await rig.started();
    expect(await rig.result("g:1")).toEqual({ state: "SUCCESS", payload: 70_000 });
  });
});

test("a lock that is named by the arguments is named by those that the part takes", async () => {
  const rig = new Rig();
  const seen: unknown[] = [];
  const { inner, lock } = lockedFunction(
    locked((order: { customer: string }) => `of-${order.customer}`)(
      (order: { customer: string }) => order.customer,
    ),
  )!;
  rig.task("load", () => ({ customer: "ada" }));
  rig.bound("save", (self, ...args) => void seen.push(self.lock?.name, ...args), { lock });
  expect(inner).toBeTypeOf("function");
  await run(rig, chain(sign("load"), sign("save", "end")));
  expect(seen).toEqual(["of-ada", { customer: "ada" }, "end"]);
});

test("a part whose lock cannot be named fails, and its graph with it", async () => {
  const rig = new Rig();
  const { lock } = lockedFunction(locked((order: { customer: string }) => order.customer)(() => 1))!;
  rig.task("load", () => null);
  rig.task("save", () => 1, { lock });
  await run(rig, chain(sign("load"), sign("save")));
  expect(await rig.failure("g:1")).toMatchObject({ code: "SUNBEAT_LOCK_NAME_INVALID" });
  expect(await rig.memory.graphs.get(["g"])).toMatchObject([{ state: "failed", open: 0 }]);
});

test("a request tells of graph, parent and group", async () => {
  const rig = new Rig();
  const seen: unknown[] = [];
  rig.bound("t", ({ request }) => {
    const { id, graphId, parentId, rootId, groupId, groupIndex } = request;
    seen.push([id, graphId, parentId, rootId, groupId, groupIndex]);
  });
  await run(rig, chord([chain(sign("t"), sign("t")), sign("t")] as never, sign("t") as never));
  expect(seen.sort()).toEqual([
    ["g:0", "g", null, "g", "g#0", 0],
    ["g:1", "g", "g:0", "g", "g#0", 0],
    ["g:2", "g", null, "g", "g#0", 1],
    ["g:3", "g", expect.stringMatching(/^g:[12]$/), "g", null, null],
  ]);
});

test("the result of a part is kept for those who take it, also where nobody is to keep it", async () => {
  const rig = new Rig();
  rig.task("give", () => 5, { ignoreResult: true });
  rig.task("take", (n: number) => n + 1);
  await run(rig, chain(sign("give"), sign("take")));
  expect(await rig.result("g:1")).toEqual({ state: "SUCCESS", payload: 6 });
});

test("a map is left to a worker that has its task", async () => {
  const rig = new Rig();
  rig.task("inner", (n: number) => n * 2);
  const without = new Map(rig.registry);
  without.delete("inner");
  await rig.send({
    ...{ id: "m", task: "sunbeat.map", queue: "default", priority: 0, maxDeliveries: 3, resultTtlMs: 60_000 },
    body: JSON.stringify({ v: 1, args: ["inner", [1, 2]] }),
  });
  await rig.started({ unknownTaskGraceMs: 60_000 }, rig.memory, without);
  expect(await rig.state("m")).toBe("PENDING");
  await rig.started({ hostname: "w2", unknownTaskGraceMs: 60_000 });
  await rig.clock.advance(10_000);
  expect(await rig.result("m")).toEqual({ state: "SUCCESS", payload: [2, 4] });
});

test("the run of a map stops between two values when it is told to", async () => {
  const rig = new Rig();
  const held = gate();
  const ran: number[] = [];
  rig.task("inner", async (n: number) => {
    ran.push(n);
    await held.opened;
  });
  await run(rig, group([sign("sunbeat.map", "inner", [1, 2])]));
  await rig.memory.graphs.cancel("g", { terminate: true });
  held.open();
  await turns();
  await rig.clock.advance(0);
  expect([ran, await rig.state("g:0")]).toEqual([[1], "REVOKED"]);
});

test("a run that is lost before its end is stored has grown nothing; the next one decides anew", async () => {
  const rig = new Rig();
  const held = gate();
  let runs = 0;
  rig.task("t", (n: number) => n);
  rig.bound("grow", async (self) => {
    const n = ++runs;
    if (n === 1) await held.opened;
    return self.replace(sign("t", n));
  });
  await run(rig, chain(sign("grow"), sign("t")));
  // The first worker is gone as after a crash: its lease ends, and another one takes the part.
  await rig.workers[0]!.crash();
  await rig.clock.advance(40_000);
  await rig.started({ hostname: "w2" });
  await rig.clock.advance(40_000);
  held.open();
  await rig.clock.advance(1_000);
  expect([runs, await rig.result("g:1")]).toEqual([2, { state: "SUCCESS", payload: 2 }]);
  expect(await rig.memory.graphs.get(["g"])).toMatchObject([{ state: "succeeded", size: 3, open: 0 }]);
});
