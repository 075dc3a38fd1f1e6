/** Expiry and overlap: a run that no worker will take any more is not unfinished. */
import assert from "node:assert/strict";
import type { Overlap } from "../../../src/store/contracts/entries.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import { allow, cancelRunning, ledgerOf, queueOne, read, skipOverlap } from "./entry-samples.js";
import { type EverySecond, everySecond } from "./every-second.js";
import { group, type Harness } from "./harness.js";
import { lock } from "./lock-tasks.js";
import { standing, take } from "./locks.js";
import { claim, claimIds, claimOne, HOUR_MS, message } from "./samples.js";

/** Entry "e", whose runs wait in queue "nobody". */
function unattended(harness: Harness): Promise<EverySecond> {
  return everySecond(harness, { name: "e", message: { queue: "nobody" } });
}

const SHORT = { expires: { inMs: 500 } };
const LONG = { expires: { inMs: 1_500 } };

const FIVE: readonly (readonly [string, Overlap, Partial<NewMessage>, string[], string])[] = [
  // runs                     policy         message  become                                          because
  [
    "skip",
    skipOverlap,
    SHORT,
    ["sent", "sent", "sent", "sent", "sent"],
    "each has expired when the next is due",
  ],
  [
    "skip, longer lives",
    skipOverlap,
    LONG,
    ["sent", "overlap", "sent", "overlap", "sent"],
    "every second one is due while the one before lives",
  ],
  ["queue-one", queueOne, SHORT, ["sent", "sent", "sent", "sent", "sent"], "none has to wait"],
  [
    "queue-one, longer lives",
    queueOne,
    LONG,
    ["sent", "buffered", "buffered", "buffered", "buffered"],
    "one goes out when the one before has expired, and the next is held for it",
  ],
  [
    "cancel-running",
    cancelRunning,
    SHORT,
    ["sent", "sent", "sent", "sent", "sent"],
    "there is nothing to cancel",
  ],
  [
    "skip, for an eta after the expiry",
    skipOverlap,
    { ...SHORT, eta: { inMs: HOUR_MS } },
    ["sent", "sent", "sent", "sent", "sent"],
    "what is delayed expires as well",
  ],
  [
    "skip, without expiry",
    skipOverlap,
    {},
    ["sent", "overlap", "overlap", "overlap", "overlap"],
    "it waits on",
  ],
];

export const expiryRunCases = group("expiry: runs of entries", {
  ...Object.fromEntries(
    FIVE.map(([what, overlap, changes, become, because]) => [
      `five runs that nobody takes (${what}) become ${become.join(", ")}: ${because}`,
      async (harness: Harness) => {
        const e = await unattended(harness);
        const found: string[] = [];
        for (let n = 0; n < 5; n++) found.push(await e.tick(overlap, changes));
        assert.deepEqual(found, become);
      },
    ]),
  ),

  "each of them is told expired, in the ledger sent, and is in no queue any more when the next is due":
    async (harness) => {
      const { store, clock } = harness;
      const e = await unattended(harness);
      for (let n = 0; n < 3; n++) await e.tick(skipOverlap, SHORT);
      await clock.advance(500);
      const results = await store.results.get([e.id(0), e.id(1), e.id(2)]);
      assert.deepEqual(
        results.map((record) => [record?.state, record?.reason]),
        Array(3).fill(["REVOKED", "expired"]),
      );
      assert.deepEqual(
        (await ledgerOf(store, "e")).map((record) => record.kind === "row" && record.fate),
        ["sent", "sent", "sent"],
      );
      const [{ queue, ready } = { queue: "", ready: 0 }] = await store.queues.counts();
      assert.deepEqual([queue, ready], ["nobody", 1]);
      assert.equal((await read(store, "e")).unfinished, 0);
    },

  "a run that a worker has is unfinished, though its time is over": async (harness) => {
    const e = await unattended(harness);
    await e.tick(skipOverlap, SHORT);
    await claimOne(harness.store, { queues: ["nobody"], leaseMs: HOUR_MS });
    assert.equal(await e.tick(skipOverlap, SHORT), "overlap");
    assert.equal((await read(harness.store, "e")).unfinished, 1);
  },

  "a run that stands in the line of its lock expires there, and leaves the line": async (harness) => {
    const { store } = harness;
    await take(store, "p", { leaseMs: HOUR_MS, waiterTtlMs: null });
    const e = await unattended(harness);
    assert.equal(await e.tick(queueOne, { ...SHORT, lock }), "sent");
    assert.equal(await e.tick(queueOne, { ...SHORT, lock }), "sent");
    assert.deepEqual(await standing(store), { holds: ["p"], waits: [e.id(1)] });
  },

  "a buffered run is sent when the waiting one expires: by a claim from any queue, which is asked for then":
    async (harness) => {
      const { store, clock } = harness;
      const e = await unattended(harness);
      await e.tick(queueOne, LONG);
      assert.equal(await e.tick(queueOne, {}), "buffered");
      const { nextWakeAt } = await claim(store, { queues: ["other"] });
      assert.equal(nextWakeAt, clock.now() + 500);
      await clock.advance(500);
      await claim(store, { queues: ["other"] });
      assert.equal((await read(store, "e")).buffered, false);
      assert.deepEqual(await claimIds(store, { queues: ["nobody"] }), [e.id(1)]);
    },

  "a buffered run is not sent when the time of a running one is over: it waits for its end": async (
    harness,
  ) => {
    const { store, clock } = harness;
    const e = await unattended(harness);
    await e.tick(queueOne, LONG);
    await e.tick(queueOne, {});
    await claimOne(store, { queues: ["nobody"], leaseMs: HOUR_MS });
    await clock.advance(500);
    await claim(store, { queues: ["other"] });
    assert.equal((await read(store, "e")).buffered, true);
  },

  "a triggered run is sent as well when the one before has expired": async (harness) => {
    const { store, clock } = harness;
    const e = await unattended(harness);
    await e.tick(skipOverlap, SHORT);
    const trigger = (id: string) =>
      store.entries.trigger("e", message(id, { entry: "e", queue: "nobody" }), skipOverlap);
    assert.equal(await trigger("e!1"), "overlap");
    await clock.advance(500);
    assert.equal(await trigger("e!2"), "sent");
  },

  "more expired runs than one step looks at are ended by the one after it": async (harness) => {
    const { store, clock } = harness;
    const e = await unattended(harness);
    await e.tick(allow, SHORT);
    const many = Array.from({ length: 1_200 }, (_, n) => message(`m${n}`, { entry: "e", ...SHORT }));
    await store.sender.enqueue(many);
    await clock.advance(500);
    await e.tick(skipOverlap, SHORT);
    assert.equal(await e.tick(skipOverlap, SHORT), "sent");
  },
});
