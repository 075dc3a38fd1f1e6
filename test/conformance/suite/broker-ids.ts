/** Ids that a sender may send again: known for as long as a result would be kept, also where the task leaves none. */
import assert from "node:assert/strict";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type { EnqueueOutcome, NewMessage } from "../../../src/store/contracts/sender.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { allow, entry, ledgerOf, putAll } from "./entry-samples.js";
import { group, type Harness } from "./harness.js";
import { lock } from "./lock-tasks.js";
import { take } from "./locks.js";
import {
  claim,
  claimIds,
  claimOne,
  dead,
  done,
  eventually,
  HOUR_MS,
  message,
  retry,
  sendAndClaim,
  success,
} from "./samples.js";

const ID_MS = 60_000;
const never = new AbortController().signal;

/** "a", whose result is not kept. */
const once = (changes: Partial<NewMessage> = {}) =>
  message("a", { resultTtlMs: 0, idTtlMs: ID_MS, ...changes });

async function outcome(store: Store, sent: NewMessage): Promise<EnqueueOutcome | undefined> {
  return (await store.sender.enqueue([sent]))[0];
}

/** The delivery has ended as its worker says when nothing is kept. */
async function end(store: Store, { id, token, idTtlMs }: Delivery): Promise<void> {
  const settlement = { id, token, kind: "done", result: null, resultTtlMs: 0, idTtlMs } as const;
  assert.deepEqual((await store.consumer.settle([settlement], null)).outcomes, ["settled"]);
}

async function run(store: Store, changes: Partial<NewMessage> = {}): Promise<void> {
  await store.sender.enqueue([once(changes)]);
  await end(store, await claimOne(store));
}

type Ending = (harness: Harness) => Promise<unknown>;

const ENDINGS: readonly (readonly [how: string, ending: Ending])[] = [
  ["has run", ({ store }) => run(store)],
  [
    "has run at its second try",
    async ({ store }) => {
      await store.sender.enqueue([once()]);
      await store.consumer.settle([{ ...retry(await claimOne(store), 0), result: null }], null);
      await end(store, await claimOne(store));
    },
  ],
  ["had expired when it was sent", ({ store }) => store.sender.enqueue([once({ expires: { inMs: 0 } })])],
  [
    "has expired in its queue",
    async ({ store, clock }) => {
      await store.sender.enqueue([once({ expires: { inMs: 5 } })]);
      await clock.advance(5);
      await claim(store);
    },
  ],
  [
    "was revoked",
    async ({ store }) => {
      await store.sender.enqueue([once()]);
      await store.sender.revoke(["a"], { terminate: false, keepMs: 0 });
    },
  ],
  [
    "has waited too long for its lock",
    async ({ store, clock }) => {
      await take(store, "p", { leaseMs: HOUR_MS, waiterTtlMs: null });
      await store.sender.enqueue([once({ lock: { ...lock, waitTimeoutMs: 5 } })]);
      await clock.advance(5);
      await claim(store);
    },
  ],
];

export const idCases = group("broker: ids that are sent again", {
  ...Object.fromEntries(
    ENDINGS.map(([how, ending]) => [
      `an id that stays known is a duplicate after its task ${how}, to the millisecond, and nothing is told of it`,
      async (harness: Harness) => {
        const { store, clock } = harness;
        await ending(harness);
        assert.deepEqual(await store.results.get(["a"]), [null]);
        assert.equal(await outcome(store, once()), "duplicate");
        await clock.advance(ID_MS - 1);
        assert.equal(await outcome(store, message("a")), "duplicate");
        await clock.advance(1);
        assert.equal(await outcome(store, message("a")), "queued");
      },
    ]),
  ),

  "an id that does not stay known leaves nothing": async ({ store, clock }) => {
    await run(store, { idTtlMs: 0 });
    assert.equal(await outcome(store, message("a", { resultTtlMs: 0 })), "queued");
    await end(store, await claimOne(store));
    await clock.advance(2 * HOUR_MS);
    assert.equal(await store.sweep(10), 0);
  },

  "of many that are settled in one step each is judged alone": async ({ store }) => {
    await store.sender.enqueue([once(), message("b", { resultTtlMs: 0 }), message("c")]);
    const [a, b, c] = (await claim(store)).deliveries as [Delivery, Delivery, Delivery];
    await store.consumer.settle(
      [
        { ...done(a, null), idTtlMs: ID_MS },
        { ...done(b, null), idTtlMs: 0 },
        { ...done(c), idTtlMs: ID_MS },
      ],
      null,
    );
    assert.deepEqual(await store.sender.enqueue(["a", "b", "c"].map((id) => message(id))), [
      ...["duplicate", "queued", "duplicate"],
    ]);
    const records = await store.results.get(["a", "b", "c"]);
    assert.deepEqual(
      records.map((record) => record?.state),
      [undefined, "PENDING", "SUCCESS"],
    );
  },

  "a mark goes in place of a record that is no end": async ({ store, clock }) => {
    const delivery = await sendAndClaim(store, "a", { idTtlMs: HOUR_MS });
    await store.results.update(delivery, { state: "STARTED", payload: null }, ID_MS);
    await end(store, delivery);
    assert.equal((await store.results.get(["a"]))[0], null);
    await clock.advance(HOUR_MS - 1);
    assert.equal(await outcome(store, message("a")), "duplicate");
    await clock.advance(1);
    assert.equal(await outcome(store, message("a")), "queued");
  },

  "an end that is kept goes before a mark": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a", { idTtlMs: HOUR_MS });
    await store.results.put("a", success, HOUR_MS);
    await end(store, delivery);
    assert.equal((await store.results.get(["a"]))[0]?.state, "SUCCESS");
  },

  "a result that comes after the mark takes its place": async ({ store }) => {
    await run(store);
    await store.results.put("a", success, HOUR_MS);
    assert.equal((await store.results.get(["a"]))[0]?.state, "SUCCESS");
  },

  "who waits for a task that leaves a mark gets null, and so does who comes later": async (harness) => {
    const { store } = harness;
    const wait = (await harness.peer()).results.wait("a", never);
    await run(store);
    assert.equal(await eventually(harness, wait, "the end of a task without a result"), null);
    assert.equal(await eventually(harness, store.results.wait("a", never), "the same"), null);
  },

  "forget, purge and deleteDead make it an id like any other": async ({ store }) => {
    await run(store);
    await store.results.forget(["a"]);
    assert.equal(await outcome(store, once()), "queued");
    await store.queues.purge(["q"]);
    assert.equal(await outcome(store, once()), "queued");
    await store.consumer.settle([dead(await claimOne(store))], null);
    assert.equal(await outcome(store, once()), "duplicate");
    await store.deadLetters.delete(["a"]);
    assert.equal(await outcome(store, once()), "queued");
  },

  "a sweep drops marks as it drops results": async ({ store, clock }) => {
    await run(store);
    await clock.advance(ID_MS);
    assert.deepEqual([await store.sweep(10), await store.sweep(10)], [1, 0]);
  },

  "a run that is triggered again with its id is sent once, though it leaves no result": async ({ store }) => {
    await putAll(store, entry("e", null));
    const sent = once({ entry: "e" });
    assert.equal(await store.entries.trigger("e", sent, allow), "sent");
    await end(store, await claimOne(store));
    assert.equal(await store.entries.trigger("e", sent, allow), "sent");
    assert.deepEqual([await claimIds(store), (await ledgerOf(store, "e")).length], [[], 1]);
  },

  "marks outlive the process": {
    needs: "durable",
    async run({ store, reopen }) {
      await run(store);
      const again = await reopen();
      assert(again);
      assert.equal(await outcome(again, once()), "duplicate");
    },
  },
});
