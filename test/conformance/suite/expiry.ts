/** Expiry that no worker notices: it is told at its instant, to whoever asks, and a claim that comes later says the same. */
import assert from "node:assert/strict";
import type { EpochMs } from "../../../src/core/clock.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type { StoredResult } from "../../../src/store/contracts/results.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { cursor, entry, item, putAll, queueOne, read, sendOf, tick } from "./entry-samples.js";
import { group, type Harness } from "./harness.js";
import { lead } from "./leases.js";
import { lock } from "./lock-tasks.js";
import { take } from "./locks.js";
import {
  claim,
  claimIds,
  claimOne,
  dead,
  eventually,
  finish,
  HOUR_MS,
  LEASE_MS,
  message,
  retry,
} from "./samples.js";

const never = new AbortController().signal;
const LIFE_MS = 1_500;

/** Brings message "a", which expires at `at`, to a place where it waits. */
type Way = (store: Store, at: EpochMs, harness: Harness) => Promise<unknown>;

async function send(store: Store, at: EpochMs, changes: Partial<NewMessage> = {}): Promise<void> {
  assert.deepEqual(await store.sender.enqueue([message("a", { expires: { at }, ...changes })]), ["queued"]);
}

/** The run "a" of an entry whose first run is at work. */
async function heldBack(store: Store, at: EpochMs, { clock }: Harness): Promise<void> {
  const due = clock.now();
  await putAll(store, entry("e", due));
  const plan = [
    sendOf("e", due, queueOne, { queue: "other" }),
    sendOf("e", due, queueOne, { id: "a", expires: { at } }),
  ];
  await tick(store, await lead(store, undefined, HOUR_MS), item("e", due, { plan, next: cursor(due + 1) }));
  await claimOne(store, { queues: ["other"], leaseMs: HOUR_MS });
}

const WAYS: readonly (readonly [place: string, state: string, way: Way])[] = [
  ["in its queue", "PENDING", (store, at) => send(store, at)],
  ["for its eta, which comes later", "PENDING", (store, at) => send(store, at, { eta: { inMs: HOUR_MS } })],
  [
    "in the line of its lock",
    "PENDING",
    async (store, at) => {
      await take(store, "p", { leaseMs: HOUR_MS, waiterTtlMs: null });
      await send(store, at, { lock });
    },
  ],
  [
    "in the line of its lock, for less time than that",
    "PENDING",
    async (store, at) => {
      await take(store, "p", { leaseMs: HOUR_MS, waiterTtlMs: null });
      await send(store, at, { lock: { ...lock, waitTimeoutMs: LIFE_MS + 100 } });
    },
  ],
  ["for an earlier run of its entry", "PENDING", heldBack],
  [
    "given back by its worker",
    "PENDING",
    async (store, at) => {
      await send(store, at);
      await store.consumer.giveBack([await claimOne(store)]);
    },
  ],
  [
    "left by a worker that is lost",
    "PENDING",
    async (store, at, { clock }) => {
      await send(store, at);
      await claimOne(store, { leaseMs: 500 });
      await clock.advance(500);
      await claim(store, { queues: ["other"] });
    },
  ],
  [
    "between two tries",
    "RETRY",
    async (store, at) => {
      await send(store, at);
      await store.consumer.settle([retry(await claimOne(store), HOUR_MS)], null);
    },
  ],
  [
    "brought back from the dead letters",
    "PENDING",
    async (store, at) => {
      await send(store, at);
      await store.consumer.settle([dead(await claimOne(store))], null);
      assert.equal(await store.deadLetters.redrive(["a"]), 1);
    },
  ],
];

function expired(at: EpochMs): StoredResult {
  return { id: "a", state: "REVOKED", payload: null, reason: "expired", at };
}

const said = (record: StoredResult | null | undefined) => record && { ...record, at: 0 };

/** A message that has expired where `way` brought it. */
async function outlived(harness: Harness, way: Way): Promise<EpochMs> {
  const at = harness.clock.now() + LIFE_MS;
  await way(harness.store, at, harness);
  await harness.clock.advance(at - harness.clock.now());
  return at;
}

const [[, , inQueue]] = WAYS as [(typeof WAYS)[number]];

const told = group(
  "expiry: told without a worker",
  Object.fromEntries(
    WAYS.flatMap(([place, state, way]) => [
      [
        `a task that waits ${place} has ended at the instant of its expiry, and not before`,
        async (harness: Harness) => {
          const { store, clock } = harness;
          const at = clock.now() + LIFE_MS;
          await way(store, at, harness);
          await clock.advance(at - 1 - clock.now());
          assert.equal((await store.results.get(["a"]))[0]?.state, state);
          await clock.advance(1);
          assert.deepEqual(await store.results.get(["a"]), [expired(at)]);
          assert.deepEqual(await store.results.wait("a", never), expired(at));
        },
      ],
      [
        `who waits for the result of a task that waits ${place} has it at that instant, though nobody does anything`,
        async (harness: Harness) => {
          const { store, clock } = harness;
          const at = clock.now() + LIFE_MS;
          const early = store.results.wait("a", never);
          await way(store, at, harness);
          const late = (await harness.peer()).results.wait("a", never);
          // The waits look before time goes on.
          for (let looks = 0; looks < 10; looks++) await store.results.get(["a"]);
          await clock.advance(at - clock.now());
          // A wait that a far server has not answered yet begins after the instant.
          assert.deepEqual(await eventually(harness, late, "the end of a task that expires", 1), expired(at));
          // By a timer of its own, and not because it looks every few seconds.
          assert(clock.now() < at + 2 * LIFE_MS, `it came ${clock.now() - at} ms after the expiry`);
          assert.equal(
            (await eventually(harness, early, "the same, asked before it was sent"))?.reason,
            "expired",
          );
        },
      ],
      [
        `a claim drops the task that waited ${place}, and leaves the words that were told`,
        async (harness: Harness) => {
          const { store, clock } = harness;
          await outlived(harness, way);
          const before = (await store.results.get(["a"]))[0];
          await clock.advance(2 * HOUR_MS);
          assert.deepEqual(await claimIds(store, { leaseMs: HOUR_MS }), []);
          for (let claims = 0; claims < 3; claims++) await claimIds(store);
          const after = (await store.results.get(["a"]))[0];
          assert.deepEqual(said(after), said(before));
          assert.deepEqual(await store.sender.enqueue([message("a")]), ["duplicate"]);
        },
      ],
    ]),
  ),
);

const stays = group("expiry: told once and for all", {
  "a revoke that comes too late changes nothing": async (harness) => {
    const { store } = harness;
    await outlived(harness, inQueue);
    await store.sender.revoke(["a"], { terminate: true, keepMs: HOUR_MS });
    assert.equal((await store.results.get(["a"]))[0]?.reason, "expired");
  },

  "a revoke that was remembered before the task was sent changes nothing": async (harness) => {
    const { store } = harness;
    await store.sender.revoke(["a"], { terminate: false, keepMs: HOUR_MS });
    await outlived(harness, inQueue);
    assert.equal((await store.results.get(["a"]))[0]?.reason, "expired");
    assert.deepEqual(await claimIds(store), []);
    assert.equal((await store.results.get(["a"]))[0]?.reason, "expired");
  },

  "a task that expires before it is given up in the line of its lock has expired": async (harness) => {
    const { store, clock } = harness;
    await take(store, "p", { leaseMs: HOUR_MS, waiterTtlMs: null });
    const line = { ...lock, waitTimeoutMs: LIFE_MS + 100 };
    await outlived(harness, (to, at) => send(to, at, { lock: line }));
    await clock.advance(100);
    assert.deepEqual(await claimIds(store, { queues: ["other"] }), []);
    assert.equal((await store.results.get(["a"]))[0]?.reason, "expired");
  },

  "a run that has expired while its entry holds it is not held any more, whatever becomes of the entry":
    async (harness) => {
      const { store } = harness;
      await outlived(harness, heldBack);
      const { buffered, unfinished, etag } = await read(store, "e");
      assert.deepEqual([buffered, unfinished], [false, 1]);
      assert.equal(await store.entries.remove("e", etag), "removed");
      assert.deepEqual(said((await store.results.get(["a"]))[0]), said(expired(0)));
    },

  "a task whose worker has it when its time is over may still end well": async (harness) => {
    const { store } = harness;
    const { clock } = harness;
    await send(store, clock.now() + LIFE_MS);
    const delivery = await claimOne(store);
    await clock.advance(LIFE_MS);
    assert.equal((await store.results.get(["a"]))[0]?.state, "RECEIVED");
    await finish(store, delivery);
    assert.equal((await store.results.get(["a"]))[0]?.state, "SUCCESS");
  },

  "one that comes back from its worker after its time has ended where it waits, and who waits for it hears of it":
    async (harness) => {
      const { store, clock } = harness;
      const at = clock.now() + LIFE_MS;
      await send(store, at);
      const wait = store.results.wait("a", never);
      const delivery = await claimOne(store);
      await clock.advance(LIFE_MS);
      await store.consumer.giveBack([delivery]);
      assert.deepEqual(await store.results.get(["a"]), [expired(at)]);
      assert.deepEqual(await eventually(harness, wait, "the end of a task that was given back"), expired(at));
    },

  "one that was revoked while its worker had it has ended when it is given back": async (harness) => {
    const { store, clock } = harness;
    await send(store, clock.now() + HOUR_MS);
    const delivery = await claimOne(store, { leaseMs: LEASE_MS });
    await store.sender.revoke(["a"], { terminate: false, keepMs: 0 });
    assert.equal((await store.results.get(["a"]))[0]?.state, "RECEIVED");
    const wait = store.results.wait("a", never);
    await store.consumer.giveBack([delivery]);
    assert.equal((await store.results.get(["a"]))[0]?.reason, "revoked");
    assert.equal((await eventually(harness, wait, "the end of a revoked task"))?.reason, "revoked");
  },

  "a task whose result is not kept has expired until a claim drops it, and is not known afterwards": async (
    harness,
  ) => {
    const { store } = harness;
    await outlived(harness, (to, at) => send(to, at, { resultTtlMs: 0 }));
    assert.equal((await store.results.get(["a"]))[0]?.reason, "expired");
    assert.deepEqual(await claimIds(store), []);
    assert.deepEqual(await store.results.get(["a"]), [null]);
  },

  "purge takes away what has expired like all that waits": async (harness) => {
    const { store } = harness;
    await outlived(harness, inQueue);
    assert.equal(await store.queues.purge(["q"]), 1);
    assert.deepEqual(await store.results.get(["a"]), [null]);
  },
});

export const expiryCases = [...told, ...stays];
