/** What operators do with queues: revoke, purge, count, look after the dead letters. */
import assert from "node:assert/strict";
import { type DeadLetterQuery, MOST_LOOKED } from "../../../src/store/contracts/dead-letters.js";
import type { Store } from "../../../src/store/contracts/store.js";
import {
  claim,
  claimIds,
  claimOne,
  dead,
  eventually,
  finish,
  HOUR_MS,
  isPending,
  LEASE_MS,
  message,
  retry,
  sendAndClaim,
} from "./samples.js";
import { group } from "./harness.js";

const quietly = { terminate: false, keepMs: 60_000 };
const terminate = { terminate: true, keepMs: 60_000 };

export const revokeCases = group("broker: revoke", {
  "what waits, ready or delayed, is dropped at once with a REVOKED result": async ({ store, clock }) => {
    await store.sender.enqueue([message("a"), message("b", { eta: { inMs: 5_000 } }), message("c")]);
    await store.sender.revoke(["a", "b"], quietly);
    const at = clock.now();
    assert.deepEqual(await store.results.get(["a", "b"]), [
      { id: "a", state: "REVOKED", payload: null, reason: "revoked", at },
      { id: "b", state: "REVOKED", payload: null, reason: "revoked", at },
    ]);
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 1, scheduled: 0, leased: 0, dead: 0 },
    ]);
    assert.deepEqual(await claimIds(store), ["c"]);
  },

  "no REVOKED result is written where none is kept": async ({ store }) => {
    await store.sender.enqueue([message("a", { resultTtlMs: 0 })]);
    await store.sender.revoke(["a"], quietly);
    assert.deepEqual(await store.results.get(["a"]), [null]);
    assert.deepEqual(await claimIds(store), []);
  },

  "with terminate the heartbeat tells the worker, and the lease is extended all the same": async ({
    store,
    clock,
  }) => {
    const [a, b] = [await sendAndClaim(store, "a"), await sendAndClaim(store, "b")];
    await store.sender.revoke(["a"], terminate);
    await clock.advance(LEASE_MS - 1);
    assert.deepEqual(await store.consumer.heartbeat([a, b], LEASE_MS), ["revoked", "extended"]);
    await clock.advance(LEASE_MS - 1);
    assert.deepEqual(await claimIds(store), []);
    await finish(store, a);
  },

  "without terminate the heartbeat tells the worker that it is not to begin": async ({ store }) => {
    const [a, b] = [await sendAndClaim(store, "a"), await sendAndClaim(store, "b")];
    await store.sender.revoke(["a"], quietly);
    assert.deepEqual(await store.consumer.heartbeat([a, b], LEASE_MS), ["cancelled", "extended"]);
    await store.sender.revoke(["a"], terminate);
    await store.sender.revoke(["a"], quietly);
    assert.deepEqual(await store.consumer.heartbeat([a], LEASE_MS), ["revoked"]);
    await finish(store, a);
  },

  "a held message that was revoked is dropped when it would be claimed again": async ({ store, clock }) => {
    const [a, b] = [await sendAndClaim(store, "a"), await sendAndClaim(store, "b")];
    const c = await sendAndClaim(store, "c");
    await store.sender.revoke(["a", "b"], quietly);
    await store.sender.revoke(["c"], terminate);
    await store.consumer.giveBack([a]);
    await store.consumer.settle([retry(b, 0)], null);
    await clock.advance(LEASE_MS);
    assert.deepEqual(await store.consumer.heartbeat([c], 0), ["revoked"]);
    assert.deepEqual(await claimIds(store), []);
    const at = clock.now();
    assert.deepEqual(
      await store.results.get(["a", "b", "c"]),
      ["a", "b", "c"].map((id) => ({ id, state: "REVOKED", payload: null, reason: "revoked", at })),
    );
    assert.deepEqual(await store.queues.counts(), []);
  },

  "an unknown id is remembered and dropped when it comes": async ({ store, clock }) => {
    await store.sender.revoke(["a"], quietly);
    await clock.advance(59_999);
    assert.deepEqual(await store.sender.enqueue([message("a"), message("b")]), ["queued", "queued"]);
    assert.deepEqual(await claimIds(store), ["b"]);
    assert.deepEqual(await store.results.get(["a"]), [
      { id: "a", state: "REVOKED", payload: null, reason: "revoked", at: clock.now() },
    ]);
  },

  "an unknown id is forgotten after keepMs": async ({ store, clock }) => {
    await store.sender.revoke(["a"], quietly);
    await clock.advance(60_000);
    await store.sender.enqueue([message("a")]);
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "revoking twice is harmless": async ({ store }) => {
    await store.sender.enqueue([message("a")]);
    await store.sender.revoke(["a", "a"], quietly);
    await store.sender.revoke(["a"], quietly);
    assert.deepEqual((await store.results.get(["a"]))[0]?.reason, "revoked");
  },

  "the ids are published as to be stopped with terminate, and as not to begin without it": async (
    harness,
  ) => {
    const { store } = harness;
    const heard: [topic: string, ids: unknown][] = [];
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const { channel } = await harness.peer();
    for (const topic of ["revoke", "cancel"]) {
      await channel.subscribe(topic, (payload) => {
        heard.push([topic, JSON.parse(payload)]);
        if (heard.length === 2) tell();
      });
    }
    await store.sender.revoke(["quiet"], quietly);
    await store.sender.revoke(["a", "b"], terminate);
    await eventually(harness, told, "a message on both topics");
    assert.deepEqual(heard.sort(), [
      ["cancel", ["quiet"]],
      ["revoke", ["a", "b"]],
    ]);
  },
});

export const purgeCases = group("broker: purge and counts", {
  "purge drops what waits in the named queues, without results, and says how much": async ({ store }) => {
    await sendAndClaim(store, "held");
    await store.sender.enqueue([
      message("a"),
      message("b", { eta: { inMs: 5 } }),
      message("c", { queue: "r" }),
      message("d", { queue: "s" }),
    ]);
    assert.equal(await store.queues.purge(["q", "r", "none"]), 3);
    assert.deepEqual(await store.results.get(["a", "b", "c"]), [null, null, null]);
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 0, scheduled: 0, leased: 1, dead: 0 },
      { queue: "s", ready: 1, scheduled: 0, leased: 0, dead: 0 },
    ]);
    assert.deepEqual(await store.sender.enqueue([message("a")]), ["queued"]);
    assert.equal(await store.queues.purge([]), 0);
  },

  "purge drops the record of an earlier try too": async ({ store }) => {
    await store.consumer.settle([retry(await sendAndClaim(store, "a"), 5_000)], null);
    assert.equal(await store.queues.purge(["q"]), 1);
    assert.deepEqual(await store.results.get(["a"]), [null]);
  },

  "counts name every queue that holds something, in order of name": async ({ store }) => {
    assert.deepEqual(await store.queues.counts(), []);
    await sendAndClaim(store, "h", { queue: "z" });
    await store.consumer.settle([dead(await sendAndClaim(store, "d", { queue: "m" }))], null);
    await store.sender.enqueue([
      message("a", { queue: "b" }),
      message("b", { queue: "b" }),
      message("c", { queue: "a", eta: { inMs: 5_000 } }),
    ]);
    assert.deepEqual(await store.queues.counts(), [
      { queue: "a", ready: 0, scheduled: 1, leased: 0, dead: 0 },
      { queue: "b", ready: 2, scheduled: 0, leased: 0, dead: 0 },
      { queue: "m", ready: 0, scheduled: 0, leased: 0, dead: 1 },
      { queue: "z", ready: 0, scheduled: 0, leased: 1, dead: 0 },
    ]);
  },

  "a queue whose last message is settled is counted no more": async ({ store }) => {
    await finish(store, await sendAndClaim(store, "a"));
    assert.deepEqual(await store.queues.counts(), []);
  },
});

async function deadLetter(store: Store, id: string, queue = "q"): Promise<void> {
  const delivery = await sendAndClaim(store, id, { queue });
  await store.consumer.settle([dead(delivery, `reason of ${id}`)], null);
}

/** The ids of each page, to the end. */
export async function pagesOf(store: Store, query: DeadLetterQuery): Promise<string[][]> {
  const pages: string[][] = [];
  for (let { after } = query; ;) {
    const { letters, next } = await store.deadLetters.list({
      ...query,
      ...(after !== undefined && { after }),
    });
    if (letters.length > 0 || next !== null) pages.push(letters.map(({ id }) => id));
    if (next === null) return pages;
    after = next;
  }
}

export const deadCases = group("broker: dead letters", {
  "they are listed newest first, of one queue or of all, at most so many": async ({ store, clock }) => {
    for (const [id, queue] of [
      ["a", "q"],
      ["b", "r"],
      ["c", "q"],
    ] as const) {
      await deadLetter(store, id, queue);
      await clock.advance(1_000);
    }
    const ids = async (options: { limit: number; queue?: string }) =>
      (await store.deadLetters.list(options)).letters.map(({ id }) => id);
    assert.deepEqual(await ids({ limit: 10 }), ["c", "b", "a"]);
    assert.deepEqual(await ids({ limit: 2 }), ["c", "b"]);
    assert.deepEqual(await ids({ limit: 10, queue: "q" }), ["c", "a"]);
    assert.deepEqual(await ids({ limit: 10, queue: "none" }), []);
  },

  "pages meet without a gap or a double, newest first, and the last says that it is": async ({ store }) => {
    for (let index = 0; index < 7; index++) await deadLetter(store, `m${index}`);
    assert.deepEqual(await pagesOf(store, { limit: 3 }), [["m6", "m5", "m4"], ["m3", "m2", "m1"], ["m0"]]);
    assert.equal((await store.deadLetters.list({ limit: 7 })).next, null);
    assert.deepEqual(await store.deadLetters.list({ limit: 7, queue: "none" }), { letters: [], next: null });
  },

  "what comes and goes between two pages moves nothing on the next": {
    because: "letters are retried and dropped, and others arrive, while somebody reads them",
    async run({ store }) {
      for (let index = 0; index < 6; index++) await deadLetter(store, `m${index}`);
      const first = await store.deadLetters.list({ limit: 2 });
      await deadLetter(store, "new");
      // The one that the page ended with, one before it and one behind it; the first of them dies again.
      assert.equal(await store.deadLetters.redrive(["m5"]), 1);
      await store.consumer.settle([dead(await claimOne(store))], null);
      assert.equal(await store.deadLetters.delete(["m4", "m2"]), 2);
      assert.deepEqual(await pagesOf(store, { limit: 2, after: first.next! }), [["m3", "m1"], ["m0"]]);
      assert.deepEqual(await pagesOf(store, { limit: 9 }), [["m5", "new", "m3", "m1", "m0"]]);
    },
  },

  "pages of one queue, task or reason have only its letters, and all of them": async ({ store }) => {
    for (let index = 0; index < 9; index++) {
      const task = index % 3 === 0 ? "rare task" : "t";
      const delivery = await sendAndClaim(store, `m${index}`, { queue: index < 5 ? "q" : "r é", task });
      await store.consumer.settle([dead(delivery, index % 2 === 0 ? "even one" : "odd")], null);
    }
    const of = async (query: Omit<DeadLetterQuery, "limit">) =>
      (await pagesOf(store, { ...query, limit: 2 })).flat().join(" ");
    assert.equal(await of({ queue: "r é" }), "m8 m7 m6 m5");
    assert.equal(await of({ task: "rare task" }), "m6 m3 m0");
    assert.equal(await of({ reason: "even one" }), "m8 m6 m4 m2 m0");
    assert.equal(await of({ queue: "q", task: "rare task", reason: "odd" }), "m3");
    assert.equal(await of({ reason: "even" }), "");
  },

  "a page looks at a bounded number, and says where to go on": {
    because: "a letter among many others must not cost a look at all of them in one step",
    async run({ store }) {
      await deadLetter(store, "wanted", "other");
      for (let sent = 0; sent < MOST_LOOKED + 10; sent += 500) {
        const ids = Array.from({ length: 500 }, (_, index) => `m${sent + index}`);
        await store.sender.enqueue(ids.map((id) => message(id)));
        for (let left = 500; left > 0;) {
          const { deliveries } = await claim(store, { max: left });
          const settlements = deliveries.map((each) => dead(each, "many"));
          await store.consumer.settle(settlements, null);
          left -= deliveries.length;
        }
      }
      const pages = await pagesOf(store, { limit: 2, reason: "reason of wanted" });
      assert.deepEqual(pages.flat(), ["wanted"]);
      assert.ok(pages.length <= 3);
      assert.deepEqual((await pagesOf(store, { limit: 1_000 })).flat().length, 3_001);
    },
  },

  "letters are got by id, in the order of the ids": async ({ store, clock }) => {
    await deadLetter(store, "a");
    await store.sender.enqueue([message("waits")]);
    const { id, task, queue, body } = message("a");
    assert.deepEqual(await store.deadLetters.get(["waits", "a", "unknown"]), [
      null,
      { id, task, queue, body, reason: "reason of a", at: clock.now() },
      null,
    ]);
  },

  "redrive puts them back with fresh counts and forgets their results": async ({ store, clock }) => {
    await sendAndClaim(store, "a", { maxDeliveries: 1 });
    await clock.advance(LEASE_MS);
    assert.deepEqual(await claimIds(store), []);
    assert.equal(await store.deadLetters.redrive(["a", "unknown"]), 1);
    assert.deepEqual((await store.results.get(["a"]))[0]?.state, "PENDING");
    assert.deepEqual((await store.deadLetters.list({ limit: 10 })).letters, []);
    const delivery = await claimOne(store);
    assert.deepEqual([delivery.id, delivery.deliveries, delivery.retries], ["a", 1, 0]);
    assert.equal(await store.deadLetters.redrive(["a"]), 0);
    await finish(store, delivery);
  },

  "a dead letter whose eta is ahead of a clock that went back is scheduled": async ({ store, clock }) => {
    await store.sender.enqueue([message("a", { eta: { inMs: 100 } })]);
    clock.jump(100);
    await store.consumer.settle([dead(await claimOne(store))], null);
    clock.jump(-50);
    assert.equal(await store.deadLetters.redrive(["a"]), 1);
    assert.deepEqual((await claim(store)).deliveries, []);
    clock.jump(50);
    assert.equal((await claimOne(store)).id, "a");
  },

  "redrive counts retries anew": async ({ store }) => {
    await store.consumer.settle([retry(await sendAndClaim(store, "a"), 0)], null);
    await store.consumer.settle([dead(await claimOne(store))], null);
    await store.deadLetters.redrive(["a"]);
    assert.equal((await claimOne(store)).retries, 0);
  },

  "a dead letter that was revoked while it was buffered runs when it is retried": async ({ store }) => {
    const a = await sendAndClaim(store, "a");
    await store.sender.revoke(["a"], terminate);
    await store.consumer.settle([dead(a)], null);
    await store.deadLetters.redrive(["a"]);
    const again = await claimOne(store);
    assert.deepEqual(await store.consumer.heartbeat([again], LEASE_MS), ["extended"]);
  },

  "deleteDead deletes dead letters and nothing else": async ({ store }) => {
    await deadLetter(store, "a");
    await deadLetter(store, "b");
    await store.sender.enqueue([message("c")]);
    assert.equal(await store.deadLetters.delete(["a", "c", "unknown"]), 1);
    assert.equal(await store.deadLetters.delete(["a"]), 0);
    assert.deepEqual(
      (await store.deadLetters.list({ limit: 10 })).letters.map(({ id }) => id),
      ["b"],
    );
    assert.deepEqual(await claimIds(store), ["c"]);
  },

  "the result of a deleted dead letter stays": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a");
    const result = { state: "FAILURE", payload: "why" };
    await store.consumer.settle([{ ...dead(delivery), result, resultTtlMs: HOUR_MS }], null);
    await store.deadLetters.delete(["a"]);
    assert.deepEqual(await store.results.get(["a"]), [{ id: "a", ...result, at: clock.now() }]);
  },
});

const never = new AbortController().signal;

export const arrivalCases = group("broker: arrivals", {
  "an arrival ends a wait": async (harness) => {
    const arrivals = await harness.store.consumer.listen(["q"]);
    const wait = arrivals.wait(HOUR_MS, never);
    await (await harness.peer()).sender.enqueue([message("a")]);
    await eventually(harness, wait, "the end of a wait after an arrival");
    await arrivals.close();
  },

  "an arrival while nobody waits makes the next wait return": async (harness) => {
    const arrivals = await harness.store.consumer.listen(["other", "q"]);
    await (await harness.peer()).sender.enqueue([message("a")]);
    await eventually(harness, arrivals.wait(HOUR_MS, never), "the end of a wait after a latched arrival");
    await arrivals.close();
  },

  "every consumer of a queue is told": async (harness) => {
    const consumers = [
      await harness.store.consumer.listen(["q"]),
      await (await harness.peer()).consumer.listen(["q"]),
    ];
    await harness.store.sender.enqueue([message("a")]);
    await eventually(harness, Promise.all(consumers.map((each) => each.wait(HOUR_MS, never))), "both waits");
    for (const consumer of consumers) await consumer.close();
  },

  "a scheduled message arrives when it is sent": async (harness) => {
    const arrivals = await harness.store.consumer.listen(["q"]);
    await harness.store.sender.enqueue([message("a", { eta: { inMs: 2 * HOUR_MS } })]);
    await eventually(harness, arrivals.wait(HOUR_MS, never), "the end of a wait after a scheduled message");
    await arrivals.close();
  },

  "each scheduled message of another handle arrives, also after earlier ones have run": async (harness) => {
    const { store, clock } = harness;
    const peer = await harness.peer();
    const arrivals = await store.consumer.listen(["q"]);
    for (const id of ["a", "b", "c"]) {
      assert.equal((await claim(store)).nextWakeAt, null);
      const eta = clock.now() + 2_000;
      await peer.sender.enqueue([message(id, { eta: { at: eta } })]);
      await eventually(harness, arrivals.wait(HOUR_MS, never), `the arrival of ${id}`);
      assert.deepEqual([(await claim(store)).nextWakeAt, clock.now() < eta], [eta, true]);
      await clock.advance(eta - clock.now());
      await finish(store, await claimOne(store));
    }
    await arrivals.close();
  },

  "what is given back, retried, or brought back from the dead arrives": async (harness) => {
    const { store } = harness;
    const [a, b, c] = [
      await sendAndClaim(store, "a"),
      await sendAndClaim(store, "b"),
      await sendAndClaim(store, "c"),
    ];
    await store.consumer.settle([dead(c)], null);
    const steps = [
      () => store.consumer.giveBack([a]),
      () => store.consumer.settle([retry(b, 0)], null),
      () => store.deadLetters.redrive(["c"]),
    ];
    for (const step of steps) {
      const arrivals = await store.consumer.listen(["q"]);
      await step();
      await eventually(harness, arrivals.wait(HOUR_MS, never), String(step));
      await arrivals.close();
    }
  },

  "what another's claim makes ready and leaves arrives": {
    because: "this consumer may not know of the lease that has ended",
    async run(harness) {
      const { store, clock } = harness;
      await sendAndClaim(store, "a");
      await clock.advance(LEASE_MS);
      const arrivals = await store.consumer.listen(["q"]);
      await claimIds(await harness.peer(), { queues: ["other"] });
      await eventually(
        harness,
        arrivals.wait(HOUR_MS, never),
        "the arrival of a message given back by housekeeping",
      );
      await arrivals.close();
    },
  },

  "an arrival that was taken does not end every wait from then on": {
    because: "a consumer would spin",
    async run(harness) {
      const arrivals = await harness.store.consumer.listen(["q"]);
      await harness.store.sender.enqueue([message("a")]);
      await eventually(harness, arrivals.wait(HOUR_MS, never), "the arrival");
      // A store may end a wait for no reason, but not each.
      let wait = arrivals.wait(HOUR_MS, never);
      let waits = await isPending(harness, wait);
      for (let turn = 0; turn < 5 && !waits; turn++) {
        wait = arrivals.wait(HOUR_MS, never);
        waits = await isPending(harness, wait);
      }
      assert.equal(waits, true);
      await arrivals.close();
      await eventually(harness, wait, "the end of a wait after close");
    },
  },

  "a wait ends at its timeout": async (harness) => {
    const arrivals = await harness.store.consumer.listen(["q"]);
    await eventually(harness, arrivals.wait(100, never), "the timeout of a wait");
    await arrivals.close();
  },

  "a wait ends when its signal aborts, before or after it began": async (harness) => {
    const arrivals = await harness.store.consumer.listen(["q"]);
    const controller = new AbortController();
    const wait = arrivals.wait(HOUR_MS, controller.signal);
    controller.abort();
    await eventually(harness, wait, "the end of an aborted wait");
    await eventually(harness, arrivals.wait(HOUR_MS, controller.signal), "the end of a wait aborted before");
    await arrivals.close();
  },

  "close ends a running wait, may be called twice, and later waits return": async (harness) => {
    const arrivals = await harness.store.consumer.listen(["q"]);
    const wait = arrivals.wait(HOUR_MS, never);
    await arrivals.close();
    await arrivals.close();
    await eventually(harness, wait, "the end of a wait after close");
    await eventually(harness, arrivals.wait(HOUR_MS, never), "the end of a wait begun after close");
  },

  "closing the store ends a running wait without an error": async (harness) => {
    const arrivals = await harness.store.consumer.listen(["q"]);
    const wait = arrivals.wait(HOUR_MS, never);
    await harness.store.close();
    await eventually(harness, wait, "the end of a wait after the store was closed");
  },

  "consumers that are gone leave nothing behind": async ({ store, clock }) => {
    const timers = clock.timers;
    const arrivals = await store.consumer.listen(["q", "r"]);
    await store.sender.enqueue([message("a")]);
    await arrivals.wait(HOUR_MS, never);
    await arrivals.close();
    await finish(store, await claimOne(store));
    assert.deepEqual([clock.timers <= timers, await store.queues.counts()], [true, []]);
  },
});
