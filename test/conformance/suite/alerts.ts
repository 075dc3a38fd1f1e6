/** Alerts, the calls that tell of them, and mutes; and who watches. */
import assert from "node:assert/strict";
import type { AlertPut } from "../../../src/store/contracts/alerts.js";
import { OUTBOX_ROWS, PAST_ALERTS } from "../../../src/store/contracts/alerts.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group } from "./harness.js";
import { eventually } from "./samples.js";

export function alert(id: string, fields: Partial<AlertPut> = {}): AlertPut {
  return {
    ...{ id, kind: "queue-old", subject: id, severity: "warning", looks: 1 },
    ...{ raisedAt: null, toldAt: null, clearedAt: null, text: `it is ${id}`, detail: "{}", acked: null },
    webhooks: [],
    ...fields,
  };
}

const hook = (id: string, fields: { url?: string; body?: string } = {}) => {
  return { id, url: "https://example.com/hook?a=b c", body: '{"text":"\n \u0000"}', ...fields };
};

const idsOf = async (store: Store, options: Parameters<Store["alerts"]["alerts"]>[0]): Promise<string[]> =>
  (await store.alerts.alerts(options)).map(({ id }) => id);

export const alertCases = group("alerts", {
  "an alert comes back as it was put, with version 1": async ({ store, peer }) => {
    const put = alert("a", {
      ...{ subject: "näme with spaces\u0000", severity: "critical", looks: 2, raisedAt: 5, toldAt: 6 },
      ...{ text: "line\twith \ud800", detail: '{"a":1}', acked: { by: "ann", at: 7, note: null } },
    });
    assert.equal(await store.alerts.putAlert(put, null), "stored");
    const { webhooks: _, ...record } = put;
    assert.deepEqual(await (await peer()).alerts.alerts({ limit: 10 }), [{ ...record, version: 1 }]);
  },

  "one of a kind and subject stands at a time": {
    because: "two watchers that believe to be the only one must not tell twice",
    async run({ store, peer }) {
      assert.equal(await store.alerts.putAlert(alert("a", { subject: "s" }), null), "stored");
      assert.equal(await (await peer()).alerts.putAlert(alert("b", { subject: "s" }), null), "conflict");
      const other = alert("c", { subject: "s", kind: "queue-unattended" });
      assert.equal(await store.alerts.putAlert(other, null), "stored");
      assert.deepEqual(await idsOf(store, { limit: 10 }), ["c", "a"]);
    },
  },

  "a change needs the version that is there, and adds one to it": async ({ store }) => {
    await store.alerts.putAlert(alert("a"), null);
    assert.equal(await store.alerts.putAlert(alert("a", { looks: 2 }), 2), "conflict");
    assert.equal(await store.alerts.putAlert(alert("a", { looks: 2 }), 1), "stored");
    assert.equal(await store.alerts.putAlert(alert("a", { looks: 3 }), 1), "conflict");
    assert.equal(await store.alerts.putAlert(alert("b"), 1), "conflict");
    const [found] = await store.alerts.alerts({ limit: 1 });
    assert.deepEqual([found?.looks, found?.version], [2, 2]);
  },

  "what is over stands no more, and its kind and subject may come anew": async ({ store }) => {
    await store.alerts.putAlert(alert("a", { subject: "s", raisedAt: 1 }), null);
    await store.alerts.putAlert(alert("a", { subject: "s", raisedAt: 1, clearedAt: 2 }), 1);
    assert.equal(await store.alerts.putAlert(alert("b", { subject: "s" }), null), "stored");
    assert.deepEqual(await idsOf(store, { standing: true, limit: 10 }), ["b"]);
    assert.deepEqual(await idsOf(store, { standing: false, limit: 10 }), ["a"]);
    assert.deepEqual(await idsOf(store, { limit: 10 }), ["b", "a"]);
    assert.equal(await store.alerts.putAlert(alert("a", { subject: "s" }), null), "conflict");
  },

  "one that is cleared and was never raised is not kept": async ({ store }) => {
    await store.alerts.putAlert(alert("a"), null);
    assert.equal(await store.alerts.putAlert(alert("a", { clearedAt: 2 }), 1), "stored");
    assert.deepEqual(await idsOf(store, { limit: 10 }), []);
    assert.equal(await store.alerts.putAlert(alert("a"), null), "stored");
  },

  "pages go from the newest to the oldest, those that stand and those that are over alike": async ({
    store,
  }) => {
    for (const id of ["a", "b", "c", "d", "e"]) await store.alerts.putAlert(alert(id, { raisedAt: 1 }), null);
    await store.alerts.putAlert(alert("b", { raisedAt: 1, clearedAt: 2 }), 1);
    await store.alerts.putAlert(alert("d", { raisedAt: 1, clearedAt: 2 }), 1);
    assert.deepEqual(await idsOf(store, { limit: 2 }), ["e", "d"]);
    assert.deepEqual(await idsOf(store, { limit: 2, before: "d" }), ["c", "b"]);
    assert.deepEqual(await idsOf(store, { limit: 9, before: "d", standing: true }), ["c", "a"]);
    assert.deepEqual(await idsOf(store, { limit: 9, before: "a" }), []);
    assert.deepEqual(await idsOf(store, { limit: 9, before: "nobody" }), []);
  },

  "of those that are over the newest are kept": async ({ store }) => {
    for (let index = 0; index <= PAST_ALERTS; index++) {
      await store.alerts.putAlert(alert(`a${index}`, { raisedAt: 1, clearedAt: 2 }), null);
    }
    const past = await idsOf(store, { standing: false, limit: 2 * PAST_ALERTS });
    assert.deepEqual([past.length, past.at(-1)], [PAST_ALERTS, "a1"]);
  },

  "calls are written with their alert, and with a conflict none": async ({ store }) => {
    await store.alerts.putAlert(alert("a", { webhooks: [hook("w1"), hook("w2")] }), null);
    await store.alerts.putAlert(alert("b", { subject: "a", webhooks: [hook("w3")] }), null);
    const rows = await store.alerts.outbox(10, 30_000);
    assert.deepEqual(
      rows,
      ["w1", "w2"].map((id) => ({ ...hook(id), tries: 0 })),
    );
  },

  "a call is leased to one who asks, and comes back with one try more": async ({ store, peer, clock }) => {
    await store.alerts.putAlert(alert("a", { webhooks: [hook("w1"), hook("w2")] }), null);
    assert.equal((await store.alerts.outbox(1, 30_000)).length, 1);
    assert.equal((await (await peer()).alerts.outbox(5, 30_000)).length, 1);
    assert.deepEqual(await store.alerts.outbox(5, 30_000), []);
    await clock.advance(29_999);
    assert.deepEqual(await store.alerts.outbox(5, 30_000), []);
    await clock.advance(1);
    const again = await store.alerts.outbox(5, 30_000);
    assert.deepEqual(again.map(({ id, tries }) => [id, tries]).sort(), [
      ["w1", 1],
      ["w2", 1],
    ]);
  },

  "a call that is done or given up is gone, and one that is put off comes later": async ({
    store,
    clock,
  }) => {
    await store.alerts.putAlert(alert("a", { webhooks: [hook("w1"), hook("w2"), hook("w3")] }), null);
    await store.alerts.outbox(5, 30_000);
    await store.alerts.told("w1", "done");
    await store.alerts.told("w2", "given-up");
    await store.alerts.told("w3", { retryInMs: 60_000 });
    await store.alerts.told("nobody", { retryInMs: 1 });
    await clock.advance(59_999);
    assert.deepEqual(await store.alerts.outbox(5, 30_000), []);
    await clock.advance(1);
    assert.deepEqual(
      (await store.alerts.outbox(5, 30_000)).map(({ id }) => id),
      ["w3"],
    );
  },

  "calls that nobody makes are bounded, the oldest go": async ({ store, clock }) => {
    const many = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => hook(`w${String(from + index).padStart(6, "0")}`));
    for (let from = 0; from < OUTBOX_ROWS; from += 1_000) {
      await store.alerts.putAlert(alert(`a${from}`, { webhooks: many(from, 1_000) }), null);
      await clock.advance(1);
    }
    await store.alerts.putAlert(alert("last", { webhooks: many(OUTBOX_ROWS, 10) }), null);
    const [first] = await store.alerts.outbox(1, 1);
    assert.equal(first?.id, "w000010");
  },

  "a mute holds for its time, and one without an end until it is ended": async ({ store, peer, clock }) => {
    const now = clock.now();
    const mute = (subject: string) => ({ kind: "queue-old", subject, by: "ann@ops" });
    await store.alerts.mute(mute("b c"), null);
    await (await peer()).alerts.mute(mute("a"), 5_000);
    assert.deepEqual(await store.alerts.mutes(), [
      { ...mute("a"), until: now + 5_000 },
      { ...mute("b c"), until: null },
    ]);
    await clock.advance(5_000);
    assert.deepEqual(await store.alerts.mutes(), [{ ...mute("b c"), until: null }]);
    await store.alerts.mute(mute("b c"), 0);
    await store.alerts.mute(mute("nobody"), 0);
    assert.deepEqual(await store.alerts.mutes(), []);
  },

  "alerts, calls and mutes are there after all handles were closed": {
    needs: "durable",
    async run({ store, reopen }) {
      await store.alerts.putAlert(alert("a", { webhooks: [hook("w1")] }), null);
      await store.alerts.mute({ kind: "queue-old", subject: "s", by: "ann" }, null);
      const again = await reopen();
      assert(again);
      assert.deepEqual(await idsOf(again, { limit: 5 }), ["a"]);
      assert.equal((await again.alerts.outbox(5, 1)).length, 1);
      assert.equal((await again.alerts.mutes()).length, 1);
    },
  },
});

const a = { id: "a", nonce: "a1", host: "host-a", version: "1.0" };

export const watchLeaseCases = group("leases: watch", {
  "who watches and who leads are elected apart": async ({ store, clock }) => {
    const now = clock.now();
    const beat = await store.leases.elect(a, 15_000);
    const watch = await store.leases.elect({ ...a, id: "b", nonce: "b1" }, 5_000, "watch");
    assert.deepEqual([beat.outcome, watch.outcome], ["leading", "leading"]);
    assert.equal((await store.leases.leader())?.id, "a");
    assert.equal((await store.leases.leader("watch"))?.until, now + 5_000);
    assert.equal((await store.leases.elect(a, 5_000, "watch")).outcome, "following");
    await clock.advance(5_000);
    assert.equal(await store.leases.leader("watch"), null);
    assert.equal((await store.leases.leader())?.id, "a");
  },

  "resigning the watch tells its own topic, and leaves the lead alone": async (harness) => {
    const { store } = harness;
    let tell: (id: string) => void = () => undefined;
    const told = new Promise<string>((resolve) => (tell = resolve));
    await (await harness.peer()).channel.subscribe("watcher", tell);
    await store.leases.elect(a, 15_000);
    await store.leases.elect(a, 15_000, "watch");
    assert.equal(await store.leases.resign({ id: "b", nonce: a.nonce }, "watch"), false);
    assert.equal(await store.leases.resign(a, "watch"), true);
    assert.equal(await eventually(harness, told, 'a message on "watcher"'), "a");
    assert.equal(await store.leases.leader("watch"), null);
    assert.equal((await store.leases.leader())?.id, "a");
  },

  "a term of the watch ticks nothing": async ({ store }) => {
    const watch = await store.leases.elect(a, 15_000, "watch");
    assert(watch.outcome === "leading");
    assert.equal((await store.entries.tick(watch.term, [])).outcome, "fenced");
  },
});
