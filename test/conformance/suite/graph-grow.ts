/** Graphs: what runs add to them, and put in their own place. */
import assert from "node:assert/strict";
import type { Growth } from "../../../src/tasks/part.js";
import type { Overlap } from "../../../src/store/contracts/entries.js";
import {
  chainOf,
  chordOf,
  drain,
  graphOf,
  keepHouse,
  list,
  open,
  part,
  stateOfResult,
  statesOf,
  sweepAll,
} from "./graph-samples.js";
import { group } from "./harness.js";
import { claim, claimIds, claimOne, done, HOUR_MS, LEASE_MS, message } from "./samples.js";
import { entry, putAll } from "./entry-samples.js";

/** Run `of` adds so many members to the group of list "m". */
export function adds(of: string, count: number): Growth {
  const ids = Array.from({ length: count }, (_, number) => `${of}/${number}`);
  return {
    parts: ids.map((id) => part(id, { list: "m" })),
    lists: [],
    output: null,
    added: { list: "m", outputs: ids.map((id) => `g:${id}`), values: ids.map((id) => JSON.stringify(id)) },
  };
}

/** Run `of` of graph `g` is replaced by a chain of two. */
export function chainInstead(of: string, graph = "g"): Growth {
  const whole = (number: number): string => (of === "" ? `${graph}:${number}` : `${graph}:${of}/${number}`);
  const key = (number: number): string => (of === "" ? String(number) : `${of}/${number}`);
  const self = of === "" ? graph : `${graph}:${of}`;
  const first = { ...part(0, { list: key(0), takers: 1 }), id: whole(0), message: message(whole(0)) };
  const inputs = [whole(0)];
  const second = {
    ...part(1, { list: key(1), pending: 1, inputs }),
    id: whole(1),
    message: message(whole(1)),
  };
  return {
    parts: [first, second],
    lists: [
      { key: key(0), edges: [{ to: whole(1), kind: "success" }] },
      { key: key(1), edges: [{ to: self, kind: "replace" }] },
    ],
    output: whole(1),
    added: null,
  };
}

export const growCases = group("graphs: grow", {
  "the body waits for what members add": async ({ store }) => {
    await open(store, ...chordOf(2), 3);
    const { ran } = await drain(
      store,
      { "g:0": { grow: adds("0", 2) }, "g:0/1": { grow: adds("0/1", 1) } },
      1,
    );
    assert.deepEqual(ran.at(-1), "g:3");
    assert.deepEqual([...ran].sort(), ["g:0", "g:0/0", "g:0/1", "g:0/1/0", "g:1", "g:3"]);
    assert.deepEqual(await store.graphs.added("g", "m"), ['"0/0"', '"0/1"', '"0/1/0"']);
    const { size, succeeded, open: left, state } = await graphOf(store);
    assert.deepEqual([size, succeeded, left, state], [6, 6, 0, "succeeded"]);
  },

  "error callbacks wait for what members add, too": async ({ store }) => {
    const members = [part(0, { list: "m" })];
    const lists = [list("m", { 1: "success", 2: "failure" })];
    await open(store, [...members, part(1, { pending: 1 }), part(2, { pending: 1 })], lists, 1);
    const { ran } = await drain(store, { "g:0": { grow: adds("0", 1) }, "g:0/0": "fail" });
    assert.deepEqual(ran, ["g:0", "g:0/0", "g:2"]);
    assert.deepEqual(await statesOf(store), { 0: "succeeded", 1: "unrun", 2: "succeeded", "0/0": "failed" });
  },

  "a run that fails adds nothing": async ({ store }) => {
    await open(store, ...chordOf(2), 3);
    const first = await claimOne(store);
    const failure = { state: "FAILURE", payload: "f" };
    await store.consumer.settle([{ ...done(first, failure), grow: adds("0", 2) }], null);
    assert.deepEqual((await drain(store)).ran, ["g:1"]);
    assert.deepEqual(await store.graphs.added("g", "m"), []);
  },

  "a run whose token is lost adds nothing, and replaces nothing": async ({ store, clock }) => {
    await open(store, ...chordOf(2), 3);
    const [first, second] = (await claim(store, { max: 2 })).deliveries;
    assert(first && second);
    await clock.advance(LEASE_MS);
    const again = await claim(store);
    const late = [
      { ...done(first), grow: adds("0", 2) },
      { ...done(second, null), kind: "replaced", grow: chainInstead("1") } as const,
    ];
    assert.deepEqual((await store.consumer.settle(late, null)).outcomes, ["lost", "lost"]);
    assert.equal((await graphOf(store)).size, 3);
    await store.consumer.settle(
      again.deliveries.map((delivery) => done(delivery)),
      null,
    );
    assert.deepEqual((await drain(store)).ran, ["g:3"]);
  },

  "what is settled twice grows once": async ({ store }) => {
    await open(store, ...chordOf(1), 2);
    const first = await claimOne(store);
    const grown = { ...done(first), grow: adds("0", 1) };
    assert.deepEqual((await store.consumer.settle([grown, grown], null)).outcomes, ["settled", "lost"]);
    assert.deepEqual((await drain(store)).ran, ["g:0/0", "g:2"]);
  },

  "a part that replaces itself ends as what is in its place": async ({ store }) => {
    await open(store, ...chainOf(3), 2);
    const first = await drain(store, { "g:0": "one", "g:1": { grow: chainInstead("1") }, "g:1/1": "two" });
    assert.deepEqual(first.ran, ["g:0", "g:1", "g:1/0", "g:1/1", "g:2"]);
    assert.equal(first.deliveries.get("g:2")?.part?.input?.payload, "two");
    assert.equal((await store.results.get(["g:1"]))[0]?.payload, "two");
    assert.deepEqual(await statesOf(store), {
      ...{ 0: "succeeded", 1: "succeeded", 2: "succeeded" },
      ...{ "1/0": "succeeded", "1/1": "succeeded" },
    });
  },

  "it waits until then, and cannot be taken": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    const first = await claimOne(store);
    await store.consumer.settle([{ ...done(first, null), kind: "replaced", grow: chainInstead("0") }], null);
    const states = await statesOf(store);
    assert.deepEqual([states["0"], states["1"]], ["waiting", "blocked"]);
    assert.deepEqual(await claimIds(store), ["g:0/0"]);
  },

  "it fails as what is in its place does": async ({ store }) => {
    const [parts, lists] = chainOf(2);
    const callback = [...lists[0]!.edges, { to: "g:2", kind: "failure" } as const];
    await open(store, [...parts, part(2, { pending: 1 })], [{ key: "0", edges: callback }], 1);
    const { ran } = await drain(store, { "g:0": { grow: chainInstead("0") }, "g:0/1": "fail" });
    assert.deepEqual(ran, ["g:0", "g:0/0", "g:0/1", "g:2"]);
    assert.equal((await store.results.get(["g:0"]))[0]?.payload, "failure of g:0/1");
    const states = await statesOf(store);
    assert.deepEqual([states["0"], states["1"]], ["failed", "unrun"]);
  },

  "it is unrun when what is in its place cannot run": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    await drain(store, { "g:0": { grow: chainInstead("0") }, "g:0/0": "fail" });
    assert.equal(await stateOfResult(store, "g:0"), "REVOKED upstream");
    const parts = await store.graphs.parts("g", { limit: 9 });
    assert.deepEqual(parts?.find(({ id }) => id === "g:1")?.culprit, "g:0/0");
  },

  "what replaces itself may replace itself again": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    const again = { parts: [part("0/1/0", { list: "0/1/0" })], lists: [list("0/1/0", { "0/1": "replace" })] };
    const { ran } = await drain(store, {
      "g:0": { grow: chainInstead("0") },
      "g:0/1": { grow: { ...again, output: "g:0/1/0", added: null } },
      "g:0/1/0": "deep",
    });
    assert.deepEqual(ran, ["g:0", "g:0/0", "g:0/1", "g:0/1/0", "g:1"]);
    assert.equal((await store.results.get(["g:0"]))[0]?.payload, "deep");
  },

  "a resume runs what failed in its place, and not itself": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    await drain(store, { "g:0": { grow: chainInstead("0") }, "g:0/1": "fail" });
    assert.equal(await store.graphs.resume("g"), "resumed");
    assert.deepEqual((await drain(store)).ran, ["g:0/1", "g:1"]);
    assert.equal((await graphOf(store)).state, "succeeded");
  },

  'errors: "cancel" reaches what grew from members': async ({ store }) => {
    const [parts, lists] = chordOf(3);
    await open(store, parts, [{ ...lists[0]!, cancels: [{ from: 0, to: 3 }] }, lists[1]!], 4);
    const [first, second, third] = (await claim(store, { max: 3 })).deliveries;
    assert(first && second && third);
    await store.consumer.settle([{ ...done(first), grow: adds("0", 2) }], null);
    await store.consumer.settle([{ ...done(third, null), kind: "replaced", grow: chainInstead("2") }], null);
    await store.consumer.settle([done(second, { state: "FAILURE", payload: "f" })], null);
    await keepHouse(store);
    assert.deepEqual(await claimIds(store), []);
    const states = await statesOf(store);
    assert.deepEqual([states["0/0"], states["0/1"], states["2/0"]], ["revoked", "revoked", "revoked"]);
    assert.match(String(states["2"]), /^(revoked|unrun)$/);
    assert.equal((await graphOf(store)).open, 0);
  },
});

const QUEUE_ONE: Overlap = { policy: "queue-one", timeoutMs: null, graceMs: 0 };

/** A run of entry "e". */
const RUN = "e:2026-01-01T00:00:00Z";

export const ownGraphCases = group("graphs: of a run", {
  "a message that replaces itself becomes a graph of its id": async ({ store, clock }) => {
    await store.sender.enqueue([message("solo")]);
    const first = await claimOne(store);
    const settled = { ...done(first, null), kind: "replaced", grow: chainInstead("", "solo") } as const;
    const { graphs } = await store.consumer.settle([settled], null);
    assert.deepEqual(graphs, [{ id: "solo", name: "tasks.t", state: "running", parts: 1 }]);
    const { id, size, open: left, output, value } = await graphOf(store, "solo");
    assert.deepEqual([id, size, left, output, value], ["solo", 3, 3, "solo", null]);
    const { ran, changes, deliveries } = await drain(store, { "solo:1": "end" });
    assert.deepEqual(ran, ["solo:0", "solo:1"]);
    assert.equal(deliveries.get("solo:1")?.part?.graph, "solo");
    assert.deepEqual(changes, [{ id: "solo", name: "tasks.t", state: "succeeded", parts: 3 }]);
    assert.equal((await store.results.get(["solo"]))[0]?.payload, "end");
    await clock.advance(HOUR_MS);
    await sweepAll(store);
    assert.deepEqual(await store.graphs.get(["solo"]), [null]);
    assert.deepEqual(await store.results.get(["solo", "solo:0", "solo:1"]), [null, null, null]);
    assert.deepEqual(await store.queues.counts(), []);
  },

  "it does not expire while it waits for what is in its place": async ({ store, clock }) => {
    await store.sender.enqueue([message("solo", { expires: { inMs: 1_000 } })]);
    const first = await claimOne(store);
    await store.consumer.settle(
      [{ ...done(first, null), kind: "replaced", grow: chainInstead("", "solo") }],
      null,
    );
    await clock.advance(2_000);
    assert.equal(await stateOfResult(store, "solo"), "PENDING");
    await drain(store);
    assert.equal(await stateOfResult(store, "solo"), "SUCCESS");
  },

  "one that was to stop ends as revoked, and nothing grows": async ({ store }) => {
    await store.sender.enqueue([message("solo")]);
    const first = await claimOne(store);
    await store.sender.revoke(["solo"], { terminate: false, keepMs: HOUR_MS });
    await store.consumer.settle(
      [{ ...done(first, null), kind: "replaced", grow: chainInstead("", "solo") }],
      null,
    );
    assert.equal(await stateOfResult(store, "solo"), "REVOKED revoked");
    assert.deepEqual((await drain(store)).ran, []);
    assert.deepEqual(await store.graphs.get(["solo"]), [null]);
  },

  "revoking it revokes its graph": async ({ store }) => {
    await store.sender.enqueue([message("solo")]);
    const first = await claimOne(store);
    await store.consumer.settle(
      [{ ...done(first, null), kind: "replaced", grow: chainInstead("", "solo") }],
      null,
    );
    await store.sender.revoke(["solo"], { terminate: false, keepMs: HOUR_MS });
    assert.equal(await stateOfResult(store, "solo"), "REVOKED revoked");
    const { ran, changes } = await drain(store);
    assert.deepEqual(ran, []);
    assert.deepEqual(changes, [{ id: "solo", name: "tasks.t", state: "revoked", parts: 3 }]);
    assert.equal((await graphOf(store, "solo")).open, 0);
  },

  "a run of an entry is unfinished until its graph has ended": {
    because: "overlap holds over the whole graph",
    async run({ store }) {
      await putAll(store, entry("e", null));
      await store.entries.trigger("e", message(RUN), null);
      const first = await claimOne(store);
      assert.equal(first.id, RUN);
      await store.consumer.settle(
        [{ ...done(first, null), kind: "replaced", grow: chainInstead("", RUN) }],
        null,
      );
      assert.equal((await store.entries.get(["e"]))[0]?.unfinished, 1);
      assert.equal(await store.entries.trigger("e", message("next"), QUEUE_ONE), "buffered");
      assert.deepEqual((await drain(store)).ran, [`${RUN}:0`, `${RUN}:1`, "next"]);
      assert.equal((await store.entries.get(["e"]))[0]?.unfinished, 0);
    },
  },

  "revoking it lets the next run of its entry go": async ({ store }) => {
    await putAll(store, entry("e", null));
    await store.entries.trigger("e", message(RUN), null);
    const first = await claimOne(store);
    await store.consumer.settle(
      [{ ...done(first, null), kind: "replaced", grow: chainInstead("", RUN) }],
      null,
    );
    assert.equal(await store.entries.trigger("e", message("next"), QUEUE_ONE), "buffered");
    await store.sender.revoke([RUN], { terminate: true, keepMs: HOUR_MS });
    assert.deepEqual(await claimIds(store), ["next"]);
  },

  "a failed graph of a run ends it, and may be resumed": async ({ store }) => {
    await putAll(store, entry("e", null));
    await store.entries.trigger("e", message(RUN), null);
    await drain(store, { [RUN]: { grow: chainInstead("", RUN) }, [`${RUN}:0`]: "fail" });
    assert.equal((await store.entries.get(["e"]))[0]?.unfinished, 0);
    assert.equal(await stateOfResult(store, RUN), "REVOKED upstream");
    assert.equal(await store.graphs.resume(RUN), "resumed");
    await drain(store, { [`${RUN}:1`]: "end" });
    assert.equal((await store.results.get([RUN]))[0]?.payload, "end");
  },

  "a newer run that cancels it stops its graph": async ({ store }) => {
    await putAll(store, entry("e", null));
    await store.entries.trigger("e", message(RUN), null);
    const first = await claimOne(store);
    await store.consumer.settle(
      [{ ...done(first, null), kind: "replaced", grow: chainInstead("", RUN) }],
      null,
    );
    const overlap: Overlap = { policy: "cancel-running", timeoutMs: null, graceMs: 1_000 };
    assert.equal(await store.entries.trigger("e", message("next"), overlap), "sent");
    assert.deepEqual((await drain(store)).ran, ["next"]);
    assert.equal((await graphOf(store, RUN)).state, "revoked");
  },

  "an id that has become a graph before becomes one again": async ({ store }) => {
    for (const value of ["first", "second"]) {
      await store.sender.enqueue([message("solo")]);
      await drain(store, { solo: { grow: chainInstead("", "solo") }, "solo:1": value });
      assert.equal((await store.results.get(["solo"]))[0]?.payload, value);
      await store.results.forget(["solo"]);
    }
  },
});
