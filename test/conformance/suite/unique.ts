/** Unique keys: one message has a key, what becomes of others is told when they are sent, and no end leaves a key taken. */
import assert from "node:assert/strict";
import type { EnqueueOutcome } from "../../../src/store/contracts/sender.js";
import type { Store } from "../../../src/store/contracts/store.js";
import type { MessageUnique, NewMessage } from "../../../src/tasks/message.js";
import { chainInstead } from "./graph-grow.js";
import { drain } from "./graph-samples.js";
import { group, type Harness } from "./harness.js";
import {
  claim,
  claimIds,
  claimOne,
  dead,
  done,
  finish,
  HOUR_MS,
  LEASE_MS,
  message,
  retry,
} from "./samples.js";

type Policy = MessageUnique["onConflict"];

/** Key "k", until the message has finished. */
export function uniqueOf(onConflict: Policy, changes: Partial<MessageUnique> = {}): MessageUnique {
  return { key: "k", ttlMs: null, until: "finished", onConflict, maxWaitMs: null, ...changes };
}

async function send(
  store: Store,
  id: string,
  unique: MessageUnique,
  changes: Partial<NewMessage> = {},
): Promise<EnqueueOutcome> {
  const [outcome] = await store.sender.enqueue([message(id, { unique, ...changes })]);
  assert(outcome);
  return outcome;
}

/** The key is free: a probe gets it, and is gone again. */
async function assertFree(store: Store, key = "k"): Promise<void> {
  assert.equal(await send(store, "probe", uniqueOf("refuse", { key }), { queue: "probes" }), "queued");
  await store.queues.purge(["probes"]);
}

async function assertTaken(store: Store, owner: string, key = "k"): Promise<void> {
  assert.deepEqual(await send(store, "probe", uniqueOf("refuse", { key })), { refused: owner });
}

const JOIN = uniqueOf("join");
const REFUSE = uniqueOf("refuse");
const REPLACE = uniqueOf("replace");
const QUEUE_ONE = uniqueOf("queue-one");
const revoked = { terminate: false, keepMs: 0 };

/** How the message "a" of the key may end, and whether what waits behind it is then ready. */
const ENDS: Readonly<Record<string, (harness: Harness) => Promise<unknown>>> = {
  "success ends it": async ({ store }) => finish(store, await claimOne(store)),
  "a failure is an end as any other": async ({ store }) => {
    const result = { state: "FAILURE", payload: "{}" };
    return store.consumer.settle([done(await claimOne(store), result)], null);
  },
  "a task that leaves no result has ended": async ({ store }) =>
    store.consumer.settle([done(await claimOne(store), null)], null),
  "a dead letter does not run by itself": async ({ store }) =>
    store.consumer.settle([dead(await claimOne(store))], null),
  "a revoked one will not run": ({ store }) => store.sender.revoke(["a"], revoked),
  "an operator drops it": ({ store }) => store.queues.purge(["a"]),
  "a claim drops one that has expired": async ({ store, clock }) => {
    clock.jump(HOUR_MS);
    return claimIds(store, { queues: ["a"] });
  },
  "one that is lost too often is a dead letter": async ({ store, clock }) => {
    await claimOne(store, { queues: ["a"] });
    clock.jump(LEASE_MS);
    return claimIds(store, { queues: [] });
  },
};

const endCases = Object.fromEntries(
  Object.entries(ENDS).map(
    ([because, end]): [string, { because: string; run: (h: Harness) => Promise<void> }] => [
      `the key is free, and what waits behind it ready: ${because}`,
      {
        because,
        run: async (harness) => {
          const { store } = harness;
          const own = { queue: "a", maxDeliveries: 1, expires: { inMs: HOUR_MS } };
          const inQueue = /claim drops|too often|operator/.test(because) ? own : { maxDeliveries: 1 };
          assert.equal(await send(store, "a", QUEUE_ONE, inQueue), "queued");
          assert.equal(await send(store, "b", QUEUE_ONE, { queue: "b" }), "queued");
          assert.deepEqual(await claimIds(store, { queues: ["b"] }), []);
          await end(harness);
          const next = await claimOne(store, { queues: ["b"] });
          assert.equal(next.id, "b");
          await assertTaken(store, "b");
          await finish(store, next);
          await assertFree(store);
        },
      },
    ],
  ),
);

export const uniqueKeyCases = group("unique: the key", {
  "a second message of the key joins the first, and is not stored": async ({ store }) => {
    assert.equal(await send(store, "a", JOIN), "queued");
    assert.deepEqual(await send(store, "b", JOIN), { joined: "a" });
    assert.deepEqual(await store.results.get(["b"]), [null]);
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "messages of one call meet each other": async ({ store }) => {
    const batch = ["a", "b", "c"].map((id) => message(id, { unique: JOIN }));
    const other = message("d", { unique: uniqueOf("join", { key: "other" }) });
    assert.deepEqual(await store.sender.enqueue([...batch, other, message("e")]), [
      "queued",
      { joined: "a" },
      { joined: "a" },
      "queued",
      "queued",
    ]);
  },

  "under refuse the answer tells who has it": async ({ store }) => {
    await send(store, "a", REFUSE);
    assert.deepEqual(await send(store, "b", REFUSE), { refused: "a" });
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "the same message sent again is a duplicate: it meets itself": {
    because: "an answer may be lost, and the step repeated",
    run: async ({ store }) => {
      for (const [n, unique] of [JOIN, REFUSE, REPLACE, QUEUE_ONE].entries()) {
        const own = { ...unique, key: `k${n}` };
        assert.equal(await send(store, `a${n}`, own), "queued");
        assert.equal(await send(store, `a${n}`, own, { body: "other" }), "duplicate");
      }
      const { deliveries } = await claim(store);
      assert.deepEqual(
        deliveries.map(({ body }) => body),
        [0, 1, 2, 3].map((n) => `body of a${n}`),
      );
      assert.equal(await send(store, "a2", { ...REPLACE, key: "k2" }), "duplicate");
      await store.consumer.settle(
        deliveries.map((delivery) => done(delivery)),
        null,
      );
      assert.equal(await send(store, "a0", { ...JOIN, key: "k0" }), "duplicate");
      await assertFree(store, "k0");
    },
  },

  "one that waits behind another is a duplicate when it is sent again": async ({ store }) => {
    await send(store, "a", QUEUE_ONE);
    assert.equal(await send(store, "b", QUEUE_ONE), "queued");
    assert.equal(await send(store, "b", QUEUE_ONE), "duplicate");
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 1, scheduled: 0, leased: 0, dead: 0, blocked: 1 },
    ]);
  },

  "one that has expired takes no key, and meets none": async ({ store }) => {
    assert.equal(await send(store, "a", JOIN, { expires: { inMs: 0 } }), "expired");
    await assertFree(store);
    await send(store, "b", JOIN);
    assert.equal(await send(store, "c", REPLACE, { expires: { inMs: 0 } }), "expired");
    assert.equal((await claimOne(store)).body, "body of b");
  },

  "messages without a key meet nobody": async ({ store }) => {
    await send(store, "a", JOIN);
    assert.deepEqual(await store.sender.enqueue([message("b")]), ["queued"]);
  },

  "a message that comes back keeps the key": {
    because: "retries, defers, a return and a lost worker leave the message there",
    run: async ({ store, clock }) => {
      await send(store, "a", JOIN, { maxDeliveries: 9 });
      await store.consumer.settle([retry(await claimOne(store), 0)], null);
      await assertTaken(store, "a");
      await store.consumer.settle([{ ...retry(await claimOne(store), 0), kind: "defer" }], null);
      await assertTaken(store, "a");
      await store.consumer.giveBack([await claimOne(store)]);
      await assertTaken(store, "a");
      await claimOne(store);
      clock.jump(LEASE_MS);
      await claimIds(store, { max: 0 });
      await assertTaken(store, "a");
      await finish(store, await claimOne(store));
      await assertFree(store);
    },
  },

  "a dead letter that is redriven does not take the key again": async ({ store }) => {
    await send(store, "a", REFUSE);
    await store.consumer.settle([dead(await claimOne(store))], null);
    await send(store, "b", REFUSE, { queue: "other" });
    assert.equal(await store.deadLetters.redrive(["a"]), 1);
    await finish(store, await claimOne(store));
    await assertTaken(store, "b");
  },

  "an owner that has expired is no owner, though no claim has dropped it": async ({ store, clock }) => {
    await send(store, "a", JOIN, { expires: { inMs: 1_000 } });
    clock.jump(1_000);
    assert.equal(await send(store, "b", JOIN), "queued");
    const [told] = await store.results.get(["a"]);
    assert.equal(told?.reason, "expired");
    assert.deepEqual(await claimIds(store), ["b"]);
  },

  "a message that was marked as revoked, and waits again, is no owner": async ({ store }) => {
    await send(store, "a", JOIN);
    const delivery = await claimOne(store);
    await store.sender.revoke(["a"], revoked);
    await assertTaken(store, "a");
    await store.consumer.giveBack([delivery]);
    assert.equal(await send(store, "b", JOIN), "queued");
    assert.deepEqual(await claimIds(store), ["b"]);
  },

  ...endCases,
});

export const uniqueStartCases = group("unique: until it has started", {
  "the first claim frees the key, and a return does not take it again": async ({ store }) => {
    const unique = uniqueOf("refuse", { until: "started" });
    await send(store, "a", unique);
    assert.deepEqual(await send(store, "b", unique), { refused: "a" });
    await store.consumer.giveBack([await claimOne(store)]);
    assert.equal(await send(store, "b", unique), "queued");
    assert.deepEqual(await claimIds(store), ["a", "b"]);
    await assertFree(store);
  },

  "what waits behind it is ready when it has begun": async ({ store }) => {
    const unique = uniqueOf("queue-one", { until: "started" });
    await send(store, "a", unique);
    await send(store, "b", unique);
    assert.deepEqual(await claimIds(store, { max: 1 }), ["a"]);
    assert.deepEqual(await claimIds(store), ["b"]);
    await assertFree(store);
  },

  "one that ends before it has begun frees it, too": async ({ store }) => {
    await send(store, "a", uniqueOf("refuse", { until: "started" }));
    await store.sender.revoke(["a"], revoked);
    await assertFree(store);
  },

  "of several in one claim each frees its own": async ({ store }) => {
    const keys = ["x", "y", "z"];
    for (const key of keys) await send(store, `of ${key}`, uniqueOf("refuse", { key, until: "started" }));
    assert.equal((await claimIds(store)).length, 3);
    for (const key of keys) await assertFree(store, key);
  },
});

export const uniqueTimeCases = group("unique: its time", {
  "after ttl the key is free though the message is there": async ({ store, clock }) => {
    await send(store, "a", uniqueOf("refuse", { ttlMs: 1_000 }));
    clock.jump(999);
    await assertTaken(store, "a");
    clock.jump(1);
    assert.equal(await send(store, "b", REFUSE), "queued");
    assert.deepEqual(await claimIds(store), ["a", "b"]);
  },

  "the end of one whose time was over does not free the key of its successor": async ({ store, clock }) => {
    await send(store, "a", uniqueOf("refuse", { ttlMs: 1_000 }));
    const a = await claimOne(store);
    clock.jump(1_000);
    await send(store, "b", REFUSE);
    await finish(store, a);
    await assertTaken(store, "b");
  },

  "an end before ttl frees it": async ({ store }) => {
    await send(store, "a", uniqueOf("refuse", { ttlMs: 1_000 }));
    await finish(store, await claimOne(store));
    await assertFree(store);
  },

  "without until it is taken for all of ttl, once the message has begun": {
    because: "a throttle lets one run begin in a time, however short it is",
    run: async ({ store, clock }) => {
      const throttle = uniqueOf("join", { until: null, ttlMs: 10_000 });
      await send(store, "a", throttle);
      await finish(store, await claimOne(store));
      assert.deepEqual(await send(store, "b", throttle), { joined: "a" });
      clock.jump(9_999);
      await store.sweep(100);
      assert.deepEqual(await send(store, "b", throttle), { joined: "a" });
      clock.jump(1);
      assert.equal(await send(store, "b", throttle), "queued");
      assert.deepEqual(await claimIds(store), ["b"]);
    },
  },

  "without until an end before it has begun frees it": async ({ store }) => {
    await send(store, "a", uniqueOf("join", { until: null, ttlMs: 10_000 }));
    await store.sender.revoke(["a"], revoked);
    await assertFree(store);
  },

  "a sweep drops keys whose time is over, and no others": async ({ store, clock }) => {
    const throttle = (key: string, ttlMs: number) => uniqueOf("join", { key, until: null, ttlMs });
    for (const [key, ttlMs] of [
      ["x", 1_000],
      ["y", 9_000],
    ] as const) {
      await send(store, key, throttle(key, ttlMs));
      await finish(store, await claimOne(store));
    }
    clock.jump(1_000);
    assert.equal(await store.sweep(100), 1);
    assert.deepEqual(await send(store, "z", throttle("y", 1)), { joined: "y" });
  },

  "a sweep does not take a key for which somebody waits, nor from the one that waited": async ({
    store,
    clock,
  }) => {
    await send(store, "a", uniqueOf("queue-one", { ttlMs: 1_000 }));
    const a = await claimOne(store);
    await send(store, "b", QUEUE_ONE);
    clock.jump(500);
    await finish(store, a);
    clock.jump(500);
    await store.sweep(100);
    await assertTaken(store, "b");

    const other = { key: "other" };
    await send(store, "c", uniqueOf("queue-one", { ...other, ttlMs: 1_000 }), { queue: "other" });
    const c = await claimOne(store, { queues: ["other"] });
    await send(store, "d", uniqueOf("queue-one", other), { queue: "other" });
    clock.jump(1_000);
    await store.sweep(100);
    await finish(store, c);
    assert.deepEqual(await claimIds(store, { queues: ["other"] }), ["d"]);
    await assertTaken(store, "d", "other");
  },

  "queue-one and replace do not wait for the time of one that has begun": async ({ store }) => {
    for (const [n, policy] of (["queue-one", "replace"] as const).entries()) {
      const key = `k${n}`;
      await send(store, `a${n}`, uniqueOf("join", { key, until: null, ttlMs: 10_000 }));
      await claimOne(store);
      assert.equal(await send(store, `b${n}`, uniqueOf(policy, { key })), "queued");
      assert.deepEqual(await claimIds(store), [`b${n}`]);
      await assertTaken(store, `b${n}`, key);
    }
  },

  "what waits behind one whose time is over goes before a newer one": async ({ store, clock }) => {
    await send(store, "a", uniqueOf("queue-one", { ttlMs: 1_000 }));
    await claimOne(store);
    await send(store, "b", QUEUE_ONE);
    clock.jump(1_000);
    assert.deepEqual(await claimIds(store), []);
    assert.equal(await send(store, "c", QUEUE_ONE), "queued");
    assert.deepEqual(await claimIds(store), ["b"]);
  },
});

async function bodyOf(store: Store): Promise<readonly [string, string]> {
  const { id, body } = await claimOne(store);
  return [id, body];
}

export const uniqueReplaceCases = group("unique: replace and queue-one", {
  "replace gives one that has not begun the newer body": async ({ store }) => {
    await send(store, "a", REPLACE);
    assert.deepEqual(await send(store, "b", REPLACE), { joined: "a" });
    assert.deepEqual(await bodyOf(store), ["a", "body of b"]);
    assert.deepEqual(await claimIds(store), []);
  },

  "a replaced one keeps its place in the queue": async ({ store }) => {
    await send(store, "a", REPLACE);
    await store.sender.enqueue([message("x")]);
    await send(store, "b", REPLACE);
    assert.deepEqual(await claimIds(store), ["a", "x"]);
  },

  "each later one puts it off by its countdown": {
    because: "a debounce runs when nobody has asked for a while",
    run: async ({ store, clock }) => {
      const countdown = { eta: { inMs: 1_000 } };
      await send(store, "a", REPLACE, countdown);
      clock.jump(900);
      await send(store, "b", REPLACE, countdown);
      clock.jump(900);
      assert.deepEqual(await claimIds(store), []);
      clock.jump(100);
      const delivery = await claimOne(store);
      assert.deepEqual([delivery.id, delivery.body, delivery.eta], ["a", "body of b", clock.now()]);
    },
  },

  "one that was ready is scheduled, and one that was scheduled ready": async ({ store }) => {
    await send(store, "a", REPLACE);
    await send(store, "b", REPLACE, { eta: { inMs: 1_000 } });
    assert.deepEqual(await claimIds(store), []);
    await send(store, "c", REPLACE);
    assert.deepEqual(await bodyOf(store), ["a", "body of c"]);
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 0, scheduled: 0, leased: 1, dead: 0 },
    ]);
  },

  "maxWait bounds it, from the first sending": async ({ store, clock }) => {
    const bounded = uniqueOf("replace", { maxWaitMs: 2_500 });
    const countdown = { eta: { inMs: 1_000 } };
    await send(store, "a", bounded, countdown);
    for (const id of ["b", "c", "d"]) {
      clock.jump(800);
      await send(store, id, bounded, countdown);
    }
    clock.jump(99);
    assert.deepEqual(await claimIds(store), []);
    clock.jump(1);
    assert.deepEqual(await bodyOf(store), ["a", "body of d"]);
  },

  "it expires when the newer one does": async ({ store, clock }) => {
    await send(store, "a", REPLACE, { expires: { inMs: 1_000 } });
    clock.jump(999);
    await send(store, "b", REPLACE, { expires: { inMs: 1_000 } });
    clock.jump(999);
    assert.deepEqual(await bodyOf(store), ["a", "body of b"]);
  },

  "one that has expired is not brought back": async ({ store, clock }) => {
    await send(store, "a", REPLACE, { expires: { inMs: 1_000 } });
    clock.jump(1_000);
    assert.equal(await send(store, "b", REPLACE), "queued");
    assert.deepEqual(await bodyOf(store), ["b", "body of b"]);
  },

  "under replace one waits behind one that has begun, and is replaced there": {
    because: "at most one at a time, and the latest is not lost",
    run: async ({ store }) => {
      await send(store, "a", REPLACE);
      const a = await claimOne(store);
      assert.equal(await send(store, "b", REPLACE), "queued");
      assert.deepEqual(await send(store, "c", REPLACE), { joined: "b" });
      assert.deepEqual(await claimIds(store), []);
      await finish(store, a);
      assert.deepEqual(await bodyOf(store), ["b", "body of c"]);
    },
  },

  "one that is tried again has begun": async ({ store }) => {
    await send(store, "a", REPLACE);
    await store.consumer.settle([retry(await claimOne(store), 0)], null);
    assert.equal(await send(store, "b", REPLACE), "queued");
    assert.deepEqual(await bodyOf(store), ["a", "body of a"]);
  },

  "one whose worker was lost has begun": async ({ store, clock }) => {
    await send(store, "a", REPLACE);
    await claimOne(store);
    clock.jump(LEASE_MS);
    await claimIds(store, { max: 0 });
    assert.equal(await send(store, "b", REPLACE), "queued");
    assert.deepEqual(await bodyOf(store), ["a", "body of a"]);
  },

  "one that was given back unstarted has not": async ({ store }) => {
    await send(store, "a", REPLACE);
    await store.consumer.giveBack([await claimOne(store)]);
    assert.deepEqual(await send(store, "b", REPLACE, { eta: { inMs: 5 } }), { joined: "a" });
    assert.deepEqual(await claimIds(store), []);
  },

  "under queue-one the newest waits, also behind one that has not begun": async ({ store }) => {
    await send(store, "a", QUEUE_ONE);
    assert.equal(await send(store, "b", QUEUE_ONE), "queued");
    assert.deepEqual(await send(store, "c", QUEUE_ONE), { joined: "b" });
    assert.deepEqual(await send(store, "d", JOIN), { joined: "a" });
    const a = await claimOne(store);
    assert.deepEqual(await claimIds(store), []);
    await finish(store, a);
    assert.deepEqual(await bodyOf(store), ["b", "body of c"]);
    assert.equal(await send(store, "e", QUEUE_ONE), "queued");
  },

  "settle gives what waited in the claim of the same call": async ({ store }) => {
    await send(store, "a", QUEUE_ONE);
    await send(store, "b", QUEUE_ONE);
    const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 1 };
    const { claimed } = await store.consumer.settle([done(await claimOne(store))], request);
    assert.deepEqual(
      claimed?.deliveries.map(({ id }) => id),
      ["b"],
    );
  },

  "one that waits with an eta is scheduled when its turn comes": async ({ store, clock }) => {
    await send(store, "a", QUEUE_ONE);
    await send(store, "b", QUEUE_ONE, { eta: { inMs: 1_000 } });
    await finish(store, await claimOne(store));
    assert.deepEqual(await claimIds(store), []);
    clock.jump(1_000);
    assert.deepEqual(await claimIds(store), ["b"]);
  },

  "one that waits is replaced where it waits, whatever the eta": async ({ store, clock }) => {
    await send(store, "a", QUEUE_ONE);
    const a = await claimOne(store);
    await send(store, "b", QUEUE_ONE);
    assert.deepEqual(await send(store, "c", QUEUE_ONE, { eta: { inMs: 500 } }), { joined: "b" });
    clock.jump(500);
    assert.deepEqual(await claimIds(store), []);
    await send(store, "d", QUEUE_ONE, { eta: { inMs: 500 } });
    await finish(store, a);
    assert.deepEqual(await claimIds(store), []);
    clock.jump(500);
    assert.deepEqual(await bodyOf(store), ["b", "body of d"]);
  },

  "one that waits and expires never runs, and another may wait": async ({ store, clock }) => {
    await send(store, "a", QUEUE_ONE);
    const a = await claimOne(store, { leaseMs: HOUR_MS });
    await send(store, "b", QUEUE_ONE, { expires: { inMs: 1_000 } });
    clock.jump(1_000);
    assert.equal((await store.results.get(["b"]))[0]?.reason, "expired");
    assert.equal(await send(store, "c", QUEUE_ONE), "queued");
    await finish(store, a);
    const c = await claimOne(store);
    assert.equal(c.id, "c");
    await finish(store, c);
    assert.deepEqual(await store.queues.counts(), [], "b is not left behind");
  },

  "one that waits may be revoked, or purged": async ({ store }) => {
    await send(store, "a", QUEUE_ONE, { queue: "a" });
    await send(store, "b", QUEUE_ONE);
    await store.sender.revoke(["b"], revoked);
    assert.equal((await store.results.get(["b"]))[0]?.reason, "revoked");
    assert.equal(await send(store, "c", QUEUE_ONE), "queued");
    assert.equal(await store.queues.purge(["q"]), 1);
    await finish(store, await claimOne(store, { queues: ["a"] }));
    await assertFree(store);
  },

  "one that is purged with its owner is gone": async ({ store }) => {
    await send(store, "a", QUEUE_ONE);
    await send(store, "b", QUEUE_ONE);
    assert.equal(await store.queues.purge(["q"]), 2);
    assert.deepEqual(await claimIds(store), []);
    await assertFree(store);
  },

  "one that waits is told as any other that does": async ({ store }) => {
    await send(store, "a", QUEUE_ONE);
    await send(store, "b", QUEUE_ONE);
    assert.equal((await store.results.get(["b"]))[0]?.state, "PENDING");
  },
});

const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 1_000 };

export const uniqueLockCases = group("unique: with locks", {
  "what waited for the key asks for its lock then": async ({ store }) => {
    await send(store, "a", QUEUE_ONE);
    await send(store, "b", QUEUE_ONE, { lock });
    const a = await claimOne(store);
    await store.sender.enqueue([message("holder", { lock })]);
    const holder = await claimOne(store);
    await finish(store, a);
    assert.deepEqual(await claimIds(store), []);
    await finish(store, holder);
    assert.deepEqual(await claimIds(store), ["b"]);
  },

  "one that is blocked by its lock is replaced where it waits": async ({ store }) => {
    await store.sender.enqueue([message("holder", { lock })]);
    const holder = await claimOne(store);
    await send(store, "a", REPLACE, { lock });
    await store.sender.enqueue([message("behind", { lock })]);
    assert.deepEqual(await send(store, "b", REPLACE, { lock }), { joined: "a" });
    await finish(store, holder);
    assert.deepEqual(await bodyOf(store), ["a", "body of b"]);
  },

  "one that is put off gives its permit to others": async ({ store, clock }) => {
    await send(store, "a", REPLACE, { lock });
    await store.sender.enqueue([message("behind", { lock })]);
    await send(store, "b", REPLACE, { lock, eta: { inMs: 1_000 } });
    const behind = await claimOne(store);
    assert.equal(behind.id, "behind");
    clock.jump(1_000);
    const [again] = (await claim(store)).deliveries;
    assert.equal(again?.lock?.fence, null);
    assert.equal(again.body, "body of b");
  },

  "the end of an owner that had expired frees its permit, too": async ({ store, clock }) => {
    await send(store, "a", JOIN, { lock, expires: { inMs: 500 } });
    await store.sender.enqueue([message("behind", { lock })]);
    clock.jump(500);
    assert.equal(await send(store, "b", JOIN), "queued");
    assert.deepEqual((await claimIds(store)).sort(), ["b", "behind"]);
  },
});

/** Sends "a" with the policy, and has it replace itself by a chain of two. */
async function replaced(store: Store, unique: MessageUnique): Promise<void> {
  await send(store, "a", unique);
  const settled = {
    ...done(await claimOne(store), null),
    kind: "replaced",
    grow: chainInstead("", "a"),
  } as const;
  assert.deepEqual((await store.consumer.settle([settled], null)).outcomes, ["settled"]);
}

export const uniqueGraphCases = group("unique: graphs of a run", {
  "a message that replaces itself keeps its key until that has ended": async ({ store }) => {
    await replaced(store, QUEUE_ONE);
    assert.deepEqual(await send(store, "x", JOIN), { joined: "a" });
    await send(store, "b", QUEUE_ONE, { queue: "b" });
    const { ran } = await drain(store);
    assert.deepEqual(ran, ["a:0", "a:1"]);
    assert.deepEqual(await claimIds(store, { queues: ["b"] }), ["b"]);
    await assertTaken(store, "b");
  },

  "it cannot be replaced any more, it has begun": async ({ store }) => {
    await replaced(store, REPLACE);
    assert.equal(await send(store, "b", REPLACE, { queue: "b" }), "queued");
    assert.deepEqual((await drain(store)).ran, ["a:0", "a:1"]);
    assert.deepEqual(await claimIds(store, { queues: ["b"] }), ["b"]);
  },

  "a revoked one lets go of it": async ({ store }) => {
    await replaced(store, QUEUE_ONE);
    await send(store, "b", QUEUE_ONE, { queue: "b" });
    await store.sender.revoke(["a"], revoked);
    await drain(store);
    assert.deepEqual(await claimIds(store, { queues: ["b"] }), ["b"]);
  },

  "one whose graph fails lets go of it": async ({ store }) => {
    await replaced(store, REFUSE);
    const result = { state: "FAILURE", payload: "{}" };
    await store.consumer.settle([done(await claimOne(store), result)], null);
    await drain(store);
    await assertFree(store);
  },
});
