/** Graphs beyond what one step does. */
import assert from "node:assert/strict";
import { FOLLOWED_AT_ONCE } from "../../../src/store/contracts/graphs.js";
import type { Store } from "../../../src/store/contracts/store.js";
import type { FollowerList, NewPart } from "../../../src/tasks/part.js";
import {
  chainOf,
  chordOf,
  drain,
  graphOf,
  join,
  KEEP_MS,
  keepHouse,
  list,
  part,
  portion,
  stateOfResult,
  sweepAll,
} from "./graph-samples.js";
import { group } from "./harness.js";
import { claim, claimAllIds, claimOne, done } from "./samples.js";

/** In portions of at most `FOLLOWED_AT_ONCE` parts, and as many edges of a list. */
export async function openLarge(
  store: Store,
  [parts, lists]: readonly [readonly NewPart[], readonly FollowerList[]],
  output: number,
): Promise<void> {
  const pieces = lists.flatMap(({ key, edges }) => chunks(edges).map((some) => ({ key, edges: some })));
  for (const some of chunks(pieces, 100)) await store.graphs.open(portion([], some, output, { seal: false }));
  for (const some of chunks(parts)) await store.graphs.open(portion(some, [], output, { seal: false }));
  assert.equal(await store.graphs.open(portion([], [], output)), "sealed");
}

function chunks<T>(all: readonly T[], size = FOLLOWED_AT_ONCE): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}

/** 0, then `size` parts, then one behind all of these. */
function fanOf(size: number): readonly [NewPart[], FollowerList[]] {
  const middle = Array.from({ length: size }, (_, at) => at + 1);
  return [
    [
      part(0, { list: "a" }),
      ...middle.map((number) => part(number, { pending: 1, list: "m" })),
      part(size + 1, { pending: size }),
    ],
    [
      { key: "a", edges: middle.map((number) => ({ to: `g:${number}`, kind: "success" })) },
      list("m", { [size + 1]: "success" }),
    ],
  ];
}

export const largeGraphCases = group("graphs: large", {
  "a fan of 1,200 is followed in portions, and others hear that there is more": async ({ store }) => {
    await openLarge(store, fanOf(1_200), 1_201);
    const first = await claimOne(store);
    const request = { queues: ["q"], worker: "w", leaseMs: 60_000, max: 0 };
    const { claimed } = await store.consumer.settle([done(first)], request);
    assert.equal(claimed?.nextWakeAt, claimed?.now);
    assert((await graphOf(store)).open === 1_201);
    const { claims } = await keepHouse(store);
    assert(claims >= 4 && claims <= 20, `${claims} claims`);
    const { ran } = await drain(store, {}, 500);
    assert.equal(ran.length, 1_201);
    assert.equal(ran.at(-1), "g:1201");
  },

  "a head that fails cuts 1,200 off, in portions": async ({ store }) => {
    await openLarge(store, fanOf(1_200), 1_201);
    const first = await claimOne(store);
    await store.consumer.settle([done(first, { state: "FAILURE", payload: "f" })], null);
    const { changes } = await keepHouse(store);
    assert.deepEqual(changes, [{ id: "g", name: "form", state: "failed", parts: 1_202 }]);
    const { failed, unrun, open: left } = await graphOf(store);
    assert.deepEqual([failed, unrun, left], [1, 1_201, 0]);
    assert.equal(await stateOfResult(store, "g:1201"), "REVOKED upstream");
  },

  "more starters than a step may start begin in portions": async ({ store }) => {
    await openLarge(store, chordOf(1_300), 1_301);
    assert.equal((await claimAllIds(store)).length, 1_300);
  },

  "one that has begun by an arrival is not begun again": async ({ store }) => {
    const starters = Array.from({ length: 2_600 }, (_, at) => part(at, at === 0 ? { list: "a" } : {}));
    const send = { priority: 9 };
    const lists = [list("a", { 2600: "success" })];
    await openLarge(store, [[...starters, part(2_600, { pending: 1, send })], lists], 2_600);
    const first = await claimOne(store);
    assert.equal(first.id, "g:0");
    await store.consumer.settle([done(first)], null);
    const early = await claimOne(store);
    assert.equal(early.id, "g:2600");
    await keepHouse(store);
    assert.deepEqual((await store.consumer.settle([done(early)], null)).outcomes, ["settled"]);
    const { ran } = await drain(store, {}, 500);
    assert.equal(ran.length, 2_599);
  },

  "a graph that waits for housekeeping does not keep another one waiting": async ({ store }) => {
    await openLarge(store, chainOf(3_000), 2_999);
    const [head] = (await claim(store, { max: 1 })).deliveries;
    assert(head);
    await store.consumer.settle([done(head, { state: "FAILURE", payload: "f" })], null);
    const parts = [
      { ...part(0, { list: "a" }), id: "h:0" },
      { ...part(1, { pending: 1 }), id: "h:1" },
    ].map((each) => ({ ...each, message: { ...each.message!, id: each.id } }));
    const lists = [{ key: "a", edges: [{ to: "h:1", kind: "success" as const }] }];
    await store.graphs.open({ ...portion(parts, lists, 1), id: "h", output: "h:1" });
    const other = await claimOne(store);
    assert.equal(other.id, "h:0");
    await store.consumer.settle([done(other)], null);
    assert.equal((await claimOne(store)).id, "h:1");
  },

  "a chain of 10,000 whose head fails ends in portions": async ({ store }) => {
    await openLarge(store, chainOf(10_000), 9_999);
    const head = await claimOne(store);
    await store.consumer.settle([done(head, { state: "FAILURE", payload: "f" })], null);
    const { claims } = await keepHouse(store);
    assert(claims >= 10, `${claims} claims`);
    const { failed, unrun, open: left, state } = await graphOf(store);
    assert.deepEqual([failed, unrun, left, state], [1, 9_999, 0, "failed"]);
    const [last] = await store.results.get(["g:9999"]);
    assert.equal(last?.payload, '"g:0"');
  },

  "10,000 into 10,000 go through a join": async ({ store }) => {
    const size = 10_000;
    const members = Array.from({ length: size }, (_, at) => at);
    const followers = members.map((number) => size + 1 + number);
    const parts = [
      ...members.map((number) => part(number, { list: "m" })),
      join(size, members, { list: "j", value: '["list",null]' }),
      ...followers.map((number) => part(number, { pending: 1 })),
    ];
    const edges = followers.map((number) => ({ to: `g:${number}`, kind: "success" as const }));
    await openLarge(store, [parts, [list("m", { [size]: "success" }), { key: "j", edges }]], size);
    const { ran, changes } = await drain(store, {}, 500);
    assert.equal(ran.length, 2 * size);
    assert.equal(new Set(ran).size, 2 * size);
    assert.deepEqual(changes, [{ id: "g", name: "form", state: "succeeded", parts: 20_000 }]);
  },

  "a cancel of 3,000 is done in portions, and nothing begins meanwhile": async ({ store }) => {
    await openLarge(store, chordOf(3_000), 3_001);
    await keepHouse(store);
    await store.graphs.cancel("g", { terminate: false });
    assert.deepEqual((await drain(store, {}, 10)).ran, []);
    const { unrun, open: left } = await graphOf(store);
    assert.deepEqual([unrun, left], [3_001, 0]);
  },

  "a graph of 3,000 that is forgotten begins no part any more": async ({ store }) => {
    await openLarge(store, chordOf(3_000), 3_001);
    await keepHouse(store);
    await store.graphs.forget("g");
    assert.deepEqual((await drain(store, {}, 10)).ran, []);
    assert.deepEqual(await store.queues.counts(), []);
  },

  "a resume of 2,000 begins nothing before all are counted": async ({ store }) => {
    await openLarge(store, chordOf(2_000), 2_001);
    const ways = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`g:${at}`, "fail"] as const));
    await drain(store, ways, 500);
    await store.graphs.resume("g");
    const { deliveries, nextWakeAt, now } = await claim(store, { max: 10 });
    assert.deepEqual([deliveries, nextWakeAt], [[], now]);
    assert.equal(await store.graphs.resume("g"), "refused");
    const { ran, changes } = await drain(store, {}, 500);
    assert.equal(ran.length, 2_001);
    assert.equal(ran.at(-1), "g:2001");
    assert.deepEqual(changes, [{ id: "g", name: "form", state: "succeeded", parts: 2_001 }]);
  },

  "old arrivals do not meet a part that a resume has opened": {
    because: "what is left of a line goes before the resume",
    async run({ store }) {
      const size = 1_100;
      const numbers = Array.from({ length: size }, (_, at) => at + 1);
      const followers = numbers.map((number) => part(number, { pending: 1 }));
      // The last that hear of the head are the first that a resume opens.
      const edges = [...numbers].reverse().map((number) => ({ to: `g:${number}`, kind: "any" as const }));
      await openLarge(store, [[part(0, { list: "a" }), ...followers], [{ key: "a", edges }]], 0);
      const head = await claimOne(store);
      await store.consumer.settle([done(head, { state: "FAILURE", payload: "f" })], null);
      await store.queues.purge(["q"]);
      await store.sender.revoke(
        numbers.map((number) => `g:${number}`),
        { terminate: false, keepMs: 0 },
      );
      const { open: left, state } = await graphOf(store);
      assert.deepEqual([left, state], [0, "failed"]);
      assert.equal(await store.graphs.resume("g"), "resumed");
      const { ran } = await drain(store, {}, 500);
      assert.equal(ran[0], "g:0");
      assert.deepEqual([ran.length, new Set(ran).size], [size + 1, size + 1]);
      assert.equal((await graphOf(store)).succeeded, size + 1);
    },
  },

  "a graph of 2,000 is dropped in portions, with all it has": async ({ store, clock }) => {
    await openLarge(store, fanOf(2_000), 2_001);
    await drain(store, {}, 500);
    await clock.advance(KEEP_MS);
    assert((await store.sweep(300)) <= 300);
    await sweepAll(store);
    assert.deepEqual(await store.graphs.outputs(["g:0", "g:2001"]), [null, null]);
    assert.equal(await store.sweep(500), 0);
  },
});
