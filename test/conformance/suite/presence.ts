/** Who is there, what is watched, and what is not to begin. */
import assert from "node:assert/strict";
import type { NodeRecord } from "../../../src/store/contracts/presence.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { eventually } from "./samples.js";
import { group, type Harness } from "./harness.js";

const TTL_MS = 30_000;
const DAY_MS = 86_400_000;

export function nodeRecord(node: string, boot: string, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    ...{ node, boot, kind: "worker", app: "shop", host: "host01", pid: 4711, version: "0.1.0" },
    ...{ nodeVersion: "v22.0.0", startedAt: 1_000, state: "running", loopAt: 2_000, lagMs: 1.5, rss: 1e8 },
    ...{ heap: 5e7, loadavg: 0.25, clockOffsetMs: -3, verbs: ["ping", "stats"], workVersion: 1 },
    worker: {
      ...{ queues: [{ name: "default", paused: false }], concurrency: 8, pool: "async", autoscale: null },
      ...{ running: 3, prefetched: 1, unsettled: 0, processed: 12, succeeded: 9, failed: 2, retried: 1 },
      ...{ tasks: ["t"], tasksHash: "h", lastClaimAt: null, outage: null },
    },
    beat: null,
    ...changes,
  };
}

const appear = (store: Store, node: string, boot: string, takeOver?: boolean) =>
  store.presence.appear(nodeRecord(node, boot), TTL_MS, takeOver);

async function statuses(store: Store): Promise<(readonly [string, string, string])[]> {
  return (await store.presence.nodes()).map(({ node, boot, status }) => [node, boot, status]);
}

export const presenceCases = group("presence", {
  "a node that appears is listed as it said, with when it was seen": async ({ store, clock, peer }) => {
    await clock.advance(500);
    const record = nodeRecord("a@host", "boot1");
    assert.deepEqual(await store.presence.appear(record, TTL_MS), {
      ...{ now: clock.now(), holder: "boot1", watching: [], marks: [] },
    });
    assert.deepEqual(await (await peer()).presence.nodes(), [
      { ...record, seenAt: clock.now(), status: "alive" },
    ]);
  },

  "nobody is there at first": async ({ store }) => {
    assert.deepEqual(await store.presence.nodes(), []);
  },

  "each appearance takes the place of the one before": async ({ store, clock }) => {
    await appear(store, "a", "boot1");
    await clock.advance(10_000);
    await store.presence.appear(nodeRecord("a", "boot1", { state: "draining", worker: null }), TTL_MS);
    const [node, ...others] = await store.presence.nodes();
    assert.deepEqual(
      [others.length, node?.state, node?.worker, node?.seenAt],
      [0, "draining", null, clock.now()],
    );
  },

  "nodes are listed by name": async ({ store }) => {
    for (const name of ["b", "a", "c@x", "B"]) await appear(store, name, name);
    assert.deepEqual(
      (await store.presence.nodes()).map(({ node }) => node),
      ["B", "a", "b", "c@x"],
    );
  },

  "a node that is silent past its time is lost, and is listed for a day": async ({ store, clock }) => {
    await appear(store, "a", "boot1");
    await clock.advance(TTL_MS - 1);
    assert.deepEqual(await statuses(store), [["a", "boot1", "alive"]]);
    await clock.advance(1);
    assert.deepEqual(await statuses(store), [["a", "boot1", "lost"]]);
    await appear(store, "b", "boot2");
    await clock.advance(DAY_MS - 1);
    assert.equal((await statuses(store))[0]?.[2], "lost");
    await clock.advance(1);
    assert.deepEqual(await statuses(store), [["b", "boot2", "lost"]]);
  },

  "a lost node that appears again is alive": async ({ store, clock }) => {
    await appear(store, "a", "boot1");
    await clock.advance(DAY_MS / 2);
    assert.equal((await appear(store, "a", "boot1")).holder, "boot1");
    assert.deepEqual(await statuses(store), [["a", "boot1", "alive"]]);
  },

  "a name that a living node has is not taken, unless it is taken over": async ({ store, clock }) => {
    await appear(store, "a", "boot1");
    await clock.advance(20_000);
    assert.equal((await appear(store, "a", "boot2")).holder, "boot1");
    assert.deepEqual(await statuses(store), [["a", "boot1", "alive"]]);
    await clock.advance(9_999);
    assert.equal((await appear(store, "a", "boot2", true)).holder, "boot2");
    assert.equal((await appear(store, "a", "boot1")).holder, "boot2");
    assert.deepEqual(await statuses(store), [["a", "boot2", "alive"]]);
  },

  "the refused one does not lengthen the life of the other": async ({ store, clock }) => {
    await appear(store, "a", "boot1");
    await clock.advance(20_000);
    await appear(store, "a", "boot2");
    await clock.advance(10_000);
    assert.deepEqual(await statuses(store), [["a", "boot1", "lost"]]);
  },

  "the name of a lost node is free": async ({ store, clock }) => {
    await appear(store, "a", "boot1");
    await clock.advance(TTL_MS);
    assert.equal((await appear(store, "a", "boot2")).holder, "boot2");
    assert.deepEqual(await statuses(store), [["a", "boot2", "alive"]]);
  },

  "a node that leaves is not listed any more; another boot's name stays": async ({ store, clock }) => {
    await appear(store, "a", "boot1");
    await appear(store, "b", "boot1");
    await store.presence.leave("a", "boot0", "ended");
    await store.presence.leave("nobody", "boot1", "ended");
    assert.equal((await statuses(store)).length, 2);
    await store.presence.leave("a", "boot1", "ended");
    await store.presence.leave("a", "boot1", "ended");
    assert.deepEqual(await statuses(store), [["b", "boot1", "alive"]]);
    await clock.advance(TTL_MS);
    assert.deepEqual(await statuses(store), [["b", "boot1", "lost"]]);
  },

  "of many that want one name at once exactly one has it": async ({ store, peer }) => {
    const stores = [store, await peer(), store, await peer()];
    const replies = await Promise.all(stores.map((each, index) => appear(each, "a", `boot${index}`)));
    const holders = new Set(replies.map(({ holder }) => holder));
    assert.equal(holders.size, 1);
    assert.deepEqual(await statuses(store), [["a", [...holders][0], "alive"]]);
  },

  "only the last thousand lost nodes are kept": {
    because: "programs that are restarted under new names all day must not fill the store",
    async run({ store, clock }) {
      for (let from = 0; from < 1_050; from += 50) {
        await Promise.all(
          Array.from({ length: 50 }, (_, index) => appear(store, `n${from + index}`, "boot")),
        );
        await clock.advance(1);
      }
      await clock.advance(TTL_MS);
      await appear(store, "alive", "boot");
      const nodes = await statuses(store);
      assert.equal(nodes.length, 1_001);
      assert(!nodes.some(([node]) => node === "n0"));
      assert(nodes.some(([node]) => node === "n1049"));
    },
  },

  "any text is the name and the boot of a node, and in its record": async ({ store }) => {
    const names = [
      "",
      " ",
      "a b",
      "+",
      "%20",
      "line\nfeed\u0001",
      "é\ud800",
      "__proto__",
      "'; DROP TABLE node",
    ];
    for (const name of names) {
      const record = nodeRecord(name, name, { app: name, host: name });
      assert.equal((await store.presence.appear(record, TTL_MS)).holder, name);
    }
    const found = await store.presence.nodes();
    assert.deepEqual(found.map(({ node }) => node).sort(), [...names].sort());
    for (const { node, boot, app } of found) assert.deepEqual([boot, app], [node, node]);
    for (const name of names) await store.presence.leave(name, name, name);
    assert.deepEqual(await store.presence.nodes(), []);
  },

  "nodes survive": {
    needs: "durable",
    async run({ store, reopen }) {
      await appear(store, "a", "boot1");
      assert.deepEqual(await statuses((await reopen())!), [["a", "boot1", "alive"]]);
    },
  },
});

const watching = async (store: Store): Promise<readonly string[]> =>
  (await appear(store, "watched", "boot")).watching;

/** What is published on a topic while `act` runs. */
async function heard(harness: Harness, topic: string, act: (store: Store) => Promise<void>): Promise<string> {
  let tell: (payload: string) => void = () => undefined;
  const told = new Promise<string>((resolve) => (tell = resolve));
  const end = await harness.store.channel.subscribe(topic, (payload) => tell(payload));
  await act(await harness.peer());
  await eventually(harness, told, `a message on "${topic}"`);
  end();
  return told;
}

export const watchCases = group("presence: watches", {
  "nodes hear which types somebody watches, all watches together, sorted": async ({ store, peer }) => {
    await store.presence.watch("w1", ["task-failed", "worker-online"], TTL_MS);
    await (await peer()).presence.watch("w2", ["beat-leading", "task-failed"], TTL_MS);
    assert.deepEqual(await watching(store), ["beat-leading", "task-failed", "worker-online"]);
  },

  "a watch ends when it is not renewed": async ({ store, clock }) => {
    await store.presence.watch("w1", ["a"], 10_000);
    await store.presence.watch("w2", ["b", "a"], 20_000);
    await clock.advance(5_000);
    await store.presence.watch("w1", ["a"], 10_000);
    await clock.advance(14_999);
    assert.deepEqual(await watching(store), ["a", "b"]);
    await clock.advance(1);
    assert.deepEqual(await watching(store), []);
  },

  "a watch that is ended counts no more, and those of others go on": async ({ store }) => {
    await store.presence.watch("w1", ["a", "b"], TTL_MS);
    await store.presence.watch("w2", ["b", "c"], TTL_MS);
    await store.presence.watch("w1", ["a", "b"], 0);
    assert.deepEqual(await watching(store), ["b", "c"]);
    await store.presence.watch("w1", [], 0);
    await store.presence.watch("w2", [], 0);
    assert.deepEqual(await watching(store), []);
  },

  "a watch of other types takes the place of the one before": async ({ store }) => {
    await store.presence.watch("w1", ["a", "b"], TTL_MS);
    await store.presence.watch("w2", ["b"], TTL_MS);
    await store.presence.watch("w1", ["c"], TTL_MS);
    assert.deepEqual(await watching(store), ["b", "c"]);
  },

  "a node that is refused its name hears all the same": async ({ store }) => {
    await appear(store, "a", "boot1");
    await store.presence.watch("w1", ["*"], TTL_MS);
    assert.deepEqual((await appear(store, "a", "boot2")).watching, ["*"]);
  },

  "any text is the id of a watch, and a type": async ({ store }) => {
    const names = ["", " ", "a b", "+", "%20", "line\nfeed", "é\ud800", "__proto__"];
    for (const name of names) await store.presence.watch(name, [name], TTL_MS);
    assert.deepEqual(await watching(store), [...names].sort());
    for (const name of names) await store.presence.watch(name, [], 0);
    assert.deepEqual(await watching(store), []);
  },

  'who watches is heard on the topic "watch", with all that is watched': async (harness) => {
    // Each is heard before the next is said: on its way between the nodes of a Cluster one may come after the other's call.
    const steps = [
      ["w1", ["b"], TTL_MS, ["b"]],
      // It ends later, and its type still comes first.
      ["w2", ["a"], TTL_MS + 1_000, ["a", "b"]],
      ["w1", [], 0, ["a"]],
      ["w2", [], 0, []],
    ] as const;
    for (const [id, types, ttlMs, watched] of steps) {
      const payload = await heard(harness, "watch", (store) => store.presence.watch(id, types, ttlMs));
      assert.deepEqual(JSON.parse(payload), watched);
    }
  },
});

const marks = async (store: Store) => (await appear(store, "marked", "boot")).marks;

export const markCases = group("presence: marks", {
  "nodes hear of marks until they end, oldest first": async ({ store, clock, peer }) => {
    const now = clock.now();
    await store.presence.mark({ tenant: "7" }, 10_000);
    await (await peer()).presence.mark({ tenant: "8", job: "x" }, 5_000);
    assert.deepEqual(await marks(store), [
      { headers: { tenant: "7" }, until: now + 10_000 },
      { headers: { job: "x", tenant: "8" }, until: now + 5_000 },
    ]);
    await clock.advance(5_000);
    assert.deepEqual(await marks(store), [{ headers: { tenant: "7" }, until: now + 10_000 }]);
    await clock.advance(5_000);
    assert.deepEqual(await marks(store), []);
  },

  "a mark of the same headers takes the place of the first, and 0 ends it": async ({ store, clock }) => {
    await store.presence.mark({ a: "1", b: "2" }, 1_000);
    await store.presence.mark({ c: "3" }, 1_000);
    await store.presence.mark({ b: "2", a: "1" }, 2_000);
    assert.deepEqual(await marks(store), [
      { headers: { c: "3" }, until: clock.now() + 1_000 },
      { headers: { a: "1", b: "2" }, until: clock.now() + 2_000 },
    ]);
    await store.presence.mark({ c: "3" }, 0);
    assert.deepEqual(
      (await marks(store)).map(({ headers }) => headers),
      [{ a: "1", b: "2" }],
    );
  },

  "at most a hundred are kept, the oldest out": async ({ store }) => {
    for (let index = 0; index < 105; index++) {
      await store.presence.mark({ index: String(index) }, index === 104 ? 1_000 : DAY_MS);
    }
    const kept = await marks(store);
    assert.equal(kept.length, 100);
    assert.deepEqual([kept[0]?.headers["index"], kept[99]?.headers["index"]], ["5", "104"]);
  },

  "any text is a header": async ({ store }) => {
    const text = " a\u0000\u0001\n\ud800 é+%20";
    await store.presence.mark({ [text]: text, __proto__x: "" }, TTL_MS);
    assert.deepEqual((await marks(store))[0]?.headers, { [text]: text, __proto__x: "" });
  },

  'a mark is told on the topic "marks"': async (harness) => {
    await heard(harness, "marks", (store) => store.presence.mark({ a: "b" }, TTL_MS));
  },

  "nodes, watches and marks survive": {
    needs: "durable",
    async run({ store, reopen }) {
      await store.presence.mark({ a: "b" }, TTL_MS);
      await store.presence.watch("w", ["x"], TTL_MS);
      const again = (await reopen())!;
      const { watching, marks: kept } = await appear(again, "n", "boot");
      assert.deepEqual([watching, kept.map(({ headers }) => headers)], [["x"], [{ a: "b" }]]);
    },
  },
});
