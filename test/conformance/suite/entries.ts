/** Entries at rest: put, get, list, remove, due. */
import assert from "node:assert/strict";
import type { Store } from "../../../src/store/contracts/store.js";
import { eventually } from "./samples.js";
import { cursor, entry, item, ledgerOf, putAll, read, sendOf, tick } from "./entry-samples.js";
import { group } from "./harness.js";
import { lead } from "./leases.js";

const basisOf = async (store: Store, name: string) => (await read(store, name)).basis;

export const putCases = group("entries: put, get, list, remove", {
  "what was put is read back whole": async ({ store, clock, peer }) => {
    const due = clock.now() + 1_000;
    await putAll(store, entry("a", null, { cursor: cursor(due, due + 7), owner: "runtime", version: 3 }));
    const [snapshot, missing] = await (await peer()).entries.get(["a", "b"]);
    assert(snapshot);
    const { etag, ...rest } = snapshot;
    assert.equal(typeof etag, "number");
    assert.deepEqual(rest, {
      name: "a",
      owner: "runtime",
      version: 3,
      definition: '{"name":"a"}',
      revision: "r1",
      cursor: cursor(due, due + 7),
      pausedAt: null,
      disabled: null,
      disabledAt: null,
      lastDue: null,
      runs: 0,
      unfinished: 0,
      buffered: false,
      lastSuccessAt: null,
    });
    assert.equal(missing, null);
    assert.deepEqual(await store.entries.get([]), []);
  },

  "an entry that exists cannot be put as new, nor one that does not as changed": async ({ store }) => {
    await putAll(store, entry("a", null));
    const { etag } = await read(store, "a");
    const batch = [entry("a", 5), entry("b", 5, { expect: etag }), entry("c", 5)];
    assert.deepEqual(await store.entries.put(batch), ["conflict", "conflict", "stored"]);
    assert.deepEqual((await read(store, "a")).cursor, null);
    assert.deepEqual(await store.entries.get(["b"]), [null]);
  },

  "a put over the stamp that was read replaces the definition and gives a new stamp": async ({ store }) => {
    await putAll(store, entry("a", 5));
    const before = await read(store, "a");
    const change = entry("a", 6, {
      expect: before.etag,
      revision: "r2",
      definition: "{}",
      version: 2,
      owner: "runtime",
    });
    await putAll(store, change);
    const after = await read(store, "a");
    assert.notEqual(after.etag, before.etag);
    const changed = { revision: "r2", definition: "{}", version: 2, owner: "runtime", cursor: cursor(6) };
    assert.deepEqual(after, { ...before, ...changed, etag: after.etag });
    assert.deepEqual(await store.entries.put([change]), ["conflict"]);
  },

  "a put that repeats its own, after a lost reply, is a conflict": async ({ store }) => {
    const once = entry("a", 5);
    assert.deepEqual(await store.entries.put([once, once]), ["stored", "conflict"]);
  },

  "a tick changes the stamp": {
    because: "a put over what was read before the tick would move the cursor back",
    async run({ store, clock }) {
      const now = clock.now();
      await putAll(store, entry("a", now));
      const { etag } = await read(store, "a");
      await tick(
        store,
        await lead(store),
        item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) }),
      );
      assert.deepEqual(await store.entries.put([entry("a", now, { expect: etag })]), ["conflict"]);
      assert.equal(await store.entries.remove("a", etag), "conflict");
    },
  },

  "a put keeps what the entry ran before": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now));
    await tick(store, await lead(store), item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) }));
    const before = await read(store, "a");
    await putAll(store, entry("a", now + 9, { expect: before.etag, revision: "r2" }));
    const after = await read(store, "a");
    assert.deepEqual([after.lastDue, after.runs, after.unfinished], [now, 1, 1]);
  },

  "the basis is that of the last write of the cursor": {
    because: "the leader tells by it which cursors it has to compute anew",
    async run({ store, clock }) {
      const now = clock.now();
      const basis = "t2025c;DE-BY=3f9c21aa90e1b7c4;\u00fc +\ud800";
      await putAll(store, entry("a", now, { basis }), entry("b", now));
      assert.deepEqual([await basisOf(store, "a"), await basisOf(store, "b")], [basis, undefined]);
      assert.deepEqual((await store.entries.due(10)).entries.map((due) => due.basis).sort(), [
        basis,
        undefined,
      ]);
      const term = await lead(store);
      const moved = { plan: [sendOf("a", now)], next: cursor(now + 5) };
      await tick(store, term, item("a", now, { ...moved, basis: "t2026a" }), item("b", now, moved));
      assert.deepEqual([await basisOf(store, "a"), await basisOf(store, "b")], ["t2026a", undefined]);
      await clock.advance(5);
      await tick(store, term, item("a", now + 5, { next: cursor(now + 9) }));
      assert.equal(await basisOf(store, "a"), undefined);
      await putAll(store, entry("a", now, { basis: "t1", expect: (await read(store, "a")).etag }));
      await putAll(store, entry("a", now, { expect: (await read(store, "a")).etag }));
      assert.equal(await basisOf(store, "a"), undefined);
    },
  },

  "a disabled entry has no basis": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now, { basis: "t2025c", disabled: "disabled" }));
    const { basis, disabledAt } = await read(store, "a");
    assert.deepEqual([basis, disabledAt], [undefined, now]);
    await putAll(store, entry("b", now, { basis: "t2025c" }));
    const last = { plan: [sendOf("b", now)], next: null, basis: "t2025c", disable: "ended" };
    await tick(store, await lead(store), item("b", now, last));
    assert.deepEqual([(await read(store, "b")).disabledAt, await basisOf(store, "b")], [now, undefined]);
  },

  "the previous name stays until a put gives another, and goes with the entry": async ({ store, clock }) => {
    const previousName = "\u00fc lamps+";
    await putAll(store, entry("a", clock.now(), { previousName }));
    assert.equal((await read(store, "a")).previousName, previousName);
    await putAll(store, entry("a", null, { expect: (await read(store, "a")).etag }));
    const [listed] = await store.entries.list({ limit: 1 });
    assert.equal(listed?.previousName, previousName);
    await putAll(store, entry("a", null, { previousName: "x", expect: listed.etag }));
    const { etag, ...rest } = await read(store, "a");
    assert.equal(rest.previousName, "x");
    await store.entries.remove("a", etag);
    await putAll(store, entry("a", null));
    assert.equal("previousName" in (await read(store, "a")), false);
  },

  "a put that says what the entry ran under another name keeps that": {
    because: "a renamed entry goes on after what its old name has run",
    async run({ store, clock }) {
      const now = clock.now();
      await putAll(store, entry("a", now + 5, { previousName: "b", ran: { lastDue: now, runs: 412 } }));
      const { lastDue, runs, etag } = await read(store, "a");
      assert.deepEqual([lastDue, runs], [now, 412]);
      await putAll(store, entry("a", now + 5, { expect: etag }));
      const kept = await read(store, "a");
      assert.deepEqual([kept.lastDue, kept.runs], [now, 412]);
      await putAll(store, entry("a", now + 5, { expect: kept.etag, ran: { lastDue: null, runs: 0 } }));
      const renamed = await read(store, "a");
      assert.deepEqual([renamed.lastDue, renamed.runs], [null, 0]);
    },
  },

  "a disabled entry keeps a cursor that is put with it, and is not due": {
    because: "a rename that a crash has cut short goes on from there",
    async run({ store, clock }) {
      const now = clock.now();
      await putAll(store, entry("a", now, { disabled: "renamed" }));
      assert.deepEqual((await read(store, "a")).cursor, cursor(now));
      const { entries, nextAt } = await store.entries.due(10);
      assert.deepEqual([entries, nextAt], [[], null]);
    },
  },

  "disabledAt is when the reason was set, and goes with it": async ({ store, clock }) => {
    const first = clock.now();
    await putAll(store, entry("a", null, { disabled: "left-code" }));
    const put = async (disabled: string | null): Promise<number | null> => {
      await clock.advance(1_000);
      await putAll(store, entry("a", null, { disabled, expect: (await read(store, "a")).etag }));
      return (await read(store, "a")).disabledAt;
    };
    assert.equal((await read(store, "a")).disabledAt, first);
    assert.equal(await put("left-code"), first);
    assert.equal(await put("disabled"), first + 2_000);
    assert.equal(await put(null), null);
  },

  "ledger ranges are written in the same step, or not at all": async ({ store, clock }) => {
    const range = { from: 1_000, to: 5_000, count: 5, reason: "paused", schedule: '{"type":"interval"}' };
    await putAll(store, entry("a", null, { ledger: [range] }));
    assert.deepEqual(await store.entries.put([entry("a", null, { ledger: [range] })]), ["conflict"]);
    assert.deepEqual(await ledgerOf(store, "a"), [
      { kind: "range", entry: "a", ...range, at: clock.now(), term: null },
    ]);
  },

  "put and remove publish the entry's name": async (harness) => {
    const { store } = harness;
    const heard: string[] = [];
    let tell: () => void = () => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    await (
      await harness.peer()
    ).channel.subscribe("entries", (name) => {
      heard.push(name);
      if (heard.length === 3) tell();
    });
    await putAll(store, entry("a", null), entry("b", null));
    await store.entries.put([entry("a", null)]);
    await store.entries.remove("a", (await read(store, "a")).etag);
    await eventually(harness, told, 'three messages on "entries"');
    assert.deepEqual(heard, ["a", "b", "a"]);
  },

  "list goes through all names, page by page, in one order": async ({ store }) => {
    const names = ["b", "a", "ab", "Z", "c", "é", "日", "a b", "10", "9"];
    await putAll(store, ...names.map((name) => entry(name, null)));
    const seen: string[] = [];
    for (;;) {
      const after = seen.at(-1);
      const page = await store.entries.list({ limit: 3, ...(after === undefined ? {} : { after }) });
      if (page.length === 0) break;
      assert(page.length <= 3);
      seen.push(...page.map(({ name }) => name));
    }
    assert.deepEqual([...seen].sort(), [...names].sort());
    const ascii = seen.filter((name) => /^[a-z]+$/.test(name));
    assert.deepEqual(ascii, ["a", "ab", "b", "c"]);
    assert.deepEqual(
      (await store.entries.list({ limit: 100 })).map(({ name }) => name),
      seen,
    );
    assert.deepEqual(await store.entries.list({ limit: 0 }), []);
  },

  "list goes on after a name that is not there any more": async ({ store }) => {
    await putAll(store, entry("a", null), entry("b", null), entry("c", null));
    await store.entries.remove("b", (await read(store, "b")).etag);
    const rest = await store.entries.list({ after: "b", limit: 10 });
    assert.deepEqual([rest.length, rest[0]], [1, await read(store, "c")]);
  },

  "remove needs the stamp, and a removed entry is gone": async ({ store, clock }) => {
    await putAll(store, entry("a", clock.now()));
    const { etag } = await read(store, "a");
    assert.equal(await store.entries.remove("a", etag + 1), "conflict");
    assert.equal(await store.entries.remove("a", etag), "removed");
    assert.equal(await store.entries.remove("a", etag), "gone");
    assert.deepEqual(await store.entries.get(["a"]), [null]);
    assert.deepEqual(await store.entries.list({ limit: 10 }), []);
    assert.deepEqual((await store.entries.due(10)).entries, []);
  },

  "the ledger of a removed entry stays, a new one of the name begins anew": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now));
    const old = (await read(store, "a")).etag;
    await tick(store, await lead(store), item("a", now, { plan: [sendOf("a", now)], next: cursor(now + 5) }));
    await store.entries.remove("a", (await read(store, "a")).etag);
    assert.equal((await ledgerOf(store, "a")).length, 1);
    await putAll(store, entry("a", now + 5));
    const again = await read(store, "a");
    assert.deepEqual([again.runs, again.lastDue], [0, null]);
    assert.notEqual(again.etag, old);
    assert.equal(await store.entries.remove("a", old), "conflict");
  },
});

async function dueNames(store: Store, limit: number): Promise<string[]> {
  return (await store.entries.due(limit)).entries.map(({ name }) => name);
}

export const dueCases = group("entries: due", {
  "without entries nothing is due, ever": async ({ store, clock }) => {
    assert.deepEqual(await store.entries.due(10), { entries: [], nextAt: null, now: clock.now() });
  },

  "an entry is due from its dispatchAt on, not from its due instant": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", null, { cursor: cursor(now, now + 500) }));
    await clock.advance(499);
    assert.deepEqual(await store.entries.due(10), { entries: [], nextAt: now + 500, now: now + 499 });
    await clock.advance(1);
    const { unfinished, buffered, lastSuccessAt, ...stored } = await read(store, "a");
    assert.deepEqual([unfinished, buffered, lastSuccessAt], [0, false, null]);
    assert.deepEqual(await store.entries.due(10), {
      entries: [stored],
      nextAt: null,
      now: now + 500,
    });
  },

  "the earliest come first, at most so many, and nextAt is the one after them": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("c", now + 3), entry("a", now + 1), entry("d", now + 4), entry("b", now + 2));
    await clock.advance(3);
    assert.deepEqual(await dueNames(store, 10), ["a", "b", "c"]);
    assert.equal((await store.entries.due(10)).nextAt, now + 4);
    assert.deepEqual(await dueNames(store, 2), ["a", "b"]);
    assert.equal((await store.entries.due(2)).nextAt, now + 3);
    assert.deepEqual(await dueNames(store, 3), ["a", "b", "c"]);
    assert.equal((await store.entries.due(3)).nextAt, now + 4);
  },

  "a limit of zero asks only when the next one comes": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now - 5), entry("b", now + 5));
    assert.deepEqual(await store.entries.due(0), { entries: [], nextAt: now - 5, now });
  },

  "paused and disabled entries and those without a cursor are not due": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(
      store,
      entry("paused", now, { pausedAt: now }),
      entry("disabled", now, { disabled: "ended" }),
      entry("never", null),
    );
    assert.deepEqual(await store.entries.due(10), { entries: [], nextAt: null, now });
  },

  "pausing takes an entry out of what is due, resuming brings it back": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now));
    await putAll(store, entry("a", now, { pausedAt: now, expect: (await read(store, "a")).etag }));
    assert.deepEqual(await dueNames(store, 10), []);
    assert.equal((await read(store, "a")).pausedAt, now);
    await putAll(store, entry("a", now + 5, { expect: (await read(store, "a")).etag }));
    assert.deepEqual(await store.entries.due(10), { entries: [], nextAt: now + 5, now });
  },

  "looking does not change what is due": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now), entry("b", now));
    const first = await store.entries.due(10);
    assert.equal(first.entries.length, 2);
    assert.deepEqual(await store.entries.due(10), first);
  },
});
