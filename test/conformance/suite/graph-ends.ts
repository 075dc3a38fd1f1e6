/** Graphs: the ways in which a part ends, and what follows. */
import assert from "node:assert/strict";
import {
  chainOf,
  chordOf,
  drain,
  graphOf,
  join,
  keepHouse,
  list,
  open,
  part,
  stateOfResult,
  statesOf,
} from "./graph-samples.js";
import { type ConformanceCase, group, type Harness } from "./harness.js";
import {
  claim,
  claimIds,
  claimOne,
  dead,
  done,
  HOUR_MS,
  LEASE_MS,
  lost,
  message,
  workerLost,
} from "./samples.js";

interface End {
  readonly because: string;
  readonly head?: Parameters<typeof part>[1];
  readonly state: string;
  readonly result: string;
  /** Ends part 0, which has begun. */
  readonly by: (harness: Harness) => Promise<void>;
}

const lock = { name: "l", capacity: 1, waitTimeoutMs: 5_000, reserveMs: 1_000 };

/** Each ends the head of a chain of three without a settlement of its worker. */
const ENDS: Readonly<Record<string, End>> = {
  "that expires while it waits": {
    because: "a claim drops it",
    head: { send: { expires: { inMs: 1_000 } } },
    state: "revoked",
    result: "REVOKED expired",
    by: ({ clock }) => clock.advance(1_000),
  },
  "whose queue is purged": {
    because: "an operator may drop what waits",
    state: "revoked",
    result: "REVOKED revoked",
    by: async ({ store }) => assert.equal(await store.queues.purge(["q"]), 1),
  },
  "that is revoked while it waits": {
    because: "it is dropped at once",
    state: "revoked",
    result: "REVOKED revoked",
    by: async ({ store }) => void (await store.sender.revoke(["g:0"], { terminate: false, keepMs: HOUR_MS })),
  },
  "that is revoked in a worker's hands, and comes back": {
    because: "the claim that would take it drops it",
    state: "revoked",
    result: "REVOKED revoked",
    by: async ({ store }) => {
      const delivery = await claimOne(store);
      await store.sender.revoke(["g:0"], { terminate: false, keepMs: HOUR_MS });
      await store.consumer.giveBack([delivery]);
    },
  },
  "whose deliveries are exhausted": {
    because: "a worker that dies settles nothing",
    head: { send: { maxDeliveries: 1 } },
    state: "failed",
    result: "FAILURE deliveries-exhausted",
    by: async ({ store, clock }) => {
      await claimOne(store);
      await clock.advance(LEASE_MS);
    },
  },
  "whose last run is lost": {
    because: "there is nothing that would run it once more",
    head: { send: { maxDeliveries: 1 } },
    state: "failed",
    result: "FAILURE worker-lost",
    by: async ({ store }) => {
      const result = { ...workerLost, reason: "worker-lost" };
      await store.consumer.settle([lost(await claimOne(store), result)], null);
      assert.equal((await store.deadLetters.list({ limit: 2 })).letters.length, 1);
    },
  },
  "that waits too long for its lock": {
    because: "it ends where it is blocked",
    head: { send: { lock } },
    state: "failed",
    result: "FAILURE lock-timeout",
    by: async ({ clock }) => clock.advance(5_000),
  },
};

const endCases: ConformanceCase[] = Object.entries(ENDS).map(([name, end]) => ({
  group: "graphs: ends",
  name: `what follows one ${name} is not run, and its error callback is`,
  because: end.because,
  async run(harness) {
    const { store } = harness;
    await store.sender.enqueue([message("holder", { lock, queue: "other" })]);
    await claimOne(store, { queues: ["other"], leaseMs: HOUR_MS });
    const [[head, ...tail], lists] = chainOf(3);
    const { list: own, takers } = head!;
    const callback = part(3, { pending: 3, list: null });
    const both = lists.map(({ key, edges }) => ({
      key,
      edges: [...edges, { to: "g:3", kind: "failure" } as const],
    }));
    const last = [...tail].map((each, at) => (at === 1 ? { ...each, list: "2" } : each));
    await open(
      store,
      [part(0, { list: own, takers, ...end.head }), ...last, callback],
      [...both, list("2", { 3: "failure" })],
      2,
    );
    await end.by(harness);
    const { ran, deliveries, changes } = await drain(store);
    assert.deepEqual(ran, ["g:3"]);
    assert.deepEqual(await statesOf(store), { 0: end.state, 1: "unrun", 2: "unrun", 3: "succeeded" });
    assert.equal(await stateOfResult(store, "g:0"), end.result);
    const { culprit, input, graph } = deliveries.get("g:3")?.part ?? {};
    assert.deepEqual([culprit?.task, culprit?.result.id, input, graph], ["tasks.t", "g:0", undefined, "g"]);
    assert.equal(`${culprit?.result.state} ${culprit?.result.reason}`, end.result);
    assert.deepEqual(changes, [{ id: "g", name: "form", state: "failed", parts: 4 }]);
    const [unrun] = await store.results.get(["g:2"]);
    assert.deepEqual([unrun?.state, unrun?.reason, unrun?.payload], ["REVOKED", "upstream", '"g:0"']);
    const parts = await store.graphs.parts("g", { limit: 10 });
    assert.deepEqual(
      parts?.map(({ culprit: of }) => of),
      [null, "g:0", "g:0", null],
    );
    const { size, succeeded, failed, unrun: missing, open: left, state } = await graphOf(store);
    const isFailed = end.state === "failed" ? 1 : 0;
    assert.deepEqual(
      [size, succeeded, failed, missing, left, state],
      [4, 1, isFailed, 3 - isFailed, 0, "failed"],
    );
  },
}));

export const graphEndCases = [
  ...endCases,
  ...group("graphs: ends", {
    "a retry keeps the graph waiting": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      const first = await claimOne(store);
      await store.consumer.settle([{ ...done(first), kind: "retry", delayMs: 0, result: null }], null);
      assert.deepEqual((await drain(store)).ran, ["g:0", "g:1"]);
    },

    "a run that is lost keeps the graph waiting": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      await store.consumer.settle([lost(await claimOne(store))], null);
      assert.deepEqual((await drain(store)).ran, ["g:0", "g:1"]);
    },

    "a settlement of a lost token counts nothing": {
      because: "a worker that was thought lost must not let the body begin",
      async run({ store, clock }) {
        await open(store, ...chordOf(2), 3);
        const [lost, other] = (await claim(store, { max: 2 })).deliveries;
        assert(lost && other);
        await clock.advance(LEASE_MS);
        const again = await claimOne(store);
        const { outcomes } = await store.consumer.settle([done(lost), done(other)], null);
        assert.deepEqual(outcomes, ["lost", "lost"]);
        assert.equal((await graphOf(store)).succeeded, 0);
        await store.consumer.settle([done(again), done(again)], null);
        assert.equal((await graphOf(store)).succeeded, 1);
        assert.deepEqual((await drain(store)).ran.length, 2);
      },
    },

    "a settlement that comes twice counts once": async ({ store }) => {
      await open(store, ...chordOf(2), 3);
      const first = await claimOne(store);
      assert.deepEqual((await store.consumer.settle([done(first)], null)).outcomes, ["settled"]);
      assert.deepEqual((await store.consumer.settle([done(first)], null)).outcomes, ["lost"]);
      const second = await claimOne(store);
      assert.equal(second.id, "g:1");
      assert.deepEqual(await claimIds(store), []);
    },

    "of two failures in one call the first is the culprit": async ({ store }) => {
      const members = [0, 1].map((number) => part(number, { list: "m" }));
      const lists = [list("m", { 2: "success", 3: "failure" })];
      await open(store, [...members, part(2, { pending: 2 }), part(3, { pending: 2 })], lists, 2);
      const { ran, deliveries } = await drain(store, { "g:0": "fail", "g:1": "fail" });
      assert.deepEqual(ran, ["g:0", "g:1", "g:3"]);
      assert.equal(deliveries.get("g:3")?.part?.culprit?.result.id, "g:0");
      assert.deepEqual((await store.results.get(["g:2"]))[0]?.payload, '"g:0"');
    },

    "an error callback that fails calls nobody": async ({ store }) => {
      await open(store, [part(0, { list: "a" }), part(1, { pending: 1 })], [list("a", { 1: "failure" })], 0);
      const { ran, changes } = await drain(store, { "g:0": "fail", "g:1": "fail" });
      assert.deepEqual(ran, ["g:0", "g:1"]);
      assert.deepEqual(changes, [{ id: "g", name: "form", state: "failed", parts: 2 }]);
    },

    "what hangs on an error callback that was not needed is not needed either, by whatever edge": async ({
      store,
    }) => {
      const waiting = [1, 2, 3, 4].map((number) =>
        part(number, { pending: 1, list: number === 1 ? "b" : null }),
      );
      const lists = [list("a", { 1: "failure" }), list("b", { 2: "success", 3: "any", 4: "failure" })];
      await open(store, [part(0, { list: "a" }), ...waiting], lists, 0);
      const { ran, changes } = await drain(store);
      assert.deepEqual(ran, ["g:0"]);
      assert.deepEqual(changes, [{ id: "g", name: "form", state: "succeeded", parts: 5 }]);
      assert.deepEqual(await statesOf(store), {
        ...{ 0: "succeeded", 1: "unrun", 2: "unrun", 3: "unrun", 4: "unrun" },
      });
    },

    "members run on when one has failed": async ({ store }) => {
      await open(store, ...chordOf(3), 4);
      const { ran } = await drain(store, { "g:0": "fail" });
      assert.deepEqual(ran, ["g:0", "g:1", "g:2"]);
      assert.deepEqual(await statesOf(store), {
        0: "failed",
        1: "succeeded",
        2: "succeeded",
        3: "unrun",
        4: "unrun",
      });
    },

    'with errors: "cancel" members that have not begun are revoked, and the others told to stop': async ({
      store,
    }) => {
      const [parts, lists] = chordOf(5);
      const cancels = [{ from: 0, to: 5 }];
      await open(store, parts, [{ ...lists[0]!, cancels }, lists[1]!], 6);
      const [first, second] = (await claim(store, { max: 2 })).deliveries;
      assert(first && second);
      await store.consumer.settle([done(first, { state: "FAILURE", payload: "f" })], null);
      await keepHouse(store);
      assert.deepEqual(await claimIds(store), []);
      assert.deepEqual(await store.consumer.heartbeat([second], LEASE_MS), ["revoked"]);
      const { graphs } = await store.consumer.settle([done(second)], null);
      assert.deepEqual(graphs, [{ id: "g", name: "form", state: "failed", parts: 6 }]);
      assert.deepEqual(await statesOf(store), {
        ...{ 0: "failed", 1: "succeeded", 2: "revoked", 3: "revoked", 4: "revoked" },
        ...{ 5: "unrun", 6: "unrun" },
      });
    },

    "a group that was cancelled next to another leaves that one alone": async ({ store }) => {
      const lists = [list("m", {}, [{ from: 0, to: 2 }])];
      await open(store, [part(0, { list: "m" }), part(1, { list: "m" }), part(2)], lists, 2);
      const first = await claimOne(store);
      await store.consumer.settle([done(first, { state: "FAILURE", payload: "f" })], null);
      assert.deepEqual((await drain(store)).ran, ["g:2"]);
      assert.deepEqual(await statesOf(store), { 0: "failed", 1: "revoked", 2: "succeeded" });
    },

    "revoking one blocked part ends what needs it, and nothing else": async ({ store }) => {
      const parts = [
        part(0, { list: "a" }),
        part(1, { pending: 1, list: "b" }),
        part(2, { pending: 1 }),
        part(3, { pending: 1 }),
      ];
      await open(store, parts, [list("a", { 1: "success", 3: "success" }), list("b", { 2: "success" })], 2);
      await store.sender.revoke(["g:1"], { terminate: false, keepMs: HOUR_MS });
      assert.equal(await stateOfResult(store, "g:1"), "REVOKED revoked");
      assert.deepEqual((await drain(store)).ran, ["g:0", "g:3"]);
      assert.deepEqual(await statesOf(store), { 0: "succeeded", 1: "revoked", 2: "unrun", 3: "succeeded" });
    },

    "revoking a part that has ended changes nothing": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      await drain(store, { "g:0": "fail" });
      await store.sender.revoke(["g:0", "g:1"], { terminate: true, keepMs: HOUR_MS });
      assert.equal(await stateOfResult(store, "g:1"), "REVOKED upstream");
      assert.deepEqual(await statesOf(store), { 0: "failed", 1: "unrun" });
    },

    "a part whose countdown runs may be revoked": async ({ store }) => {
      await open(store, [part(0, { send: { eta: { inMs: 5_000 } } })], [], 0);
      await store.sender.revoke(["g:0"], { terminate: false, keepMs: HOUR_MS });
      assert.equal((await claim(store)).deliveries.length, 0);
      assert.deepEqual(await statesOf(store), { 0: "revoked" });
    },

    "a graph that a revoke has ended is told by the next claim, once": {
      because: "the answer of that verb has no place for it",
      async run({ store }) {
        await open(store, ...chainOf(2), 1);
        await store.sender.revoke(["g:0"], { terminate: false, keepMs: HOUR_MS });
        assert.deepEqual((await keepHouse(store)).changes, [
          { id: "g", name: "form", state: "failed", parts: 2 },
        ]);
        assert.deepEqual((await keepHouse(store)).changes, []);
      },
    },

    "a part that has expired before its turn is told so, and stays so": async ({ store, clock }) => {
      const [[head, tail], lists] = chainOf(2);
      const expiring = { ...tail!, message: message("g:1", { expires: { at: clock.now() + 1_000 } }) };
      await open(store, [head!, expiring], lists, 1);
      const first = await claimOne(store);
      await clock.advance(1_000);
      assert.equal(await stateOfResult(store, "g:1"), "REVOKED expired");
      await store.consumer.settle([done(first, { state: "FAILURE", payload: "f" })], null);
      assert.equal(await stateOfResult(store, "g:1"), "REVOKED expired");
      assert.deepEqual(await statesOf(store), { 0: "failed", 1: "revoked" });
    },

    "a dead letter of a part that is retried by hand runs, and nothing follows": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      await drain(store, { "g:0": "dead" });
      assert.equal(await store.deadLetters.redrive(["g:0"]), 1);
      const { ran, changes } = await drain(store);
      assert.deepEqual([ran, changes], [["g:0"], []]);
      assert.equal(await stateOfResult(store, "g:0"), "SUCCESS");
      assert.deepEqual(await statesOf(store), { 0: "failed", 1: "unrun" });
    },

    "a dead letter without a result tells its reason": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      const first = await claimOne(store);
      await store.consumer.settle([dead(first, "unknown-task")], null);
      assert.equal(await stateOfResult(store, "g:0"), "FAILURE unknown-task");
    },

    "a join fails with the first of those it waits for": async ({ store }) => {
      const members = [0, 1].map((number) => part(number, { list: "m" }));
      await open(store, [...members, join(2, [0, 1])], [list("m", { 2: "success" })], 2);
      await drain(store, { "g:1": "fail" });
      const [record] = await store.results.get(["g:2"]);
      assert.deepEqual([record?.state, record?.reason, record?.payload], ["REVOKED", "upstream", '"g:1"']);
    },
  }),
];
