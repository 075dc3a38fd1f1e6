/** Paused queues: nothing is taken from them, all else goes on. */
import assert from "node:assert/strict";
import type { Store } from "../../../src/store/contracts/store.js";
import { group } from "./harness.js";
import { claim, claimIds, claimOne, done, eventually, message, retry, sendAndClaim } from "./samples.js";

const pause = (store: Store, forMs: number | null = null, queue = "q") =>
  store.queues.pause(queue, { by: "ops@host", reason: "a migration", forMs });

export const pauseCases = group("queues: pause", {
  "no claim takes from a paused queue, and what is sent to it waits": async ({ store }) => {
    await pause(store);
    assert.deepEqual(await store.sender.enqueue([message("a"), message("b")]), ["queued", "queued"]);
    assert.deepEqual(await claimIds(store), []);
    assert.equal(await store.queues.resume("q"), true);
    assert.deepEqual(await claimIds(store), ["a", "b"]);
  },

  "a claim goes on with the other queues, and tells which is paused": async ({ store, clock }) => {
    const since = clock.now();
    await pause(store, 60_000);
    await store.sender.enqueue([message("a"), message("b", { queue: "other" })]);
    const reply = await claim(store, { queues: ["q", "other", "third"] });
    assert.deepEqual(
      reply.deliveries.map(({ id }) => id),
      ["b"],
    );
    assert.deepEqual(reply.paused, [
      { queue: "q", since, by: "ops@host", reason: "a migration", until: since + 60_000 },
    ]);
    assert.equal("paused" in (await claim(store, { queues: ["other"] })), false);
  },

  "a claim is told when a pause ends by itself, and then takes": async ({ store, clock }) => {
    await pause(store, 5_000);
    await store.sender.enqueue([message("a")]);
    assert.equal((await claim(store)).nextWakeAt, clock.now() + 5_000);
    await clock.advance(4_999);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1);
    assert.deepEqual(await claimIds(store), ["a"]);
    assert.deepEqual(await store.queues.paused(), []);
  },

  "etas pass while a queue is paused": async ({ store, clock }) => {
    await store.sender.enqueue([message("a", { eta: { inMs: 1_000 } })]);
    await pause(store);
    await clock.advance(1_001);
    await claim(store);
    const [counts] = await store.queues.counts();
    assert.equal(counts?.ready, 1);
    await store.queues.resume("q");
    assert.deepEqual(await claimIds(store), ["a"]);
  },

  "a message expires in a paused queue as in any": async ({ store, clock }) => {
    await store.sender.enqueue([message("a", { expires: { inMs: 1_000 } })]);
    await pause(store);
    await clock.advance(1_001);
    assert.deepEqual(await claimIds(store), []);
    assert.equal((await store.results.get(["a"]))[0]?.state, "REVOKED");
    await store.queues.resume("q");
    assert.deepEqual(await claimIds(store), []);
  },

  "what runs goes on: it is renewed, settled, tried again": async ({ store }) => {
    const first = await sendAndClaim(store, "a");
    const second = await sendAndClaim(store, "b");
    await pause(store);
    assert.deepEqual(await store.consumer.heartbeat([first, second], 30_000), ["extended", "extended"]);
    const { outcomes } = await store.consumer.settle([done(first), retry(second, 0)], null);
    assert.deepEqual(outcomes, ["settled", "settled"]);
    assert.deepEqual(await claimIds(store), []);
    await store.queues.resume("q");
    assert.deepEqual(await claimIds(store), ["b"]);
  },

  "a claim that comes with settlements takes nothing, either": async ({ store }) => {
    const first = await sendAndClaim(store, "a");
    await store.sender.enqueue([message("b")]);
    await pause(store);
    const request = { queues: ["q"], worker: "w", leaseMs: 30_000, max: 10 };
    const { claimed } = await store.consumer.settle([done(first)], request);
    assert.deepEqual(claimed?.deliveries, []);
    assert.equal(claimed?.paused?.length, 1);
  },

  "counts and the list show a pause, also of a queue that holds nothing": async ({ store, clock }) => {
    const since = clock.now();
    await pause(store, null, "empty");
    await pause(store, 1_000);
    await store.sender.enqueue([message("a")]);
    const told = { since, by: "ops@host", reason: "a migration" };
    assert.deepEqual(await store.queues.counts(), [
      { queue: "empty", ready: 0, scheduled: 0, leased: 0, dead: 0, paused: { ...told, until: null } },
      { queue: "q", ready: 1, scheduled: 0, leased: 0, dead: 0, paused: { ...told, until: since + 1_000 } },
    ]);
    assert.deepEqual(await store.queues.paused(), [
      { queue: "empty", ...told, until: null },
      { queue: "q", ...told, until: since + 1_000 },
    ]);
    await clock.advance(1_000);
    assert.deepEqual(
      (await store.queues.counts()).map(({ queue, paused }) => [queue, paused !== undefined]),
      [
        ["empty", true],
        ["q", false],
      ],
    );
  },

  "a second pause takes the place of the first and keeps its beginning": async ({ store, clock }) => {
    const since = clock.now();
    await pause(store, 10_000);
    await clock.advance(1_000);
    const second = await store.queues.pause("q", { by: "eve", reason: null, forMs: 1_000 });
    assert.deepEqual(second, { queue: "q", since, by: "eve", reason: null, until: since + 2_000 });
    assert.deepEqual(await store.queues.paused(), [second]);
  },

  "a pause after one that is over has its own beginning": async ({ store, clock }) => {
    await pause(store, 10);
    await clock.advance(1_000);
    assert.equal((await pause(store)).since, clock.now());
  },

  "resuming a queue that is not paused says so": async ({ store, clock }) => {
    assert.equal(await store.queues.resume("q"), false);
    await pause(store, 10);
    await clock.advance(10);
    assert.equal(await store.queues.resume("q"), false);
  },

  "a resume wakes those who wait for the queue": async (harness) => {
    const { store, clock } = harness;
    await pause(store);
    await store.sender.enqueue([message("a")]);
    const arrivals = await store.consumer.listen(["q"]);
    const signal = new AbortController().signal;
    await eventually(harness, arrivals.wait(10, signal), "the arrival of the message");
    assert.deepEqual(await claimIds(store), []);
    let over = false;
    const wait = arrivals.wait(600_000, signal).then(() => void (over = true));
    await clock.advance(0);
    const other = await harness.peer();
    await other.queues.resume("q");
    await eventually(harness, wait, "the resume");
    assert.equal(over, true);
    await arrivals.close();
    assert.equal((await claimOne(store)).id, "a");
  },

  "who pauses a queue is heard on the channel": async (harness) => {
    const { store } = harness;
    const heard: string[] = [];
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const end = await store.channel.subscribe("pause", (payload) => {
      heard.push(payload);
      tell();
    });
    await pause(await harness.peer(), null, "q u");
    await eventually(harness, told, "the pause");
    assert.deepEqual(heard, ["q u"]);
    end();
  },

  "a pause is swept when it is over": async ({ store, clock }) => {
    await pause(store, 1_000);
    await pause(store, null, "stays");
    await clock.advance(1_000);
    assert.equal(await store.sweep(10), 1);
    assert.deepEqual(
      (await store.queues.paused()).map(({ queue }) => queue),
      ["stays"],
    );
  },

  "a pause, its reason and who asked for it may be any text": async ({ store }) => {
    const given = { by: "a b + \u0001", reason: "line\nfeed é\ud800 ", forMs: null };
    await store.queues.pause("q u+,", given);
    const [paused] = await store.queues.paused();
    assert.deepEqual([paused?.queue, paused?.by, paused?.reason], ["q u+,", given.by, given.reason]);
    await store.queues.pause("q u+,", { ...given, reason: null });
    assert.equal((await store.queues.paused())[0]?.reason, null);
    assert.equal(await store.queues.resume("q u+,"), true);
  },

  "a pause survives": {
    needs: "durable",
    run: async ({ store, reopen }) => {
      await pause(store, 60_000);
      await store.sender.enqueue([message("a")]);
      const again = await reopen()!;
      assert.deepEqual(await claimIds(again), []);
      assert.equal((await again.queues.paused())[0]?.reason, "a migration");
    },
  },
});
