/** Bounded queues: a sender is refused, what was accepted is not. */
import assert from "node:assert/strict";
import type { EnqueueOutcome, NewMessage } from "../../../src/store/contracts/sender.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group } from "./harness.js";
import { claim, claimOne, dead, done, HOUR_MS, message, retry, sendAndClaim } from "./samples.js";

function send(store: Store, messages: readonly NewMessage[], most = 2): Promise<EnqueueOutcome[]> {
  return store.sender.enqueue(messages, { bounds: new Map([["q", most]]) });
}

async function fill(store: Store, count = 2): Promise<void> {
  await store.sender.enqueue(Array.from({ length: count }, (_, n) => message(`full${n}`)));
}

async function lengthOf(store: Store): Promise<number> {
  const counts = (await store.queues.counts()).find(({ queue }) => queue === "q");
  return counts ? counts.ready + counts.scheduled + (counts.blocked ?? 0) : 0;
}

const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 10_000 };

export const fullCases = group("queues: full", {
  "a queue takes as many as its bound, in the order of the call": async ({ store }) => {
    const outcomes = await send(
      store,
      ["a", "b", "c", "d"].map((id) => message(id)),
    );
    assert.deepEqual(outcomes, ["queued", "queued", "full", "full"]);
    assert.equal(await lengthOf(store), 2);
    assert.deepEqual(await store.results.get(["c"]), [null]);
  },

  "ready, scheduled and those that wait for a lock count, running and dead ones do not": async ({
    store,
  }) => {
    await sendAndClaim(store, "runs");
    const gone = await sendAndClaim(store, "dead");
    await store.consumer.settle([dead(gone)], null);
    await store.sender.enqueue([
      message("holds", { lock }),
      message("blocked", { lock }),
      message("later", { eta: { inMs: HOUR_MS } }),
    ]);
    assert.deepEqual(await send(store, [message("a"), message("b")], 4), ["queued", "full"]);
  },

  "a bound is of one queue": async ({ store }) => {
    await fill(store);
    const outcomes = await send(store, [message("a"), message("b", { queue: "other" }), message("c")]);
    assert.deepEqual(outcomes, ["full", "queued", "full"]);
  },

  "a call without bounds is not refused": async ({ store }) => {
    await fill(store);
    assert.deepEqual(await store.sender.enqueue([message("a")]), ["queued"]);
    const other = new Map([["constructor", 1]]);
    assert.deepEqual(await store.sender.enqueue([message("b")], { bounds: other }), ["queued"]);
  },

  "an id that is known is a duplicate, also in a full queue": async ({ store }) => {
    await send(store, [message("a"), message("b")]);
    assert.deepEqual(await send(store, [message("a"), message("c")]), ["duplicate", "full"]);
    const first = await claimOne(store);
    await store.consumer.settle([done(first)], null);
    await fill(store);
    assert.deepEqual(await send(store, [message(first.id)]), ["duplicate"]);
  },

  "one that has expired is told so, also in a full queue": async ({ store, clock }) => {
    await fill(store);
    const at = clock.now() - 1;
    assert.deepEqual(await send(store, [message("a", { expires: { at } })]), ["expired"]);
  },

  "a message that was refused may be sent again when there is room": async ({ store }) => {
    await fill(store);
    assert.deepEqual(await send(store, [message("a")]), ["full"]);
    await claimOne(store);
    assert.deepEqual(await send(store, [message("a"), message("b")]), ["queued", "full"]);
  },

  "room is made by claims, revokes, purges and expiry": async ({ store, clock }) => {
    await store.sender.enqueue([message("a"), message("b", { expires: { inMs: 10 } })]);
    assert.deepEqual(await send(store, [message("c")]), ["full"]);
    await store.sender.revoke(["a"], { terminate: false, keepMs: 0 });
    assert.deepEqual(await send(store, [message("c"), message("d")]), ["queued", "full"]);
    await clock.advance(10);
    await claim(store, { max: 10 });
    assert.deepEqual(await send(store, [message("d"), message("e"), message("f")]), [
      "queued",
      "queued",
      "full",
    ]);
    await store.queues.purge(["q"]);
    assert.deepEqual(await send(store, [message("f")]), ["queued"]);
  },

  "a retry is never refused, nor what a worker gives back or loses": async ({ store, clock }) => {
    const taken = [
      await sendAndClaim(store, "a"),
      await sendAndClaim(store, "b"),
      await sendAndClaim(store, "c"),
    ];
    await claimOne(store).catch(() => undefined);
    await fill(store);
    const [first, second] = taken;
    const { outcomes } = await store.consumer.settle([retry(first!, 0)], null);
    assert.deepEqual(outcomes, ["settled"]);
    assert.deepEqual(await store.consumer.giveBack([second!]), ["settled"]);
    await clock.advance(40_000);
    await claim(store, { max: 0 });
    assert.equal(await lengthOf(store), 5);
    assert.deepEqual(await send(store, [message("d")], 5), ["full"]);
    assert.deepEqual(await send(store, [message("d"), message("e")], 6), ["queued", "full"]);
  },

  "a dead letter that is redriven is never refused": async ({ store }) => {
    const first = await sendAndClaim(store, "a");
    await store.consumer.settle([dead(first)], null);
    await fill(store);
    assert.equal(await store.deadLetters.redrive(["a"]), 1);
    assert.equal(await lengthOf(store), 3);
  },

  "a message that gets its lock stays in the count": async ({ store }) => {
    await store.sender.enqueue([message("a", { lock }), message("b", { lock })]);
    const first = await claimOne(store);
    await store.consumer.settle([done(first)], null);
    assert.deepEqual(await send(store, [message("c"), message("d")]), ["queued", "full"]);
  },

  "a part that is released is never refused, and a graph is judged once": async ({ store }) => {
    const bounds = new Map([["q", 2]]);
    const portion = {
      ...{ id: "g", name: "g", output: "g:1", keepMs: 1_000, bounds },
      parts: [
        {
          id: "g:0",
          message: message("g:0"),
          value: null,
          list: "L",
          pending: 0,
          inputs: null,
          takers: null,
        },
      ],
      lists: [{ key: "L", edges: [{ to: "g:1", kind: "success" as const }] }],
      seal: false,
    };
    const rest = {
      ...{ id: "g", name: "g", output: "g:1", keepMs: 1_000, bounds, lists: [], seal: true, before: 1 },
      parts: [
        {
          id: "g:1",
          message: message("g:1"),
          value: null,
          list: null,
          pending: 1,
          inputs: null,
          takers: null,
        },
      ],
    };
    await fill(store);
    assert.equal(await store.graphs.open(portion), "full");
    assert.deepEqual(await store.graphs.get(["g"]), [null]);
    await claimOne(store);
    assert.equal(await store.graphs.open(portion), "open");
    await fill(store, 5);
    assert.equal(await store.graphs.open(rest), "sealed", "the first portion was accepted");
    const { deliveries } = await claim(store, { max: 20 });
    const part = deliveries.find(({ id }) => id === "g:0");
    assert.ok(part);
    await store.sender.enqueue(Array.from({ length: 4 }, (_, n) => message(`more${n}`)));
    await store.consumer.settle([done(part)], null);
    assert.equal(await lengthOf(store), 5, "the second part is there");
    assert.equal(await store.graphs.open({ ...portion, seal: true }), "duplicate");
  },

  "counts are right with a second handle, from the first bound on": async ({ store, peer }) => {
    const other = await peer();
    await fill(store, 3);
    assert.deepEqual(await send(other, [message("a"), message("b")], 4), ["queued", "full"]);
    await claim(store, { max: 3 });
    assert.deepEqual(await send(other, [message("b")], 2), ["queued"]);
    await store.sender.enqueue([message("c", { eta: { inMs: 1_000 } })]);
    assert.deepEqual(await send(other, [message("d")], 3), ["full"]);
    assert.equal(await lengthOf(other), 3);
  },

  "a queue found full stays so to the end of the call": async ({ store }) => {
    const many = Array.from({ length: 2_500 }, (_, n) => message(`m${n}`));
    const outcomes = await send(store, many, 1_200);
    assert.equal(outcomes.indexOf("full"), 1_200);
    assert.equal(outcomes.lastIndexOf("queued"), 1_199);
  },
});
