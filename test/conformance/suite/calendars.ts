/** Named calendars, and what the walk over the entries needs. */
import assert from "node:assert/strict";
import { type CalendarPut, MOST_CALENDARS } from "../../../src/store/contracts/calendars.js";
import type { UpcomingPlace } from "../../../src/store/contracts/entries.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { cursor, entry, item, putAll, read, sendOf, tick } from "./entry-samples.js";
import { group } from "./harness.js";
import { lead } from "./leases.js";
import { eventually } from "./samples.js";

const calendar = (name: string, changes: Partial<CalendarPut> = {}): CalendarPut => ({
  ...{ name, owner: "code:shop", version: 1, digest: "3f9c21aa90e1b7c4", data: '{"days":[]}', expect: null },
  ...changes,
});

async function etagOf({ calendars }: Store, name: string): Promise<number> {
  const [found] = await calendars.get([name]);
  assert(found);
  return found.etag;
}

export const calendarCases = group("calendars", {
  "one is read back whole, by every process": async ({ store, clock, peer }) => {
    const put = calendar("DE \u00fc+", { owner: "", data: '{"days":["\ud800"]}\u0001', digest: "" });
    assert.equal(await store.calendars.put(put), "stored");
    const { calendars } = await peer();
    const [found, missing] = await calendars.get(["DE \u00fc+", "none"]);
    assert(found);
    const { expect: _, ...rest } = put;
    assert.deepEqual(found, { ...rest, etag: found.etag, at: clock.now() });
    assert.equal(missing, null);
    assert.deepEqual(await calendars.get([]), []);
    const { data: _data, ...head } = found;
    assert.deepEqual(await calendars.list(), [head]);
  },

  "each write is over the etag that was read": async ({ store }) => {
    const { calendars } = store;
    await calendars.put(calendar("a"));
    const before = await etagOf(store, "a");
    assert.equal(await calendars.put(calendar("a")), "conflict");
    assert.equal(await calendars.put(calendar("b", { expect: before })), "conflict");
    assert.equal(await calendars.put(calendar("a", { expect: before, version: 2 })), "stored");
    assert.equal(await calendars.put(calendar("a", { expect: before })), "conflict");
    assert.notEqual(await etagOf(store, "a"), before);
    assert.equal((await calendars.list())[0]?.version, 2);
  },

  "one that is removed is gone, and its etag never comes again": async ({ store }) => {
    const { calendars } = store;
    await calendars.put(calendar("a"));
    const etag = await etagOf(store, "a");
    assert.equal(await calendars.remove("a", etag + 1), "conflict");
    assert.equal(await calendars.remove("a", etag), "removed");
    assert.equal(await calendars.remove("a", etag), "gone");
    assert.deepEqual([await calendars.list(), await calendars.get(["a"])], [[], [null]]);
    await calendars.put(calendar("a"));
    assert.notEqual(await etagOf(store, "a"), etag);
  },

  "a megabyte comes back, and many come in order of name": async ({ store }) => {
    const { calendars } = store;
    const data = JSON.stringify("\u00e9".repeat(500_000) + "x".repeat(499_998));
    const names = ["f", "e", "d", "c", "b", "a"];
    for (const name of names) await calendars.put(calendar(name, { data }));
    const found = await calendars.get(names);
    assert(found.every((one) => one?.data === data));
    assert.deepEqual(
      (await calendars.list()).map(({ name }) => name),
      [...names].sort(),
    );
  },

  "a store is full with a thousand; those that are there can be written": async ({ store }) => {
    const { calendars } = store;
    for (let i = 0; i < MOST_CALENDARS; i++) await calendars.put(calendar(`c${i}`));
    assert.equal(await calendars.put(calendar("more")), "full");
    assert.equal(await calendars.put(calendar("c5", { expect: await etagOf(store, "c5") })), "stored");
    assert.equal((await calendars.list()).length, MOST_CALENDARS);
  },

  "each write is told to every process": async (harness) => {
    const { store } = harness;
    const told: string[] = [];
    let tell: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (tell = resolve));
    await (
      await harness.peer()
    ).channel.subscribe("calendars", (name) => {
      told.push(name);
      if (told.length === 2) tell();
    });
    await store.calendars.put(calendar("\u00fc"));
    await store.calendars.remove("\u00fc", await etagOf(store, "\u00fc"));
    await eventually(harness, both, "two writes");
    assert.deepEqual(told, ["\u00fc", "\u00fc"]);
  },
});

/** All of them, by pages. */
async function walk({ entries }: Store, limit: number): Promise<string[]> {
  const names: string[] = [];
  let after: UpcomingPlace | null = null;
  for (;;) {
    const page = await entries.upcoming({ after, limit });
    names.push(...page.map(({ name }) => name));
    const last = page.at(-1);
    if (page.length < limit || last?.cursor == null) return names;
    after = { dispatchAt: last.cursor.dispatchAt, name: last.name };
  }
}

export const upcomingCases = group("entries: upcoming", {
  "those that are to be sent come in order of dispatch, by pages": async ({ store, clock }) => {
    const now = clock.now();
    const later = Array.from({ length: 7 }, (_, i) => entry(`n${i} \u00fc`, now + 5_000));
    await putAll(store, entry("last", now + 9, { cursor: cursor(now + 9, now + 9_000) }), ...later);
    await putAll(store, entry("first", now - 5), entry("paused", now, { pausedAt: now }));
    await putAll(store, entry("off", now, { disabled: "disabled" }), entry("over", null));
    const whole = await walk(store, 100);
    assert.equal(whole[0], "first");
    assert.equal(whole.at(-1), "last");
    assert.deepEqual([...whole].sort(), ["first", "last", ...later.map(({ name }) => name)].sort());
    for (const limit of [1, 2, 3, 9]) assert.deepEqual(await walk(store, limit), whole);
  },

  "the place holds though its entry has moved or gone": async ({ store, clock }) => {
    const now = clock.now();
    await putAll(store, entry("a", now), entry("b", now), entry("c", now + 5), entry("d", now + 9));
    const [first] = await store.entries.upcoming({ after: null, limit: 1 });
    const after = { dispatchAt: now, name: first!.name };
    const rest = await store.entries.upcoming({ after, limit: 9 });
    assert.equal(rest.length, 3);
    const moved = item(first!.name, now, { plan: [sendOf(first!.name, now)], next: cursor(now + 7) });
    await tick(store, await lead(store), moved);
    const names = (await store.entries.upcoming({ after, limit: 9 })).map(({ name }) => name);
    assert.deepEqual(
      names,
      [...rest.slice(0, 2), first!, rest[2]!].map(({ name }) => name),
    );
    await store.entries.remove(first!.name, (await read(store, first!.name)).etag);
    const left = await store.entries.upcoming({ after, limit: 9 });
    assert.deepEqual(
      left.map(({ name }) => name),
      rest.map(({ name }) => name),
    );
    assert.equal((await store.entries.due(9)).nextAt, now + 5);
  },

  "the walk is kept for every process, and written by the leader alone": async ({ store, peer }) => {
    const nothing = { basis: null, walk: null };
    assert.deepEqual(await store.entries.basisWalk(), nothing);
    const state = { basis: "t2025c;\u00fc", walk: '{"basis":"t2026a"}' };
    assert.equal(await store.entries.putBasisWalk("1:nobody", state), "fenced");
    assert.deepEqual(await store.entries.basisWalk(), nothing);
    const term = await lead(store);
    assert.equal(await store.entries.putBasisWalk(term, state), "stored");
    assert.deepEqual(await (await peer()).entries.basisWalk(), state);
    assert.equal(await store.entries.putBasisWalk(term, { basis: "t2026a", walk: null }), "stored");
    assert.deepEqual(await store.entries.basisWalk(), { basis: "t2026a", walk: null });
  },
});
