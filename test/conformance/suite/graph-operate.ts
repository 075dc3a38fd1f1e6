/** Graphs: cancelled, resumed, saved, forgotten; and how long what they give is kept. */
import assert from "node:assert/strict";
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
import { type ConformanceCase, group, type Harness } from "./harness.js";
import { claim, claimIds, claimOne, done, eventually, HOUR_MS, LEASE_MS, message } from "./samples.js";

export const cancelCases = group("graphs: cancel", {
  "from that step on no part begins, and what waits ends as revoked": async ({ store }) => {
    await open(store, ...chordOf(3), 4);
    const running = await claimOne(store);
    assert.equal(await store.graphs.cancel("g", { terminate: false }), "cancelled");
    assert.equal((await graphOf(store)).state, "revoked");
    assert.deepEqual(await claimIds(store), []);
    await keepHouse(store);
    assert.deepEqual(await statesOf(store), {
      0: "running",
      1: "revoked",
      2: "revoked",
      3: "revoked",
      4: "revoked",
    });
    assert.equal(await stateOfResult(store, "g:4"), "REVOKED revoked");
    const { graphs } = await store.consumer.settle([done(running)], null);
    assert.deepEqual([graphs, (await keepHouse(store)).changes], [undefined, []]);
    assert.deepEqual((await drain(store)).ran, []);
    const { succeeded, unrun, open: left, state } = await graphOf(store);
    assert.deepEqual([succeeded, unrun, left, state], [1, 3, 0, "revoked"]);
  },

  "one that has ended is over": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    await drain(store);
    assert.equal(await store.graphs.cancel("g", { terminate: false }), "over");
    assert.equal((await graphOf(store)).state, "succeeded");
  },

  "twice, it is cancelled twice": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    const running = await claimOne(store);
    assert.equal(await store.graphs.cancel("g", { terminate: false }), "cancelled");
    await keepHouse(store);
    assert.equal(await store.graphs.cancel("g", { terminate: true }), "cancelled");
    await keepHouse(store);
    assert.deepEqual(await store.consumer.heartbeat([running], LEASE_MS), ["revoked"]);
  },

  "with terminate those that run are told to stop, on the topic": async (harness) => {
    const { store } = harness;
    let tell: (payload: string) => void = () => undefined;
    const told = new Promise<string>((resolve) => (tell = resolve));
    await store.channel.subscribe("graph", (payload) => tell(payload));
    await open(store, ...chainOf(2), 1);
    const running = await claimOne(store);
    await store.graphs.cancel("g", { terminate: true });
    assert.equal(await eventually(harness, told, "a word that the graph is to stop"), "g");
    await keepHouse(store);
    assert.deepEqual(await store.consumer.heartbeat([running], LEASE_MS), ["revoked"]);
    const stopped = { state: "REVOKED", payload: null, reason: "revoked" };
    await store.consumer.settle([done(running, stopped)], null);
    assert.deepEqual(await statesOf(store), { 0: "revoked", 1: "revoked" });
  },

  "without it those that run are told not to begin": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    const running = await claimOne(store);
    await store.graphs.cancel("g", { terminate: false });
    await keepHouse(store);
    assert.deepEqual(await store.consumer.heartbeat([running], LEASE_MS), ["cancelled"]);
  },

  "no error callback runs": async ({ store }) => {
    await open(store, [part(0, { list: "a" }), part(1, { pending: 1 })], [list("a", { 1: "failure" })], 0);
    const running = await claimOne(store);
    await store.graphs.cancel("g", { terminate: false });
    await store.consumer.settle([done(running, { state: "FAILURE", payload: "f" })], null);
    assert.deepEqual((await drain(store)).ran, []);
    assert.deepEqual(await statesOf(store), { 0: "failed", 1: "revoked" });
  },

  "a retry of one that ran is dropped": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    const running = await claimOne(store);
    await store.graphs.cancel("g", { terminate: false });
    await store.consumer.settle([{ ...done(running, null), kind: "retry", delayMs: 0 }], null);
    assert.deepEqual((await drain(store)).ran, []);
    assert.deepEqual(await statesOf(store), { 0: "revoked", 1: "revoked" });
  },

  "what a run adds is not added, and its replacement not made": async ({ store }) => {
    await open(store, ...chordOf(2), 3);
    const [first, second] = (await claim(store, { max: 2 })).deliveries;
    assert(first && second);
    await store.graphs.cancel("g", { terminate: false });
    const added = { list: "m", outputs: ["g:0/0"], values: ["0"] };
    const grow = { parts: [part("0/0", { list: "m" })], lists: [], output: null, added };
    const instead = {
      parts: [part("1/0", { list: "1/0" })],
      lists: [list("1/0", { 1: "replace" })],
      output: "g:1/0",
      added: null,
    };
    const { outcomes } = await store.consumer.settle(
      [
        { ...done(first), grow },
        { ...done(second, null), kind: "replaced", grow: instead },
      ],
      null,
    );
    assert.deepEqual(outcomes, ["settled", "settled"]);
    assert.deepEqual((await drain(store)).ran, []);
    const { size, open: left } = await graphOf(store);
    assert.deepEqual([size, left], [3, 0]);
    assert.deepEqual(await statesOf(store), { 0: "succeeded", 1: "revoked", 2: "revoked", 3: "revoked" });
  },

  "an empty one may be cancelled, and is dropped in its time": async ({ store, clock }) => {
    await store.graphs.open(portion([], [], 0, { seal: false }));
    assert.equal(await store.graphs.cancel("g", { terminate: false }), "cancelled");
    await clock.advance(KEEP_MS - 1);
    assert.equal((await graphOf(store)).state, "revoked");
    await clock.advance(1);
    assert.deepEqual(await store.graphs.get(["g"]), [null]);
  },

  "an unsealed graph may be cancelled": async ({ store }) => {
    const [parts, lists] = chainOf(2);
    await store.graphs.open(portion(parts, lists, 1, { seal: false }));
    assert.equal(await store.graphs.cancel("g", { terminate: false }), "cancelled");
    assert.equal(await store.graphs.open(portion([], [], 1)), "duplicate");
    assert.deepEqual((await drain(store)).ran, []);
    assert.equal((await graphOf(store)).open, 0);
  },
});

/** What fails in a chain of three with an error callback behind its head, and what runs after a resume. */
const RESUMES: Readonly<
  Record<
    string,
    {
      ways: Record<string, Way>;
      before?: (harness: Harness) => Promise<void>;
      again: string[];
      because: string;
    }
  >
> = {
  "a failure": {
    ways: { "g:0": "fail" },
    again: ["g:0", "g:1", "g:2"],
    because: "it runs again, and what needs it",
  },
  "a dead letter": { ways: { "g:1": "dead" }, again: ["g:1", "g:2"], because: "what has succeeded stays" },
  "one that was skipped": { ways: { "g:1": "revoked" }, again: ["g:1", "g:2"], because: "it was not run" },
  "a failure of the last": { ways: { "g:2": "fail" }, again: ["g:2"], because: "nothing else has failed" },
  "a revoked part": {
    ways: {},
    before: async ({ store }) => void (await store.sender.revoke(["g:1"], { terminate: false, keepMs: 0 })),
    again: ["g:1", "g:2"],
    because: "it begins like any other",
  },
  "a purge": {
    ways: {},
    before: async ({ store }) => void (await store.queues.purge(["q"])),
    again: ["g:0", "g:1", "g:2"],
    because: "the messages of parts are kept",
  },
  "exhausted deliveries": {
    ways: {},
    before: async ({ store, clock }) => {
      for (let count = 0; count < 3; count++) {
        await claimOne(store);
        await clock.advance(LEASE_MS);
      }
    },
    again: ["g:0", "g:1", "g:2"],
    because: "it has fresh tries",
  },
};

const resumeTable: ConformanceCase[] = Object.entries(RESUMES).map(
  ([name, { ways, before, again, because }]) => ({
    group: "graphs: resume",
    name: `after ${name} what has not succeeded begins anew`,
    because,
    async run(harness) {
      const { store } = harness;
      const [parts, lists] = chainOf(3);
      const edges = [{ to: "g:3", kind: "failure" }] as const;
      const called = lists.map((each) =>
        each.key === "0" ? { ...each, edges: [...each.edges, ...edges] } : each,
      );
      await open(store, [...parts, part(3, { pending: 1 })], called, 2);
      await before?.(harness);
      await drain(store, ways);
      assert.equal((await graphOf(store)).state, "failed");
      const callback = (await statesOf(store))["3"];
      assert.equal(await store.graphs.resume("g"), "resumed");
      assert.equal(await store.graphs.resume("g"), "refused");
      const { ran, changes, deliveries } = await drain(store);
      assert.deepEqual(ran, again);
      for (const id of again)
        assert.deepEqual([deliveries.get(id)?.retries, deliveries.get(id)?.deliveries], [0, 1]);
      assert.deepEqual(changes, [{ id: "g", name: "form", state: "succeeded", parts: 4 }]);
      assert.deepEqual(await statesOf(store), {
        0: "succeeded",
        1: "succeeded",
        2: "succeeded",
        3: callback,
      });
      const { open: left, failed, succeeded, unrun } = await graphOf(store);
      assert.deepEqual([left, failed, succeeded + unrun], [0, 0, 4]);
    },
  }),
);

export const resumeCases = [
  ...resumeTable,
  ...group("graphs: resume", {
    "is refused while a graph runs, after its success, and after a cancel": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      assert.equal(await store.graphs.resume("g"), "refused");
      await drain(store);
      assert.equal(await store.graphs.resume("g"), "refused");
      const other = { ...part(0), id: "h:0", message: message("h:0") };
      await store.graphs.open({ ...portion([other], [], 0), id: "h", output: "h:0" });
      await store.graphs.cancel("h", { terminate: false });
      await keepHouse(store);
      assert.equal(await store.graphs.resume("h"), "refused");
    },

    "is told as running, and its parts as pending": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      await drain(store, { "g:0": "fail" });
      await store.graphs.resume("g");
      const { state, open: left, failed, unrun, until } = await graphOf(store);
      assert.deepEqual([state, left, failed, unrun, until], ["running", 2, 0, 0, null]);
      assert.deepEqual(await store.results.get(["g:1"]).then(([record]) => record?.state), "PENDING");
    },

    "an error callback that ran stays run, and one that failed, too": async ({ store }) => {
      const parts = [part(0, { list: "a" }), part(1, { pending: 1 }), part(2, { pending: 1 })];
      await open(store, parts, [list("a", { 1: "failure", 2: "failure" })], 0);
      assert.deepEqual((await drain(store, { "g:0": "fail", "g:2": "fail" })).ran, ["g:0", "g:1", "g:2"]);
      await store.graphs.resume("g");
      assert.deepEqual((await drain(store, { "g:0": "fail" })).ran, ["g:0"]);
      assert.deepEqual(await statesOf(store), { 0: "failed", 1: "succeeded", 2: "failed" });
    },

    "an error callback that had nothing to tell is called when there is": async ({ store }) => {
      const parts = [
        part(0, { list: "a" }),
        part(1, { pending: 1 }),
        part(2, { pending: 1, list: "b" }),
        part(3, { pending: 1 }),
      ];
      const lists = [list("a", { 1: "success", 3: "failure" }), list("b", {})];
      await open(
        store,
        [parts[0]!, { ...part(1, { pending: 1, list: "c" }) }, { ...part(2, { pending: 1 }) }, parts[3]!],
        [...lists, list("c", { 2: "failure" })],
        1,
      );
      await drain(store, { "g:1": "fail" });
      assert.deepEqual(await statesOf(store), { 0: "succeeded", 1: "failed", 2: "succeeded", 3: "unrun" });
      await store.graphs.resume("g");
      assert.deepEqual((await drain(store)).ran, ["g:1"]);
      assert.deepEqual(await statesOf(store), { 0: "succeeded", 1: "succeeded", 2: "succeeded", 3: "unrun" });
    },

    "a join counts anew what has not succeeded": async ({ store }) => {
      await open(store, ...chordOf(4), 5);
      await drain(store, { "g:1": "fail", "g:3": "fail" });
      await store.graphs.resume("g");
      const { ran } = await drain(store);
      assert.deepEqual(ran, ["g:1", "g:3", "g:5"]);
      assert.equal((await graphOf(store)).state, "succeeded");
    },

    "a second failure may be resumed again": async ({ store }) => {
      await open(store, ...chainOf(3), 2);
      await drain(store, { "g:1": "fail" });
      await store.graphs.resume("g");
      const { changes } = await drain(store, { "g:1": "fail" });
      assert.deepEqual(changes, [{ id: "g", name: "form", state: "failed", parts: 3 }]);
      await store.graphs.resume("g");
      assert.deepEqual((await drain(store)).ran, ["g:1", "g:2"]);
    },

    'errors: "cancel" holds after it, too': async ({ store }) => {
      const [parts, lists] = chordOf(3);
      await open(store, parts, [{ ...lists[0]!, cancels: [{ from: 0, to: 3 }] }, lists[1]!], 4);
      await drain(store, { "g:0": "fail" }, 1);
      await store.graphs.resume("g");
      await drain(store, { "g:0": "fail" }, 1);
      assert.deepEqual(await statesOf(store), {
        0: "failed",
        1: "revoked",
        2: "revoked",
        3: "unrun",
        4: "unrun",
      });
    },

    "a dead letter that was retried by hand with success is not run again": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      await drain(store, { "g:0": "dead" });
      await store.deadLetters.redrive(["g:0"]);
      await drain(store);
      await store.graphs.resume("g");
      const { ran, deliveries } = await drain(store);
      assert.deepEqual(ran, ["g:1"]);
      assert.equal(deliveries.get("g:1")?.part?.input?.payload, "value of g:0");
    },

    "a run of a dead letter that is under way is lost to it": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      await drain(store, { "g:0": "dead" });
      await store.deadLetters.redrive(["g:0"]);
      const byHand = await claimOne(store);
      assert.equal(await store.graphs.resume("g"), "resumed");
      assert.deepEqual((await store.consumer.settle([done(byHand)], null)).outcomes, ["lost"]);
      assert.deepEqual((await drain(store)).ran, ["g:0", "g:1"]);
    },

    "a dead letter that waits again is none": async ({ store }) => {
      await open(store, [part(0, { list: "a" }), part(1, { pending: 1 })], [list("a", { 1: "any" })], 0);
      await drain(store, { "g:0": "fail", "g:1": "dead" });
      assert.equal((await store.deadLetters.list({ limit: 5 })).letters.length, 1);
      await store.graphs.resume("g");
      assert.deepEqual((await store.deadLetters.list({ limit: 5 })).letters, []);
      assert.deepEqual(await statesOf(store), { 0: "waiting", 1: "blocked" });
      assert.deepEqual((await drain(store)).ran, ["g:0", "g:1"]);
    },

    "a part that was to stop when it failed is not to stop any more": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      const first = await claimOne(store);
      await store.sender.revoke(["g:0"], { terminate: true, keepMs: HOUR_MS });
      await store.consumer.settle([done(first, { state: "FAILURE", payload: "f" })], null);
      assert.equal(await store.graphs.resume("g"), "resumed");
      assert.deepEqual((await drain(store)).ran, ["g:0", "g:1"]);
    },

    "keeps the graph as long as it runs": async ({ store, clock }) => {
      await open(store, ...chainOf(2), 1);
      await drain(store, { "g:1": "fail" });
      await store.graphs.resume("g");
      await clock.advance(2 * KEEP_MS);
      await sweepAll(store);
      assert.deepEqual((await drain(store)).ran, ["g:1"]);
      assert.equal((await graphOf(store)).until, clock.now() + KEEP_MS);
    },

    "a part whose dead letter was deleted ends as revoked": async ({ store }) => {
      await open(store, ...chainOf(2), 1);
      await drain(store, { "g:0": "dead" });
      await store.deadLetters.delete(["g:0"]);
      await store.graphs.resume("g");
      const { ran, changes } = await drain(store);
      assert.deepEqual(ran, []);
      assert.equal((await graphOf(store)).state, "failed");
      assert(changes.length <= 1);
      assert.deepEqual(await statesOf(store), { 0: "revoked", 1: "unrun" });
    },
  }),
];

/** Whether there is a record of each id. */
async function kept(store: Harness["store"], ids: readonly string[]): Promise<boolean[]> {
  return (await store.graphs.outputs(ids)).map((record) => record !== null);
}

const UNKEPT = { resultTtlMs: 0 };

export const pinCases = group("graphs: outputs", {
  "an output is kept while somebody takes it, whatever its time": async ({ store, clock }) => {
    const [parts, lists] = chainOf(3);
    await open(store, parts, lists, 2);
    const first = await claimOne(store);
    await store.consumer.settle([{ ...done(first), ...UNKEPT }], null);
    await clock.advance(10 * KEEP_MS);
    await sweepAll(store);
    assert.deepEqual(await kept(store, ["g:0"]), [true]);
    const second = await claimOne(store);
    assert.equal(second.part?.input?.id, "g:0");
    await store.consumer.settle([{ ...done(second), ...UNKEPT }], null);
    assert.deepEqual(await kept(store, ["g:0", "g:1"]), [false, true]);
    await drain(store);
    assert.deepEqual(await kept(store, ["g:0", "g:1", "g:2"]), [false, false, true]);
  },

  "one that all have taken is kept like any result from then on": async ({ store, clock }) => {
    await open(store, ...chainOf(3), 2);
    const first = await claimOne(store);
    await store.consumer.settle([done(first)], null);
    await clock.advance(HOUR_MS);
    const second = await claimOne(store);
    await store.consumer.settle([done(second)], null);
    await clock.advance(HOUR_MS - 1);
    assert.deepEqual(await kept(store, ["g:0"]), [true]);
    await clock.advance(1);
    assert.deepEqual(await kept(store, ["g:0", "g:1"]), [false, true]);
  },

  "one that is taken twice is kept for both": async ({ store }) => {
    const takes = { pending: 1, inputs: ["g:0"] };
    const parts = [part(0, { list: "a", takers: 2 }), part(1, takes), part(2, takes)];
    await open(store, parts, [list("a", { 1: "success", 2: "success" })], 2);
    const first = await claimOne(store);
    await store.consumer.settle([{ ...done(first), ...UNKEPT }], null);
    const second = await claimOne(store);
    await store.consumer.settle([{ ...done(second), ...UNKEPT }], null);
    assert.deepEqual(await kept(store, ["g:0"]), [true]);
    const third = await claimOne(store);
    await store.consumer.settle([{ ...done(third), ...UNKEPT }], null);
    assert.deepEqual(await kept(store, ["g:0"]), [false]);
  },

  "one that nobody takes is kept like any result": async ({ store }) => {
    const parts = [part(0, { list: "a", takers: 0 }), part(1, { pending: 1 })];
    await open(store, parts, [list("a", { 1: "success" })], 1);
    const first = await claimOne(store);
    await store.consumer.settle([{ ...done(first), ...UNKEPT }], null);
    assert.deepEqual(await kept(store, ["g:0"]), [false]);
  },

  "outputs that a join or the graph gives are kept while it runs, and as long as it is kept after": async ({
    store,
    clock,
  }) => {
    await open(
      store,
      [part(0, { list: "m" }), part(1, { list: "m" }), join(2, [0, 1])],
      [list("m", { 2: "success" })],
      2,
    );
    const [first, second] = (await claim(store)).deliveries;
    assert(first && second);
    await store.consumer.settle([{ ...done(first), ...UNKEPT }], null);
    await clock.advance(10 * KEEP_MS);
    await store.consumer.settle([{ ...done(await claimOne(store)), ...UNKEPT }], null);
    await keepHouse(store);
    await clock.advance(KEEP_MS - 1);
    assert.deepEqual(await kept(store, ["g:0", "g:1", "g:2"]), [true, true, true]);
    await clock.advance(1);
    assert.deepEqual(await kept(store, ["g:0", "g:1", "g:2"]), [false, false, false]);
  },

  "a failed graph keeps what a resume needs": async ({ store, clock }) => {
    await open(store, ...chainOf(3), 2);
    const first = await claimOne(store);
    await store.consumer.settle([{ ...done(first), ...UNKEPT }], null);
    await drain(store, { "g:1": "fail" });
    await clock.advance(KEEP_MS - 1);
    await sweepAll(store);
    assert.deepEqual(await kept(store, ["g:0", "g:1", "g:2"]), [true, true, true]);
    await store.graphs.resume("g");
    assert.equal((await claimOne(store)).part?.input?.id, "g:0");
  },

  "the failure that an error callback tells is kept until it has run": async ({ store }) => {
    const parts = [part(0, { list: "a", takers: 0 }), part(1, { pending: 1 })];
    await open(store, parts, [list("a", { 1: "failure" })], 0);
    const first = await claimOne(store);
    await store.consumer.settle([{ ...done(first, { state: "FAILURE", payload: "f" }), ...UNKEPT }], null);
    assert.equal((await claimOne(store)).part?.culprit?.result.payload, "f");
  },
});

export const keepCases = group("graphs: keep", {
  "a graph is dropped when its time is over, and leaves nothing": async ({ store, clock }) => {
    await open(store, ...chordOf(3), 4);
    await drain(store);
    await clock.advance(KEEP_MS - 1);
    await sweepAll(store);
    assert.equal((await graphOf(store)).state, "succeeded");
    await clock.advance(1);
    assert.deepEqual(await store.graphs.get(["g"]), [null]);
    assert.equal(await store.graphs.parts("g", { limit: 5 }), null);
    assert.deepEqual(await store.graphs.list({ limit: 5 }), []);
    await sweepAll(store);
    assert.deepEqual(await kept(store, ["g:0", "g:1", "g:2", "g:3", "g:4"]), Array(5).fill(false));
    assert.deepEqual(await store.queues.counts(), []);
  },

  "a failed graph is dropped with the messages of its parts": async ({ store, clock }) => {
    await open(store, ...chainOf(3), 2);
    await drain(store, { "g:0": "fail" });
    await clock.advance(KEEP_MS);
    await sweepAll(store);
    assert.deepEqual(await store.results.get(["g:0", "g:1", "g:2"]), [null, null, null]);
    assert.deepEqual(await store.sender.enqueue([message("g:1")]), ["queued"]);
  },

  "a saved graph is kept, with what it gives, until it is forgotten": async ({ store, clock }) => {
    await open(store, ...chordOf(2), 3);
    assert.equal(await store.graphs.save("g", "by name"), "saved");
    await drain(store);
    const { name, until } = await graphOf(store);
    assert.deepEqual([name, until], ["by name", null]);
    await clock.advance(100 * KEEP_MS);
    await sweepAll(store);
    assert.deepEqual(await kept(store, ["g:0", "g:1", "g:2", "g:3"]), [true, true, true, true]);
    await store.graphs.forget("g");
    await keepHouse(store);
    assert.deepEqual(await kept(store, ["g:0", "g:1", "g:2", "g:3"]), [false, false, false, false]);
  },

  "a graph may be saved after its end": async ({ store, clock }) => {
    await open(store, ...chordOf(2), 3);
    await drain(store);
    await clock.advance(KEEP_MS - 1);
    assert.equal(await store.graphs.save("g", null), "saved");
    await keepHouse(store);
    await clock.advance(100 * KEEP_MS);
    await sweepAll(store);
    assert.equal((await graphOf(store)).name, "form");
    assert.deepEqual(await kept(store, ["g:0", "g:3"]), [true, true]);
  },

  "one that is forgotten takes its results along": async ({ store }) => {
    await open(store, ...chordOf(2), 3);
    await drain(store);
    await store.graphs.forget("g");
    await keepHouse(store);
    assert.deepEqual(await kept(store, ["g:0", "g:1", "g:2", "g:3"]), [false, false, false, false]);
  },

  "one that is forgotten while it runs begins no part any more": async ({ store }) => {
    await open(store, ...chordOf(3), 4);
    const running = await claimOne(store);
    await store.graphs.forget("g");
    assert.deepEqual(await store.graphs.get(["g"]), [null]);
    assert.deepEqual(await claimIds(store), []);
    await keepHouse(store);
    assert.deepEqual((await store.consumer.settle([done(running)], null)).outcomes, ["settled"]);
    assert.deepEqual((await drain(store)).ran, []);
    assert.deepEqual(await store.queues.counts(), []);
    await open(store, ...chordOf(3), 4);
    assert.equal((await drain(store)).ran.length, 4);
  },

  "one that is forgotten and sent again at once begins anew": async ({ store }) => {
    await open(store, ...chordOf(3), 4);
    await drain(store, { "g:0": "fail" });
    await store.graphs.forget("g");
    await open(store, ...chordOf(3), 4);
    assert.equal((await drain(store)).ran.length, 4);
    assert.equal((await graphOf(store)).state, "succeeded");
  },

  "dead letters of a dropped graph stay": {
    because: "they are an operator's matter",
    async run({ store, clock }) {
      await open(store, ...chainOf(2), 1);
      await drain(store, { "g:0": "dead" });
      await clock.advance(KEEP_MS);
      await sweepAll(store);
      assert.deepEqual(
        (await store.deadLetters.list({ limit: 5 })).letters.map(({ id }) => id),
        ["g:0"],
      );
    },
  },
});
