/** Graphs: what begins when, and what is told. */
import assert from "node:assert/strict";
import type { EdgeKind } from "../../../src/tasks/part.js";
import { UNSEALED_MS } from "../../../src/store/contracts/graphs.js";
import {
  chainOf,
  chordOf,
  drain,
  graphOf,
  join,
  KEEP_MS,
  keepHouse,
  list,
  open,
  part,
  portion,
  stateOfResult,
  statesOf,
  sweepAll,
  type Way,
} from "./graph-samples.js";
import { type ConformanceCase, group } from "./harness.js";
import { claim, claimIds, claimOne, done, HOUR_MS, message } from "./samples.js";

/** What becomes of 1, which follows 0 over an edge. */
const EDGES: readonly (readonly [EdgeKind, Way, state: string, result: string, because: string])[] = [
  ["success", "ok", "succeeded", "SUCCESS", "what it waits for has succeeded"],
  ["success", null, "succeeded", "SUCCESS", "Ignore gives nothing, and is a success"],
  ["success", "fail", "unrun", "REVOKED upstream", "it needs an output that there is not"],
  ["success", "dead", "unrun", "REVOKED upstream", "a dead letter is a failure"],
  ["success", "revoked", "unrun", "REVOKED upstream", "what was skipped gives nothing"],
  ["any", "ok", "succeeded", "SUCCESS", "settled: both ends let it begin"],
  ["any", "fail", "succeeded", "SUCCESS", "settled: both ends let it begin"],
  ["any", "revoked", "succeeded", "SUCCESS", "settled: both ends let it begin"],
  ["failure", "fail", "succeeded", "SUCCESS", "an error callback runs after a failure"],
  ["failure", "dead", "succeeded", "SUCCESS", "a dead letter is a failure"],
  ["failure", "revoked", "succeeded", "SUCCESS", "one that was revoked has failed for those who need it"],
  ["failure", "ok", "unrun", "REVOKED upstream", "nothing has failed, and nothing stays open"],
];

const edgeCases: ConformanceCase[] = EDGES.map(([kind, way, state, result, because]) => ({
  group: "graphs: edges",
  name: `a "${kind}" edge behind one that ends as ${JSON.stringify(way)} makes it ${state}`,
  because,
  async run({ store }) {
    await open(store, [part(0, { list: "a" }), part(1, { pending: 1 })], [list("a", { 1: kind })], 0);
    await drain(store, { "g:0": way });
    assert.equal((await statesOf(store))["1"], state);
    assert.equal(await stateOfResult(store, "g:1"), result);
    assert.equal((await graphOf(store)).open, 0);
  },
}));

export const graphCases = group("graphs: order", {
  "a chain runs in its order, each with the output before it": async ({ store }) => {
    await open(store, ...chainOf(3), 2);
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 1, scheduled: 0, leased: 0, dead: 0 },
    ]);
    const { ran, changes, deliveries } = await drain(store);
    assert.deepEqual(ran, ["g:0", "g:1", "g:2"]);
    assert.deepEqual(deliveries.get("g:0")?.part, { graph: "g" });
    const { input, ...rest } = deliveries.get("g:2")?.part ?? {};
    assert.deepEqual(rest, { graph: "g" });
    assert.deepEqual([input?.id, input?.state, input?.payload], ["g:1", "SUCCESS", "value of g:1"]);
    assert.deepEqual(changes, [{ id: "g", name: "form", state: "succeeded", parts: 3 }]);
  },

  "an input of 64 kB or more is left to be read": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    const { deliveries } = await drain(store, { "g:0": "x".repeat(65_536) });
    assert.deepEqual(deliveries.get("g:1")?.part, { graph: "g" });
  },

  "a message that is no part tells of none": async ({ store }) => {
    await open(store, [part(0)], [], 0);
    await store.sender.enqueue([message("plain")]);
    const { deliveries } = await drain(store);
    assert.equal("part" in (deliveries.get("plain") ?? {}), false);
  },

  "a group ends with a list by reference, and the record of its join tells who waits": async (harness) => {
    const { store } = harness;
    const members = [part(0, { list: "m" }), part(1, { list: "m" })];
    await open(store, [...members, join(2, [0, 1])], [list("m", { 2: "success" })], 2);
    assert.equal((await graphOf(store)).value, '["list",null,0,1]');
    const waiting = store.results.wait("g:2", new AbortController().signal);
    await drain(store);
    await harness.clock.advance(100);
    const record = await waiting;
    assert.deepEqual([record?.state, record?.payload], ["SUCCESS", '{"$source":["list",null,0,1]}']);
  },

  "an empty group succeeds at once, and a body behind it runs": async ({ store }) => {
    const parts = [join(0, [], { list: "j" }), part(1, { pending: 1 })];
    await open(store, parts, [list("j", { 1: "success" })], 1);
    assert.deepEqual((await drain(store)).ran, ["g:1"]);
    assert.equal((await graphOf(store)).state, "succeeded");
  },

  "a body behind a join runs once, after all members": async ({ store }) => {
    await open(store, ...chordOf(5), 6);
    const { ran } = await drain(store, {}, 2);
    assert.deepEqual(ran.slice(0, 5).sort(), ["g:0", "g:1", "g:2", "g:3", "g:4"]);
    assert.deepEqual(ran.slice(5), ["g:6"]);
  },

  "joins of joins end in their order": async ({ store }) => {
    const parts = [
      ...[0, 1].map((number) => part(number, { list: "a" })),
      ...[2, 3].map((number) => part(number, { list: "b" })),
      join(4, [0, 1], { list: "j" }),
      join(5, [2, 3], { list: "j" }),
      join(6, [4, 5], { pending: 2 }),
    ];
    await open(
      store,
      parts,
      [list("a", { 4: "success" }), list("b", { 5: "success" }), list("j", { 6: "success" })],
      6,
    );
    await drain(store);
    assert.equal((await graphOf(store)).state, "succeeded");
    assert.equal(await stateOfResult(store, "g:6"), "SUCCESS");
  },

  "progress counts parts with a task": async ({ store, clock }) => {
    await open(store, ...chordOf(3), 4);
    const record = {
      ...{ id: "g", name: "form", state: "running", size: 4, succeeded: 0, failed: 0, unrun: 0, open: 4 },
      ...{ createdAt: clock.now(), until: null, output: "g:4", value: null },
    };
    assert.deepEqual(await graphOf(store), record);
    const delivery = await claimOne(store);
    await store.consumer.settle([done(delivery)], null);
    assert.deepEqual(await graphOf(store), { ...record, succeeded: 1, open: 3 });
    await drain(store);
    const until = clock.now() + KEEP_MS;
    assert.deepEqual(await graphOf(store), { ...record, state: "succeeded", succeeded: 4, open: 0, until });
  },

  "a graph runs until its last part has ended, and tells of it once": {
    because: "its output is there for who waits, and its side parts go on",
    async run({ store }) {
      await open(store, [part(0, { list: "a" }), part(1, { pending: 1 })], [list("a", { 1: "success" })], 0);
      const first = await claimOne(store);
      const reply = await store.consumer.settle([done(first)], null);
      assert.equal("graphs" in reply, false);
      assert.equal((await graphOf(store)).state, "running");
      const { changes } = await drain(store, { "g:1": "fail" });
      assert.deepEqual(changes, [{ id: "g", name: "form", state: "succeeded", parts: 2 }]);
      assert.deepEqual(await drain(store), { ran: [], changes: [], deliveries: new Map() });
    },
  },

  "a claim in the same step takes what the settlement has released": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    const first = await claimOne(store);
    const request = { queues: ["q"], worker: "w", leaseMs: 1_000, max: 1 };
    const { claimed } = await store.consumer.settle([done(first)], request);
    assert.deepEqual(
      claimed?.deliveries.map(({ id }) => id),
      ["g:1"],
    );
  },

  "who listens hears of a part that begins": async (harness) => {
    const { store } = harness;
    const [[head, ...others], lists] = [...chainOf(2)];
    const tail = others.map((each) => ({ ...each, message: message(each.id, { queue: "other" }) }));
    const first = { ...head!, message: message("g:0") };
    const arrivals = await store.consumer.listen(["other"]);
    await open(store, [first, ...tail], lists, 1);
    await arrivals.wait(0, AbortSignal.abort());
    const delivery = await claimOne(store);
    const heard = arrivals.wait(60_000, new AbortController().signal);
    await store.consumer.settle([done(delivery)], null);
    await heard;
    await arrivals.close();
  },

  "countdown and expires of a part count from its release": async ({ store, clock }) => {
    const send = { eta: { inMs: 5_000 }, expires: { inMs: 8_000 } };
    const parts = [part(0, { list: "a" }), part(1, { pending: 1, send })];
    await open(store, parts, [list("a", { 1: "success" })], 1);
    await clock.advance(60_000);
    const first = await claimOne(store);
    await store.consumer.settle([done(first)], null);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(5_000);
    const { eta, expires } = await claimOne(store);
    assert.deepEqual([eta, expires], [clock.now(), clock.now() + 3_000]);
  },

  "a part that waits for its lock is blocked by it when it is released": async ({ store }) => {
    const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 1_000 };
    await store.sender.enqueue([message("holder", { lock, queue: "other" })]);
    const holder = await claimOne(store, { queues: ["other"] });
    await open(
      store,
      [part(0, { list: "a" }), part(1, { pending: 1, send: { lock } })],
      [list("a", { 1: "success" })],
      1,
    );
    await drain(store);
    assert.deepEqual(await claimIds(store), []);
    await store.consumer.settle([done(holder)], null);
    assert.deepEqual(await claimIds(store), ["g:1"]);
  },

  "blocked parts count in no queue, and are told as pending": async ({ store }) => {
    await open(store, ...chainOf(3), 2);
    const [counts] = await store.queues.counts();
    assert.equal(counts?.blocked, undefined);
    assert.equal(await stateOfResult(store, "g:2"), "PENDING");
  },

  "parts are told in pages, with their states and followers": async ({ store }) => {
    await open(store, ...chordOf(2), 3);
    await claimOne(store);
    const first = await store.graphs.parts("g", { limit: 3 });
    assert.deepEqual(first, [
      { id: "g:0", task: "tasks.t", state: "running", culprit: null, followers: ["g:2"] },
      { id: "g:1", task: "tasks.t", state: "waiting", culprit: null, followers: ["g:2"] },
      { id: "g:2", task: null, state: "blocked", culprit: null, followers: ["g:3"] },
    ]);
    assert.deepEqual(await store.graphs.parts("g", { limit: 3, after: "g:2" }), [
      { id: "g:3", task: "tasks.t", state: "blocked", culprit: null, followers: [] },
    ]);
    assert.equal(await store.graphs.parts("unknown", { limit: 3 }), null);
  },

  "graphs are listed newest first, in pages": async ({ store, clock }) => {
    for (const id of ["a", "b", "c"]) {
      const own = { ...part(0), id: `${id}:0`, message: message(`${id}:0`) };
      await store.graphs.open({ ...portion([own], [], 0), id, output: `${id}:0` });
      await clock.advance(1_000);
    }
    const ids = async (page: { limit: number; after?: string }) =>
      (await store.graphs.list(page)).map(({ id }) => id);
    assert.deepEqual(await ids({ limit: 2 }), ["c", "b"]);
    assert.deepEqual(await ids({ limit: 2, after: "b" }), ["a"]);
  },

  "an id with colons is a graph's, and a part's": async ({ store }) => {
    const id = "entry:2026-01-01T00:00:00Z";
    const [first, second] = [`${id}:0`, `${id}:1`];
    const parts = [
      { ...part(0, { list: "a" }), id: first, message: message(first) },
      { ...part(1, { pending: 1 }), id: second, message: message(second) },
    ];
    const edges = [{ to: second, kind: "success" }] as const;
    await store.graphs.open({ ...portion(parts, [{ key: "a", edges }], 1), id, output: second });
    const { ran, changes } = await drain(store);
    assert.deepEqual(ran, [first, second]);
    assert.deepEqual(changes, [{ id, name: "form", state: "succeeded", parts: 2 }]);
  },

  "outputs are records in order, at least one, and at most about 1 MB": async ({ store }) => {
    await open(store, ...chordOf(3), 4);
    await drain(store, { "g:0": "x".repeat(900_000), "g:1": "y".repeat(900_000) });
    const [first, ...others] = await store.graphs.outputs(["g:0", "g:1", "g:2"]);
    assert.equal(first?.payload?.length, 900_000);
    assert.deepEqual(others, []);
    const rest = await store.graphs.outputs(["g:2", "unknown", "g:4"]);
    assert.deepEqual(
      rest.map((record) => record?.payload),
      ["value of g:2", undefined, "value of g:4"],
    );
  },
});

export const openCases = group("graphs: open", {
  "nothing runs before the last portion": async ({ store }) => {
    const [parts, lists] = chordOf(3);
    assert.equal(await store.graphs.open(portion(parts.slice(0, 2), lists, 4, { seal: false })), "open");
    assert.deepEqual(await claimIds(store), []);
    assert.equal((await graphOf(store)).state, "open");
    assert.equal(await store.graphs.open(portion(parts.slice(2), [], 4)), "sealed");
    assert.deepEqual((await drain(store)).ran, ["g:0", "g:1", "g:2", "g:4"]);
  },

  "parts keep the age that they were sent with, and those that waited for others are as old as their release":
    async ({ store, clock }) => {
      const parts = [part(0, { list: "a" }), part(1), part(2, { pending: 1, send: { priority: 0 } })];
      const sentAt = clock.now();
      await store.graphs.open(portion(parts, [list("a", { 2: "success" })], 2, { seal: false }));
      await clock.advance(500);
      await store.sender.enqueue([message("between")]);
      assert.equal(await store.graphs.open(portion([], [], 2)), "sealed");
      await store.sender.enqueue([message("after")]);
      const first = await claimOne(store);
      assert.deepEqual([first.id, first.enqueuedAt], ["g:0", sentAt]);
      await store.consumer.settle([done(first)], null);
      assert.deepEqual(await claimIds(store, { max: 9 }), ["g:1", "between", "after", "g:2"]);
    },

  "a portion that comes twice is stored once": {
    because: "its answer may have been lost",
    async run({ store }) {
      const [parts, lists] = chordOf(3);
      const first = portion(parts.slice(0, 3), lists, 4, { seal: false });
      await store.graphs.open(first);
      assert.equal(await store.graphs.open(first), "open");
      const last = portion(parts.slice(3), [], 4);
      await store.graphs.open(last);
      assert.equal(await store.graphs.open(last), "duplicate");
      const [whole] = [await graphOf(store)];
      assert.deepEqual([whole.size, whole.open], [4, 4]);
      assert.deepEqual((await drain(store)).ran, ["g:0", "g:1", "g:2", "g:4"]);
      assert.deepEqual(Object.values(await statesOf(store)), Array(5).fill("succeeded"));
    },
  },

  "a portion changes nothing where those before it are lost, and all of them may come again": {
    because: "the store has gone back in time, and a graph without these parts would never be over",
    async run({ store }) {
      const [parts, lists] = chordOf(3);
      const first = portion(parts.slice(0, 2), lists, 4, { seal: false });
      const last = portion(parts.slice(2), [], 4, { before: 2 });
      assert.equal(await store.graphs.open(last), "behind");
      assert.deepEqual(await store.graphs.get(["g"]), [null]);
      await store.graphs.open(portion(parts.slice(0, 1), [], 4, { seal: false }));
      assert.equal(await store.graphs.open(last), "behind");
      assert.deepEqual(await claimIds(store), []);
      assert.equal(await store.graphs.open(first), "open");
      assert.equal(await store.graphs.open(last), "sealed");
      assert.equal(await store.graphs.open(last), "duplicate");
      assert.deepEqual((await drain(store)).ran, ["g:0", "g:1", "g:2", "g:4"]);
    },
  },

  "edges of one list may come in several portions": async ({ store }) => {
    const parts = [part(0, { list: "a" }), part(1, { pending: 1 }), part(2, { pending: 1 })];
    await store.graphs.open(portion(parts, [list("a", { 1: "success" })], 0, { seal: false }));
    await open(store, [], [list("a", { 2: "success" })], 0);
    assert.deepEqual((await drain(store)).ran, ["g:0", "g:1", "g:2"]);
  },

  "a graph that is sent again is a duplicate while its record is kept": async ({ store, clock }) => {
    await open(store, ...chainOf(2), 1);
    assert.equal(await store.graphs.open(portion(...chainOf(2), 1)), "duplicate");
    await drain(store);
    assert.equal(await store.graphs.open(portion(...chainOf(2), 1)), "duplicate");
    await clock.advance(KEEP_MS);
    assert.equal(await store.graphs.open(portion(...chainOf(2), 1)), "sealed");
    assert.deepEqual((await drain(store)).ran, ["g:0", "g:1"]);
  },

  "an unsealed graph is dropped an hour after its last portion": async ({ store, clock }) => {
    const [parts, lists] = chordOf(3);
    await store.graphs.open(portion(parts.slice(0, 2), lists, 4, { seal: false }));
    await clock.advance(UNSEALED_MS - 1);
    await store.graphs.open(portion(parts.slice(2, 3), [], 4, { seal: false }));
    await clock.advance(UNSEALED_MS - 1);
    await sweepAll(store);
    assert.equal((await graphOf(store)).state, "open");
    await clock.advance(1);
    assert.deepEqual(await store.graphs.get(["g"]), [null]);
    await sweepAll(store);
    assert.deepEqual(await store.results.get(["g:0"]), [null]);
    await open(store, ...chordOf(3), 4);
    assert.equal((await drain(store)).ran.length, 4);
  },

  "a part that was revoked before its graph was sealed ends when it would begin": async ({ store }) => {
    const [parts, lists] = chainOf(3);
    await store.graphs.open(portion(parts, [], 2, { seal: false }));
    await store.sender.revoke(["g:0"], { terminate: false, keepMs: HOUR_MS });
    await open(store, [], lists, 2);
    assert.deepEqual((await drain(store)).ran, []);
    assert.deepEqual(await statesOf(store), { 0: "revoked", 1: "unrun", 2: "unrun" });
  },

  "nobody is told of a graph that there is not": async ({ store }) => {
    assert.deepEqual(await store.graphs.get(["g"]), [null]);
    assert.equal(await store.graphs.cancel("g", { terminate: false }), "unknown");
    assert.equal(await store.graphs.resume("g"), "unknown");
    assert.equal(await store.graphs.save("g", null), "unknown");
    await store.graphs.forget("g");
    assert.deepEqual(await store.graphs.added("g", "m"), []);
    await keepHouse(store);
    assert.equal((await claim(store)).nextWakeAt, null);
  },
});

export const graphEdgeCases = edgeCases;
