/** Messages of tasks that have failed for good: kept apart, and sent again when somebody asks. */
import assert from "node:assert/strict";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import type { DeliveryRef } from "../../../src/store/contracts/delivery.js";
import { MOST_FAILED } from "../../../src/store/contracts/dead-letters.js";
import type { Store } from "../../../src/store/contracts/store.js";
import type { NewMessage } from "../../../src/tasks/message.js";
import { chainOf, open } from "./graph-samples.js";
import { pagesOf } from "./broker-operate.js";
import { group } from "./harness.js";
import { claim, claimIds, claimOne, dead, done, HOUR_MS, message, retry, sendAndClaim } from "./samples.js";

const failure = { state: "FAILURE", payload: '{"name":"Error"}', worker: "w" };

const failed = (ref: DeliveryRef, keepMs = HOUR_MS): Settlement => ({ ...done(ref, failure), keepMs });

async function fail(
  store: Store,
  id: string,
  changes: Partial<NewMessage> = {},
  keepMs?: number,
): Promise<void> {
  const delivery = await sendAndClaim(store, id, changes);
  assert.deepEqual((await store.consumer.settle([failed(delivery, keepMs)], null)).outcomes, ["settled"]);
}

const listed = async (store: Store, queue?: string): Promise<string[]> =>
  (
    await store.deadLetters.list({ limit: 100, failed: true, ...(queue !== undefined && { queue }) })
  ).letters.map(({ id }) => id);

export const failedCases = group("dead letters: failed", {
  "a task that fails keeps its message beside its result, apart from dead letters": async ({
    store,
    clock,
  }) => {
    await fail(store, "a", { body: "line\nfeed é\ud800", task: "t ask" });
    await store.consumer.settle([dead(await sendAndClaim(store, "b"))], null);
    assert.deepEqual((await store.deadLetters.list({ limit: 9, failed: true })).letters, [
      { id: "a", task: "t ask", queue: "q", reason: "failed", at: clock.now(), body: "line\nfeed é\ud800" },
    ]);
    assert.deepEqual(
      (await store.deadLetters.list({ limit: 9 })).letters.map(({ id }) => id),
      ["b"],
    );
    const { task, body, queue } = (await store.deadLetters.failed("a"))!;
    assert.deepEqual([task, body, queue], ["t ask", "line\nfeed é\ud800", "q"]);
    for (const id of ["b", "unknown"]) assert.equal(await store.deadLetters.failed(id), null);
    assert.equal((await store.results.get(["a"]))[0]?.state, "FAILURE");
    assert.deepEqual(await store.queues.counts(), [
      { queue: "q", ready: 0, scheduled: 0, leased: 0, dead: 1, failed: 1 },
    ]);
  },

  "one without keepMs is not kept, nor one whose settlement is lost": async ({ store }) => {
    await store.consumer.settle([done(await sendAndClaim(store, "a"), failure)], null);
    const delivery = await sendAndClaim(store, "b");
    await store.consumer.settle([failed({ ...delivery, token: "x" })], null);
    assert.deepEqual(await listed(store), []);
  },

  "one among many that succeed is kept, and they are not": async ({ store }) => {
    await store.sender.enqueue(["a", "b", "c"].map((id) => message(id)));
    const [first, second, third] = [await claimOne(store), await claimOne(store), await claimOne(store)];
    await store.consumer.settle([done(first), failed(second), done(third)], null);
    assert.deepEqual(await listed(store), ["b"]);
  },

  "a queue keeps 64 MB of them, the oldest go, and other queues keep theirs": async ({ store }) => {
    const body = "x".repeat(7_600_000);
    await fail(store, "other", { queue: "r", body });
    for (let number = 0; number < 9; number++) await fail(store, `m${number}`, { body });
    const counts = (await store.queues.counts()).map(({ queue, failed: kept }) => [queue, kept]);
    assert.deepEqual(counts, [
      ["q", 8],
      ["r", 1],
    ]);
    assert.equal(await store.deadLetters.failed("m0"), null);
    assert.equal((await store.deadLetters.failed("m1"))?.body.length, body.length);
  },

  "they are told newest first, of all queues or of one": async ({ store }) => {
    await fail(store, "a");
    await fail(store, "b", { queue: "r" });
    await fail(store, "c");
    assert.deepEqual(await listed(store), ["c", "b", "a"]);
    assert.deepEqual(await listed(store, "q"), ["c", "a"]);
    assert.equal((await store.deadLetters.list({ limit: 1, failed: true })).letters.length, 1);
  },

  "pages over several queues meet without a gap or a double, whatever comes and goes": async ({ store }) => {
    const queues = ["q", "r é", "s"];
    for (let index = 0; index < 90; index++)
      await fail(store, `m${index}`, { queue: queues[index < 60 ? 0 : index % 3]!, task: `t${index % 2}` });
    const ids = (from: number, to: number) =>
      Array.from({ length: from - to + 1 }, (_, index) => `m${from - index}`);
    const first = await store.deadLetters.list({ limit: 7, failed: true });
    assert.deepEqual(
      first.letters.map(({ id }) => id),
      ids(89, 83),
    );
    await fail(store, "new", { queue: "new" });
    assert.equal(await store.deadLetters.delete(["m83", "m82", "m85"]), 3);
    const rest = await pagesOf(store, { limit: 7, failed: true, after: first.next! });
    assert.deepEqual(rest.flat(), ids(81, 0));
    const odd = await pagesOf(store, { limit: 9, failed: true, task: "t1", queue: "s" });
    assert.deepEqual(odd.flat(), ["m89", "m77", "m71", "m65"]);
    assert.deepEqual(await pagesOf(store, { limit: 9, failed: true, reason: "other" }), []);
  },

  "one is got by its id, and a dead letter of its id before it": async ({ store, clock }) => {
    await fail(store, "a", {}, 10 * HOUR_MS);
    const [kept] = await store.deadLetters.get(["a"]);
    assert.deepEqual([kept?.reason, kept?.queue, kept?.at], ["failed", "q", clock.now()]);
    await clock.advance(HOUR_MS);
    await store.consumer.settle([dead(await sendAndClaim(store, "a"))], null);
    assert.notEqual((await store.deadLetters.get(["a"]))[0]?.reason, "failed");
  },

  "put back it is as it was sent, with fresh counts and without its result": async ({ store }) => {
    const lock = { name: "l k", capacity: 2, waitTimeoutMs: 5_000, reserveMs: 1_000 };
    const rate = { key: "k y", weight: 2 };
    const sent = { body: "x", priority: 7, maxDeliveries: 2, lock, rate, lane: { name: "n", weight: 2 } };
    await fail(store, "a", sent);
    assert.equal(await store.deadLetters.redrive(["a", "unknown"]), 1);
    assert.deepEqual(await listed(store), []);
    assert.equal((await store.results.get(["a"]))[0]?.state, "PENDING");
    const again = await claimOne(store);
    assert.deepEqual(
      [again.id, again.body, again.priority, again.maxDeliveries, again.retries, again.deliveries],
      ["a", "x", 7, 2, 0, 1],
    );
    assert.deepEqual({ ...again.lock, fence: null }, { ...lock, fence: null });
  },

  "an id is free while its message is kept and its result is not": async ({ store, clock }) => {
    await fail(store, "a", {}, 10 * HOUR_MS);
    assert.deepEqual(await store.sender.enqueue([message("a")]), ["duplicate"]);
    await clock.advance(HOUR_MS);
    assert.deepEqual(await store.sender.enqueue([message("a")]), ["queued"]);
    assert.equal(await store.deadLetters.redrive(["a"]), 0);
    assert.deepEqual([await listed(store), await claimIds(store)], [[], ["a"]]);
  },

  "one that has succeeded since is not run again": async ({ store, clock }) => {
    await fail(store, "a", {}, 10 * HOUR_MS);
    await clock.advance(HOUR_MS);
    await store.consumer.settle([done(await sendAndClaim(store, "a"))], null);
    assert.equal(await store.deadLetters.redrive(["a"]), 0);
    assert.deepEqual(await claimIds(store), []);
    assert.equal((await store.results.get(["a"]))[0]?.state, "SUCCESS");
  },

  "one that is under way again is left to that, and keeps its result": async ({ store, clock }) => {
    await fail(store, "a", {}, 10 * HOUR_MS);
    await clock.advance(HOUR_MS);
    await store.consumer.settle([retry(await sendAndClaim(store, "a"), 5_000)], null);
    assert.equal(await store.deadLetters.redrive(["a"]), 0);
    assert.equal((await store.results.get(["a"]))[0]?.state, "RETRY");
  },

  "one that fails again is kept once, and is the newest": async ({ store, clock }) => {
    await fail(store, "a", {}, 10 * HOUR_MS);
    await fail(store, "b", {}, 10 * HOUR_MS);
    await clock.advance(HOUR_MS);
    await fail(store, "a", {}, 10 * HOUR_MS);
    assert.deepEqual(await listed(store), ["a", "b"]);
    assert.equal((await store.queues.counts())[0]?.failed, 2);
  },

  "one that is put back and fails again is kept once": async ({ store }) => {
    await fail(store, "a");
    await store.deadLetters.redrive(["a"]);
    await store.consumer.settle([failed(await claimOne(store))], null);
    assert.deepEqual(await listed(store), ["a"]);
    assert.equal((await store.queues.counts())[0]?.failed, 1);
  },

  "a run of an entry that failed is no unfinished run, and is one when it is put back": async ({ store }) => {
    await fail(store, "a", { entry: "e" });
    assert.equal(await store.deadLetters.redrive(["a"]), 1);
    assert.equal((await claimOne(store)).entry, "e");
  },

  "a part of a graph is kept by its graph": async ({ store }) => {
    await open(store, ...chainOf(2), 1);
    await store.consumer.settle([failed(await claimOne(store))], null);
    assert.deepEqual(await listed(store), []);
  },

  "they are deleted by id": async ({ store }) => {
    await fail(store, "a");
    await fail(store, "b");
    assert.equal(await store.deadLetters.delete(["a", "unknown"]), 1);
    assert.deepEqual(await listed(store), ["b"]);
    assert.equal((await store.results.get(["a"]))[0]?.state, "FAILURE");
  },

  "a queue keeps its newest ten thousand, and another queue its own": async ({ store }) => {
    await fail(store, "elsewhere", { queue: "r" });
    for (let from = 0; from < MOST_FAILED + 300; from += 100) {
      const ids = Array.from({ length: 100 }, (_, index) => `id-${from + index}`);
      await store.sender.enqueue(ids.map((id) => message(id)));
      const refs: DeliveryRef[] = [];
      while (refs.length < ids.length) refs.push(...(await claim(store, { max: 100 })).deliveries);
      await store.consumer.settle(
        refs.map((ref) => ({ ...failed(ref), result: null })),
        null,
      );
    }
    const counts = new Map((await store.queues.counts()).map(({ queue, failed: kept }) => [queue, kept]));
    const kept = counts.get("q")!;
    assert.ok(kept >= MOST_FAILED && kept < MOST_FAILED + 300, `${kept} are kept`);
    assert.equal(counts.get("r"), 1);
    assert.equal(await store.deadLetters.delete([`id-${MOST_FAILED + 299}`, "id-0"]), 1);
  },

  "a sweep drops those whose time is over": async ({ store, clock }) => {
    await fail(store, "a", { resultTtlMs: 0 }, 1_000);
    await fail(store, "b", {}, 5_000);
    await clock.advance(1_000);
    while ((await store.sweep(10)) > 0);
    assert.deepEqual(await listed(store), ["b"]);
  },

  "they survive": {
    needs: "durable",
    run: async ({ store, reopen }) => {
      await fail(store, "a");
      const again = await reopen()!;
      assert.deepEqual(await listed(again), ["a"]);
      assert.equal(await again.deadLetters.redrive(["a"]), 1);
    },
  },
});

export const browseCases = group("queues: browse", {
  "ready messages are shown in the order in which they are taken, page after page": async ({ store }) => {
    await store.sender.enqueue(
      [3, 9, 3, 0, 9].map((priority, index) =>
        message(`m${index}`, { priority, task: index === 2 ? "other" : "t" }),
      ),
    );
    await store.sender.enqueue([message("elsewhere", { queue: "r" })]);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const query = { state: "ready", queue: "q", limit: 2, ...(after !== undefined && { after }) } as const;
      const page = await store.queues.browse(query);
      assert.ok(page.messages.length <= 2);
      ids.push(...page.messages.map(({ id }) => id));
      after = page.next ?? undefined;
    } while (after !== undefined);
    assert.deepEqual(ids, ["m1", "m4", "m0", "m2", "m3"]);
    const some = await store.queues.browse({ state: "ready", queue: "q", task: "other", limit: 9 });
    assert.deepEqual([some.messages.map(({ id }) => id), some.next], [["m2"], null]);
  },

  "each state is shown, and what each message is": async ({ store, clock }) => {
    const now = clock.now();
    const leased = await sendAndClaim(store, "leased", { maxDeliveries: 4, entry: "e" });
    await store.consumer.settle([dead(await sendAndClaim(store, "dead"))], null);
    const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 1_000 };
    await store.sender.enqueue([message("holder", { lock }), message("blocked", { lock })]);
    await store.sender.enqueue([
      message("later", { eta: { inMs: 9_000 } }),
      message("soon", { eta: { inMs: 5_000 } }),
    ]);
    const browse = async (state: "ready" | "scheduled" | "leased" | "blocked" | "dead"): Promise<string[]> =>
      (await store.queues.browse({ state, queue: "q", limit: 9 })).messages.map(({ id }) => id);
    assert.deepEqual(
      [await browse("ready"), await browse("scheduled"), await browse("blocked"), await browse("dead")],
      [["holder"], ["soon", "later"], ["blocked"], ["dead"]],
    );
    assert.deepEqual((await store.queues.browse({ state: "leased", queue: "q", limit: 9 })).messages, [
      {
        ...{
          id: leased.id,
          task: "tasks.t",
          queue: "q",
          state: "leased",
          priority: 0,
          eta: null,
          expires: null,
        },
        ...{ enqueuedAt: now, retries: 0, deliveries: 1, maxDeliveries: 4, entry: "e" },
      },
    ]);
    const states = await Promise.all(
      ["holder", "later", "leased", "blocked", "dead"].map(
        async (id) => (await store.queues.peek(id))?.state,
      ),
    );
    assert.deepEqual(states, ["ready", "scheduled", "leased", "blocked", "dead"]);
    assert.equal((await store.queues.peek("later"))?.body, "body of later");
    const locks = ["holder", "blocked", "later"].map(async (id) => (await store.queues.peek(id))?.lock);
    assert.deepEqual(await Promise.all(locks), ["l", "l", null]);
    assert.equal(await store.queues.peek("nothing"), null);
  },

  "scheduled messages of all queues are shown by eta, page after page": async ({ store }) => {
    await store.sender.enqueue([
      message("third", { eta: { inMs: 9_000 } }),
      message("first", { eta: { inMs: 1_000 }, queue: "r" }),
      message("second", { eta: { inMs: 5_000 }, task: "other", queue: "a queue" }),
      message("ready"),
    ]);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.queues.browse({
        ...{ state: "scheduled", queue: null, limit: 2 },
        ...(after !== undefined && { after }),
      });
      ids.push(...page.messages.map(({ id, queue }) => `${id} ${queue}`));
      after = page.next ?? undefined;
    } while (after !== undefined);
    assert.deepEqual(ids, ["first r", "second a queue", "third q"]);
    const some = await store.queues.browse({ state: "scheduled", queue: null, task: "other", limit: 9 });
    assert.deepEqual(
      some.messages.map(({ id }) => id),
      ["second"],
    );
  },

  "ids that were revoked are shown by their ends, page after page, until those": async ({ store, clock }) => {
    const from = clock.now();
    const revoke = (ids: readonly string[], keepMs: number): Promise<unknown> =>
      store.sender.revoke(ids, { terminate: false, keepMs });
    const page = async (limit: number, after?: string) => {
      const { revoked, next } = await store.queues.revoked({ limit, ...(after !== undefined && { after }) });
      return [revoked.map(({ id, until }) => [id, until - from]), next] as const;
    };
    assert.deepEqual(await page(5), [[], null]);
    await store.sender.enqueue([message("known")]);
    await revoke(["a b", "known", "é\n"], 9_000);
    await revoke(["late", "never"], 20_000);
    await revoke(["soon"], 1_000);
    const [first, next] = await page(2);
    assert.deepEqual(first, [
      ["soon", 1_000],
      ["a b", 9_000],
    ]);
    const [second, more] = await page(2, next!);
    assert.deepEqual(second, [
      ["é\n", 9_000],
      ["late", 20_000],
    ]);
    assert.deepEqual(await page(2, more!), [[["never", 20_000]], null]);
    await clock.advance(9_000);
    assert.deepEqual(await page(5, next!), [
      [
        ["late", 20_000],
        ["never", 20_000],
      ],
      null,
    ]);
    assert.deepEqual((await page(5))[0].length, 2);
  },

  "the oldest ready message tells since when it could be taken": async ({ store, clock }) => {
    const from = clock.now();
    await store.sender.enqueue([message("low"), message("scheduled", { queue: "s", eta: { inMs: 2_000 } })]);
    await clock.advance(1_000);
    await store.sender.enqueue([message("high", { priority: 9 })]);
    await clock.advance(1_500);
    await claimIds(store, { queues: ["none"] });
    const ages = async () => {
      const counts = await store.queues.counts({ withAges: true });
      return counts.map(({ queue, ready, oldestReadyAt = null }) => [queue, ready, oldestReadyAt]);
    };
    assert.deepEqual(await ages(), [
      ["q", 2, from],
      ["s", 1, from + 2_000],
    ]);
    await claimIds(store);
    assert.deepEqual(await ages(), [
      ["q", 0, null],
      ["s", 1, from + 2_000],
    ]);
    assert.ok((await store.queues.counts()).every((counts) => !("oldestReadyAt" in counts)));
  },

  "ages are told of queues whose messages are too large to be read in one step": async ({ store, clock }) => {
    const body = "x".repeat(100_000);
    const queues = Array.from({ length: 12 }, (_, index) => `large${10 + index}`);
    const sent = queues.flatMap((queue) =>
      [1, 5].map((priority) => message(`${queue}-${priority}`, { queue, priority, body })),
    );
    await store.sender.enqueue(sent);
    const counts = await store.queues.counts({ withAges: true });
    assert.deepEqual(
      counts.map(({ queue, ready, oldestReadyAt }) => [queue, ready, oldestReadyAt]),
      queues.map((queue) => [queue, 2, clock.now()]),
    );
  },
});
