/** Fair queues: turns of lanes in place of ages. */
import assert from "node:assert/strict";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group, type Harness } from "./harness.js";
import { claim, claimIds, claimOne, dead, done, message, retry } from "./samples.js";

/** "a1" is the first message of lane "a". */
function laned(id: string, changes: Partial<NewMessage> = {}, weight = 1): NewMessage {
  return message(id, { lane: { name: id.replace(/\d+$/, ""), weight }, ...changes });
}

function lane(name: string, count: number, changes: Partial<NewMessage> = {}, weight = 1): NewMessage[] {
  return Array.from({ length: count }, (_, n) => laned(`${name}${n + 1}`, changes, weight));
}

/** Claims one by one, so that each claim remembers where it came to. */
async function order(store: Store, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(...(await claimIds(store, { max: 1 })));
  return ids;
}

/** The lanes of what is claimed next. */
async function lanesOf(store: Store, count: number): Promise<string> {
  return (await order(store, count)).map((id) => id.replace(/\d+$/, "")).join("");
}

const sum = (text: string, letter: string): number => text.split(letter).length - 1;

export const laneCases = group("queues: lanes", {
  "a second tenant behind many messages of a first waits for one": async ({ store }) => {
    await store.sender.enqueue(lane("a", 1_000));
    assert.deepEqual(await order(store, 3), ["a1", "a2", "a3"]);
    await store.sender.enqueue(lane("b", 3));
    const next = await order(store, 8);
    assert.ok(next.indexOf("b1") <= 1, next.join());
    assert.equal(sum(next.slice(0, 7).join(), "b"), 3, next.join());
  },

  "three lanes share evenly": async ({ store }) => {
    for (const name of ["a", "b", "c"]) await store.sender.enqueue(lane(name, 20));
    for (let round = 0; round < 10; round++) {
      const next = await lanesOf(store, 3);
      assert.deepEqual([sum(next, "a"), sum(next, "b"), sum(next, "c")], [1, 1, 1]);
    }
  },

  "a lane of twice the weight gets twice the turns": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 60, {}, 2), ...lane("b", 60)]);
    const next = await lanesOf(store, 60);
    assert.ok(Math.abs(sum(next, "a") - 40) <= 1, next);
  },

  "a claim of many takes them in the order of single claims": async ({ store, peer }) => {
    await store.sender.enqueue([...lane("a", 30), ...lane("b", 10, {}, 3), ...lane("c", 5)]);
    const ids = await claimIds(store, { max: 45 });
    const other = await peer();
    const again = [...lane("a", 30), ...lane("b", 10, {}, 3), ...lane("c", 5)];
    await other.sender.enqueue(again.map((each) => ({ ...each, id: `n${each.id}`, queue: "q" })));
    const second = await order(store, 45);
    const lanes = (list: readonly string[]): string[] => list.map((id) => id.replace(/^n|\d+$/g, ""));
    // Of equal turns either may be first.
    assert.deepEqual(sumUp(lanes(ids)), sumUp(lanes(second)));
    assert.equal(sum(lanes(ids.slice(0, 15)).join(""), "c"), sum(lanes(second.slice(0, 15)).join(""), "c"));
  },

  "a message that is known takes no turn": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 20), laned("b1")]);
    for (let n = 0; n < 10; n++) {
      assert.deepEqual(await store.sender.enqueue([laned("b1")]), ["duplicate"]);
    }
    await store.sender.enqueue([laned("b2")]);
    assert.equal(sum((await order(store, 5)).join(), "b"), 2);
  },

  "messages of a lane keep their order": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 12, {}, 100), ...lane("b", 4)]);
    const ids = await claimIds(store, { max: 16 });
    assert.deepEqual(
      ids.filter((id) => id.startsWith("a")),
      lane("a", 12).map(({ id }) => id),
    );
  },

  "priority goes before turns": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 4), ...lane("b", 1, { priority: 1 })]);
    await store.sender.enqueue([laned("a9", { priority: 9 })]);
    assert.deepEqual((await order(store, 6)).slice(0, 2), ["a9", "b1"]);
  },

  "turns of one priority do not count in another": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 50, { priority: 5 }), ...lane("b", 20)]);
    assert.equal(await lanesOf(store, 50), "a".repeat(50));
    await store.sender.enqueue([laned("c1")]);
    assert.ok((await order(store, 3)).includes("c1"), "c1 waits for what was taken at another priority");
  },

  "a message without a lane stands in one of its own": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 20), ...["x1", "x2", "x3"].map((id) => message(id))]);
    assert.equal(sum((await order(store, 7)).join(), "x"), 3);
  },

  "what waited before its queue became fair goes first": async ({ store }) => {
    await store.sender.enqueue([message("old1"), message("old2")]);
    await store.sender.enqueue([...lane("a", 2), message("x1")]);
    const ids = await order(store, 5);
    assert.deepEqual(ids.slice(0, 2), ["old1", "old2"]);
    assert.deepEqual(ids.slice(2).sort(), ["a1", "a2", "x1"]);
  },

  "another queue stays in the order of sending": async ({ store }) => {
    await store.sender.enqueue(lane("a", 3, { queue: "fair" }));
    await store.sender.enqueue([message("1"), message("2"), message("3")]);
    assert.deepEqual(await order(store, 3), ["1", "2", "3"]);
  },

  "a message that is given back keeps its turn": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 3), ...lane("b", 3)]);
    const first = await claimOne(store);
    await claimOne(store);
    await store.consumer.giveBack([first]);
    assert.equal((await claimOne(store)).id, first.id);
  },

  "a message whose worker was lost keeps its turn": async ({ store, clock }) => {
    await store.sender.enqueue([...lane("a", 3), ...lane("b", 3)]);
    const first = await claimOne(store, { leaseMs: 1_000 });
    await claimOne(store);
    await clock.advance(1_001);
    assert.equal((await claimOne(store)).id, first.id);
  },

  "a message that is tried again gets a new turn of its lane": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 4), ...lane("b", 4)]);
    const first = await claimOne(store);
    await store.consumer.settle([retry(first, 0)], null);
    const rest = await order(store, 8);
    const own = rest.filter((id) => id[0] === first.id[0]);
    assert.equal(own.at(-1), first.id, "it is behind all of its lane");
  },

  "a message that comes back later gets its turn when it is due": async ({ store, clock }) => {
    await store.sender.enqueue([...lane("a", 20), ...lane("b", 2)]);
    const first = await claimOne(store, { max: 1 });
    await store.consumer.settle([retry(first, 1_000)], null);
    await order(store, 12);
    await clock.advance(1_001);
    await claim(store, { max: 0 });
    await store.sender.enqueue([laned("c1")]);
    assert.ok((await order(store, 3)).includes("c1"));
  },

  "a message that was put off is not taken before it is due": async ({ store, clock }) => {
    await store.sender.enqueue(lane("a", 1));
    await store.consumer.settle([retry(await claimOne(store), 1_000)], null);
    await store.sender.enqueue([laned("b1", { eta: { inMs: 1_000 } })]);
    assert.deepEqual(await claimIds(store), []);
    await clock.advance(1_000);
    assert.deepEqual((await claimIds(store)).sort(), ["a1", "b1"]);
  },

  "a queue to which only scheduled messages were sent is fair": async ({ store, clock }) => {
    const eta = { inMs: 1_000 };
    await store.sender.enqueue([...lane("a", 10, { eta }), ...lane("b", 10, { eta })]);
    await clock.advance(1_000);
    const next = await lanesOf(store, 6);
    assert.deepEqual([sum(next, "a"), sum(next, "b")], [3, 3]);
  },

  "many that come due at once have to share": async ({ store, clock }) => {
    await store.sender.enqueue(lane("s", 50, { eta: { inMs: 1_000 } }));
    await store.sender.enqueue(lane("a", 40));
    await order(store, 20);
    await clock.advance(1_001);
    const next = await lanesOf(store, 20);
    assert.ok(Math.abs(sum(next, "a") - 10) <= 1, next);
  },

  "a dead letter that is redriven gets a new turn of its lane": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 10), ...lane("b", 10)]);
    const first = await claimOne(store);
    await store.consumer.settle([dead(first)], null);
    await store.deadLetters.redrive([first.id]);
    const own = (await order(store, 20)).filter((id) => id[0] === first.id[0]);
    assert.equal(own.at(-1), first.id);
  },

  "a message that waited for its lock keeps its turn": async ({ store }) => {
    const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 10_000 };
    await store.sender.enqueue([laned("a1", { lock }), laned("a2", { lock }), ...lane("b", 6)]);
    const first = await claimOne(store);
    assert.equal(first.id[0] === "a" || first.id[0] === "b", true);
    const taken = first.id === "a1" ? [first] : [first, await claimOne(store)];
    const holder = taken.find(({ id }) => id === "a1");
    assert.ok(holder);
    await order(store, 3);
    await store.consumer.settle([done(holder)], null);
    assert.equal((await claimOne(store)).id, "a2", "its turn has passed while it waited");
  },

  "a part of a graph takes its turn when it is released, in its own lane": async ({ store }) => {
    const part = (id: string, pending: number, list: string | null, name: string) => ({
      ...{ id, value: null, list, pending, inputs: null, takers: null },
      message: message(id, { lane: { name, weight: 1 } }),
    });
    await store.graphs.open({
      ...{ id: "g", name: "g", output: "g:1", keepMs: 1_000, seal: true },
      parts: [part("g:0", 0, "L", "g"), part("g:1", 1, null, "g")],
      lists: [{ key: "L", edges: [{ to: "g:1", kind: "success" }] }],
    });
    await store.sender.enqueue(lane("a", 20));
    const ids = await claim(store, { max: 2 });
    const first = ids.deliveries.find(({ id }) => id === "g:0");
    assert.ok(first, "the first part shares with lane a");
    await order(store, 6);
    await store.consumer.settle([done(first)], null);
    assert.ok(
      (await order(store, 2)).includes("g:1"),
      "a part that was released is not behind all of another lane",
    );
  },

  "a part that is released is behind all of its lane": async ({ store }) => {
    await store.graphs.open({
      ...{ id: "g", name: "g", output: "g:0", keepMs: 1_000, seal: false, lists: [] },
      parts: [
        {
          ...{ id: "g:0", value: null, list: null, pending: 0, inputs: null, takers: null },
          message: message("g:0", { lane: { name: "a", weight: 1 } }),
        },
      ],
    });
    await store.sender.enqueue([...lane("a", 5), ...lane("b", 5)]);
    const rest = {
      id: "g",
      name: "g",
      output: "g:0",
      keepMs: 1_000,
      seal: true,
      lists: [],
      parts: [],
      before: 1,
    };
    assert.equal(await store.graphs.open(rest), "sealed");
    const ids = await order(store, 11);
    assert.deepEqual(
      ids.filter((id) => !id.startsWith("b")),
      ["a1", "a2", "a3", "a4", "a5", "g:0"],
    );
  },

  "a run that its entry buffered takes its turn, in its lane, when it is sent": async ({ store }) => {
    const overlap = { policy: "queue-one", timeoutMs: null, graceMs: 0 } as const;
    const put = {
      ...{ name: "e", owner: "runtime", version: 0, definition: "{}", revision: "1", expect: null },
      ...{ cursor: null, pausedAt: null, disabled: null, ledger: [] },
    };
    await store.entries.put([put]);
    await store.entries.trigger("e", laned("c1"), overlap);
    const first = await claimOne(store);
    assert.equal(first.id, "c1");
    assert.equal(await store.entries.trigger("e", laned("c2"), overlap), "buffered");
    await store.sender.enqueue([...lane("a", 20), ...lane("c", 0)]);
    await order(store, 6);
    await store.consumer.settle([done(first)], null);
    assert.ok((await order(store, 2)).includes("c2"), "it waits for one of lane a");
    // It takes no other's place, either: a lane that it shares goes on behind it.
    await store.sender.enqueue([laned("c3"), laned("d1")]);
    assert.deepEqual(
      (await order(store, 3)).filter((id) => id[0] !== "a"),
      ["c3", "d1"].sort(),
    );
  },

  "a run of an entry has its lane": async ({ store }) => {
    await store.sender.enqueue(lane("a", 20));
    await order(store, 3);
    await store.sender.enqueue([laned("b1", { entry: "e" })]);
    assert.ok((await order(store, 2)).includes("b1"));
  },

  "idle lanes go with the sweep, and one with messages keeps its place": async ({ store }) => {
    await store.sender.enqueue([...lane("a", 10), ...lane("b", 1)]);
    await order(store, 4);
    assert.equal(await store.sweep(100), 1, "b has nothing more, a has");
    await store.sender.enqueue([laned("a11"), laned("c1"), laned("b2")]);
    const next = await order(store, 3);
    assert.ok(next.includes("b2") && next.includes("c1"), next.join());
  },

  "a lane whose messages were purged begins anew when its queue was empty for a sweep": async ({ store }) => {
    await store.sender.enqueue(lane("a", 500));
    await store.queues.purge(["q"]);
    await store.sweep(100);
    await store.sender.enqueue([...lane("b", 20), laned("a1")]);
    assert.ok((await order(store, 3)).includes("a1"));
  },

  "lanes, and what messages say of theirs, leave nothing behind": async (harness: Harness) => {
    const { store } = harness;
    await store.sender.enqueue([...lane("a", 5), ...lane("b", 5, {}, 2.5)]);
    const { deliveries } = await claim(store, { max: 10 });
    await store.consumer.settle(
      deliveries.map((each) => done(each, null)),
      null,
    );
    await store.sweep(100);
    assert.equal(await store.sweep(100), 0);
    // The same ids without lanes are of the lane "".
    await store.sender.enqueue([message("a1"), message("b1"), laned("c1")]);
    assert.deepEqual(
      (await order(store, 3)).filter((id) => id !== "c1"),
      ["a1", "b1"],
    );
  },

  "a lane may have any name": async ({ store }) => {
    const names = ["a b", "a,1", "+", "", "\ud800", "é:☃", "x".repeat(255)];
    await store.sender.enqueue(
      names.flatMap((name, n) => [1, 2].map((k) => message(`${n}-${k}`, { lane: { name, weight: 0.5 } }))),
    );
    const ids = await order(store, 2 * names.length);
    const rounds = [ids.slice(0, names.length), ids.slice(names.length)];
    assert.deepEqual(
      rounds.map((round) => [...new Set(round.map((id) => id.slice(-2)))]),
      [["-1"], ["-2"]],
    );
  },
});

function sumUp(letters: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const letter of letters) counts[letter] = (counts[letter] ?? 0) + 1;
  return counts;
}
