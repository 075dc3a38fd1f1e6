/** What a store ends by itself, since it expired or was revoked where it waits, is told to whoever called it then. */
import assert from "node:assert/strict";
import type { Dropped } from "../../../src/store/contracts/consumer.js";
import { cursor, entry, item, putAll, queueOne, sendOf, tick } from "./entry-samples.js";
import { group } from "./harness.js";
import { lead } from "./leases.js";
import { lock } from "./lock-tasks.js";
import { take } from "./locks.js";
import { claim, claimOne, HOUR_MS, LEASE_MS, message, retry, sendAndClaim } from "./samples.js";

const of = (id: string, reason: Dropped["reason"], queue = "q"): Dropped => {
  return { id, task: "tasks.t", queue, reason };
};
const revocation = { terminate: false, keepMs: HOUR_MS };
const byId = (dropped: readonly Dropped[] = []): Dropped[] =>
  [...dropped].sort((a, b) => (a.id < b.id ? -1 : 1));

export const droppedCases = group("broker: what is dropped", {
  "a revoke gives what it has dropped, wherever that waited": async ({ store, clock }) => {
    await sendAndClaim(store, "running");
    await take(store, "p", { leaseMs: HOUR_MS, waiterTtlMs: null });
    await store.sender.enqueue([
      message("é b", { queue: "q 2" }),
      message("blocked", { lock }),
      message("expired", { expires: { inMs: 1_000 } }),
      message("later", { eta: { inMs: HOUR_MS } }),
    ]);
    await clock.advance(1_000);
    const ids = ["running", "unknown", "é b", "blocked", "expired", "later"];
    const dropped = [of("blocked", "revoked"), of("expired", "expired"), of("later", "revoked")];
    assert.deepEqual(byId(await store.sender.revoke(ids, revocation)), [
      ...dropped,
      of("é b", "revoked", "q 2"),
    ]);
    assert.deepEqual(await store.sender.revoke(ids, revocation), []);
  },

  "a revoke gives a buffered run": async ({ store, clock }) => {
    const due = clock.now();
    await putAll(store, entry("e", due));
    const plan = [
      sendOf("e", due, queueOne, { queue: "other" }),
      sendOf("e", due, queueOne, { id: "a", queue: "q" }),
    ];
    const next = cursor(due + 1);
    await tick(store, await lead(store, undefined, HOUR_MS), item("e", due, { plan, next }));
    await claimOne(store, { queues: ["other"], leaseMs: HOUR_MS });
    assert.deepEqual(await store.sender.revoke(["a"], revocation), [of("a", "revoked")]);
  },

  "a claim tells what it has dropped, once": async ({ store, clock }) => {
    await store.sender.revoke(["early"], revocation);
    await store.sender.enqueue([message("early"), message("old", { expires: { inMs: 1_000 } })]);
    await clock.advance(1_000);
    const dropped = [of("early", "revoked"), of("old", "expired")];
    assert.deepEqual(byId((await claim(store)).dropped), dropped);
    assert.equal((await claim(store)).dropped, undefined);
  },

  "a claim tells what its housekeeping has dropped": async ({ store, clock }) => {
    await take(store, "p", { leaseMs: HOUR_MS, waiterTtlMs: null });
    const line = { ...lock, waitTimeoutMs: 1_000 };
    await store.sender.enqueue([message("a", { lock: line, expires: { inMs: 500 } })]);
    await clock.advance(1_000);
    assert.deepEqual((await claim(store, { queues: ["other"] })).dropped, [of("a", "expired")]);
  },

  "a claim tells what the settlements of its call have dropped": async ({ store }) => {
    const delivery = await sendAndClaim(store, "a");
    assert.deepEqual(await store.sender.revoke(["a"], revocation), []);
    const cooldown = { ...retry(delivery, 1_000), kind: "cooldown" } as const;
    const request = { queues: ["q"], worker: "w", leaseMs: LEASE_MS, max: 1 };
    const { outcomes, claimed } = await store.consumer.settle([cooldown], request);
    assert.deepEqual(outcomes, ["settled"]);
    assert.deepEqual(claimed?.dropped, [of("a", "revoked")]);
  },
});
