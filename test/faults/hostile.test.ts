/**
 * Messages, entries and keys that a foreign client put there, under real workers and beats: what is not ours is a dead
 * letter, set aside, or a typed error; prototypes stay as they are, and everything else goes on.
 */
import { alert } from "../conformance/suite/alerts.js";
import { AUDIT_ROW } from "../conformance/suite/audit.js";
import { nodeRecord } from "../conformance/suite/presence.js";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { isSunbeatError, Sunbeat } from "../../src/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import type { NewPart } from "../../src/tasks/part.js";
import { KEY_NAMES, KEY_TYPES, keyspace } from "../../src/store/redis/keys.js";
import type { GraphPortion } from "../../src/store/contracts/graphs.js";
import type { Store } from "../../src/store/contracts/store.js";
import {
  allow,
  cancelRunning,
  entry,
  item,
  queueOne,
  sendOf,
  skipOverlap,
} from "../conformance/suite/entry-samples.js";
import { dead, done, HOUR_MS, message, success } from "../conformance/suite/samples.js";
import { uniqueOf } from "../conformance/suite/unique.js";
import { FORM, PATIENCE_MS, pause } from "../support/fault-crew.js";
import { type AppSpec, Programs } from "../support/fault-programs.js";
import { litter, wrong } from "../support/hostile-keys.js";
import { ownNamespace } from "../support/redis-harness.js";
import { until } from "../support/redis-topologies.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };

let raw: Redis;
beforeAll(() => {
  raw = new Redis(inject("redisUrl"));
});
afterAll(() => raw.disconnect());

let namespace: string;
let store: Store;
beforeEach(async () => {
  namespace = ownNamespace();
  store = await openRedisStore(inject("redisUrl"), context, { namespace });
});
afterEach(() => store.close());

const deep = "[".repeat(100_000);

/** Bodies that no sender of ours makes. */
const BODIES: readonly string[] = [
  ...["", "not json", "null", "[]", "1e999", '"text"', "{", deep, `{"v":1,"args":${deep}`, "\0\uffff"],
  ...["{}", '{"v":1}', '{"v":2,"args":[]}', '{"v":"1","args":[]}', '{"v":1e999,"args":[]}', '{"args":[]}'],
  ...['{"v":1,"args":{}}', '{"v":1,"args":"x"}', '{"v":1,"args":null}', '{"v":1,"args":[1e999]}'],
  '{"v":1,"args":[],"__proto__":{"polluted":1}}',
  '{"v":1,"args":[{"__proto__":{"polluted":1}}]}',
  '{"v":1,"args":[],"constructor":{"prototype":{"polluted":1}}}',
  '{"v":1,"args":[],"headers":{"__proto__":"polluted"}}',
  '{"v":1,"args":[],"headers":{"a":1}}',
  '{"v":1,"args":[],"headers":[]}',
  '{"v":1,"args":[],"parentId":1}',
  '{"v":1,"args":[],"scheduledFor":"tomorrow"}',
  '{"v":1,"args":[],"scheduledFor":1e999}',
  '{"v":1,"args":[],"ignoreResult":"no"}',
  '{"v":1,"args":[],"resultTtlMs":-1}',
  '{"v":1,"args":[],"toString":1}',
];

/** Names that no registry of ours has. */
const TASKS = [
  "toString",
  "constructor",
  "__proto__",
  "hasOwnProperty",
  "../x",
  "",
  " ",
  "\n",
  "x".repeat(10_000),
];

/** Definitions that no app of ours makes, each of an entry that is due. */
const DEFINITIONS: readonly string[] = [
  ...["", "not json", "null", "[]", "1", deep, "{}", '{"task":"log"}', '{"task":"log","schedule":null}'],
  ...["__proto__", "constructor", "toString", "custom", "../x"].map(
    (type) => `{"task":"log","schedule":{"type":"${type}"}}`,
  ),
  ...["1e999", "-1", "0", "1e-9", '"1"', "null", "{}"].map(
    (every) => `{"task":"log","schedule":{"type":"interval","everyMs":${every}}}`,
  ),
  '{"task":"log","schedule":{"type":"crontab","expression":"* * * * * * * *"}}',
  ...[
    '"__proto__":{"polluted":1}',
    '"constructor":{"prototype":{"polluted":1}}',
    '"args":{}',
    '"args":[{"__proto__":{"polluted":1}}]',
    '"options":{"queue":{}}',
    '"options":{"headers":{"__proto__":{"polluted":1}}}',
    '"misfire":{"policy":"__proto__","withinMs":1,"max":1}',
    '"misfire":{"policy":"all","withinMs":null,"max":1e999}',
    '"overlap":"toString"',
    '"maxRuns":-1',
    '"jitterMs":1e999',
    '"lock":{"name":"","capacity":1e9}',
    '"task":{}',
  ].map((part) => `{"task":"log","schedule":{"type":"interval","everyMs":1000},${part}}`),
];

describe("real processes", () => {
  const programs = new Programs();
  afterEach(() => programs.dispose());

  async function ticksAgain(): Promise<void> {
    const from = await store.now();
    await until("ticks", async () => {
      const rows = await store.ledger.rows("tick", { limit: 100, keep: "newest" });
      return rows.filter(({ at }) => at > from).length >= 2;
    });
  }

  test(
    "go on among hostile messages, entries and keys, and none of it changes a prototype",
    async () => {
      const broker = `${inject("redisUrl")}/0?namespace=${namespace}`;
      const spec: AppSpec = {
        ...{ broker, options: { unknownTaskGrace: 0 } },
        entries: { tick: { task: "log", schedule: 1, misfire: "all" } },
      };
      const [worker, beat] = await Promise.all([
        programs.worker(spec, ["-Q", "default,q"]),
        programs.beat(spec),
      ]);
      const sender = new Sunbeat("sender", { broker });
      try {
        const clean = await (await sender.sendTask("probe", [])).get({ timeout: PATIENCE_MS / 1_000 });
        const sent = [
          ...BODIES.map((body, index) => message(`body${index}`, { task: "echo", body })),
          ...TASKS.map((task, index) => message(`task${index}`, { task, body: '{"v":1,"args":[]}' })),
        ];
        await store.sender.enqueue(sent);
        await store.sender.enqueue(sent);
        const now = await store.now();
        await store.entries.put(
          DEFINITIONS.map((definition, index) =>
            entry(`hostile${index}`, now - 1_000, { definition, owner: "x" }),
          ),
        );
        const left = await litter(raw, namespace, ["tick", "default", "q", "body1", "hostile1", "log"]);

        await ticksAgain();
        const ids = sent.map(({ id }) => id);
        await until("dead letters of all messages", async () => {
          const deadLettered = new Set(
            (await store.deadLetters.list({ limit: 10_000 })).letters.map(({ id }) => id),
          );
          return ids.every((id) => deadLettered.has(id));
        });
        const probed = await sender.sendTask("probe", []);
        expect(await probed.get({ timeout: PATIENCE_MS / 1_000 })).toEqual(clean);
        expect(clean).toMatchObject({ polluted: null });
        expect((Object.prototype as Record<string, unknown>)["polluted"]).toBe(undefined);
        console.log(
          `hostile: ${sent.length} messages, ${DEFINITIONS.length} entries, ${left} members and fields`,
        );

        // Who looks at it from outside gets answers.
        await store.queues.counts();
        await store.entries.list({ limit: 10_000 });
        await store.lockInspection.list({ limit: 10_000 });
        for (const name of ["tick", "hostile1", "a"])
          await store.ledger.rows(name, { limit: 10, keep: "oldest" });
        await store.sweep(10_000);
        await store.queues.purge(["q"]);
        expect([worker.alive, beat.alive]).toEqual([true, true]);
        expect(beat.said).toMatch(/cannot send hostile0, leaving it aside/);
        expect(beat.said).not.toMatch(/the store fails/);
        expect(await worker.end()).toEqual({ code: 0, signal: null });
        expect(await beat.end()).toEqual({ code: 0, signal: null });
      } finally {
        await sender.close();
      }
    },
    3 * PATIENCE_MS,
  );

  test(
    "whose keys somebody overwrites say so; a beat waits until they are whole again",
    async () => {
      const broker = `${inject("redisUrl")}/0?namespace=${namespace}`;
      const spec: AppSpec = { broker, entries: { tick: { task: "log", schedule: 1, misfire: "all" } } };
      const beat = await programs.beat(spec);
      const { keys } = keyspace(namespace);
      await wrong(raw, keys.ready, "zset");
      const worker = programs.start(["worker"], spec);
      // Waiting does not help a worker: whoever supervises it learns of it by the exit code.
      expect(await worker.ended).toEqual({ code: 1, signal: null });
      expect(worker.said).toMatch(/has other data under our keys/);
      await beat.says(/the store fails, trying again: .* has other data under our keys/);
      await raw.del(keys.ready);
      // The beat looks again after a pause that grows to five seconds: for the long form.
      if (FORM.minutes !== null) await ticksAgain();
      expect(await beat.end()).toEqual({ code: 0, signal: null });
    },
    2 * PATIENCE_MS,
  );
});

const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 1_000 };
const ref = { id: "a", token: "t" };
const candidate = { id: "a", nonce: "n", host: "h", version: "1" };
const permit = { lock: "l", token: "t.pa", fence: 1 };
let given = 0;

/** Every verb of a store, as it is called every day. */
const VERBS: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  now: (s) => s.now(),
  presence: async (s) => {
    await s.presence.appear(nodeRecord("n", "boot"), 60_000);
    await s.presence.watch("w", ["task-*"], 60_000);
    await s.presence.mark({ a: "b" }, 60_000);
    await s.presence.nodes();
  },
  leave: async (s) => {
    await s.presence.appear(nodeRecord("gone", "boot"), 60_000);
    await s.presence.leave("gone", "boot", "ended");
  },
  watchLease: async (s) => {
    await s.leases.elect({ ...candidate, id: "watch", nonce: "watch" }, 60_000, "watch");
    await s.leases.leader("watch");
    await s.leases.resign({ id: "watch", nonce: "watch" }, "watch");
  },
  alerts: async (s) => {
    const id = `alert${given++}`;
    const put = alert(id, { raisedAt: 1, webhooks: [{ id, url: "https://example.com/", body: "{}" }] });
    await s.alerts.putAlert(put, null);
    await s.alerts.putAlert({ ...put, clearedAt: 2, webhooks: [] }, 1);
    await s.alerts.alerts({ limit: 10 });
    await s.alerts.alerts({ limit: 10, standing: true });
    for (const row of await s.alerts.outbox(10, 1_000)) await s.alerts.told(row.id, "done");
    await s.alerts.mute({ kind: "queue-old", subject: "q" } as never, 1_000);
    await s.alerts.mutes();
  },
  calendars: async (s) => {
    await s.calendars.list();
    const [found] = await s.calendars.get(["DE"]);
    const days = { owner: "runtime", version: 1, digest: "d", data: "{}" };
    await s.calendars.put({ name: "DE", ...days, expect: found?.etag ?? null });
    const [stored] = await s.calendars.get(["DE"]);
    if (stored) await s.calendars.remove("DE", stored.etag);
  },
  walk: async (s) => {
    await s.entries.upcoming({ after: null, limit: 10 });
    await s.entries.basisWalk();
  },
  failed: async (s) => {
    await s.sender.enqueue([message(`m${given++}`, { queue: "failing" })]);
    const claim = { queues: ["failing"], worker: "w", leaseMs: 1_000, max: 1 };
    const { deliveries } = await s.consumer.claim(claim);
    await s.consumer.settle(
      deliveries.map((delivery) => ({ ...done(delivery), keepMs: 60_000, note: "note" })),
      null,
    );
    await s.deadLetters.list({ limit: 10, failed: true });
    await s.deadLetters.list({ limit: 10, failed: true, queue: "failing" });
    await s.deadLetters.get(["m1", "unknown"]);
    await s.queues.counts();
  },
  history: async (s) => {
    await s.history.records({ limit: 10 }, { rows: 100 });
    await s.history.recordsOf("m1");
    await s.history.runsOf("e", { limit: 10 });
    await s.history.seal(1);
    await s.history.trimRecords({ maxAgeMs: 1e9, maxRows: 1e6 }, 10);
  },
  statistics: async (s) => {
    const delta = {
      task: "t",
      ok: 1,
      failed: 0,
      retried: 0,
      other: 0,
      sumMs: 1,
      maxMs: 1,
      run: { 0: 1 },
      wait: {},
    };
    await s.history.addStats("boot", given++, [delta]);
    await s.history.sample([
      { queue: "q", scheduled: 0, ready: 0, leased: 0, blocked: 0, dead: 0, oldestMs: 0 },
    ]);
    await s.history.rollUp();
    await s.history.stats({ from: 0, to: 9e15, step: "minute" });
  },
  audit: async (s) => {
    await s.audit.add(AUDIT_ROW);
    await s.audit.list({ limit: 10 });
  },
  sweep: (s) => s.sweep(100),
  enqueue: (s) => s.sender.enqueue([message(`m${given++}`), message(`m${given++}`, { lock })]),
  delayed: (s) => s.sender.enqueue([message(`m${given++}`, { eta: { inMs: 60_000 } })]),
  claim: (s) => s.consumer.claim({ queues: ["q"], worker: "w", leaseMs: 1_000, max: 10 }),
  settle: (s) => s.consumer.settle([done(ref)], null),
  die: async (s) => {
    await s.sender.enqueue([message(`m${given++}`, { queue: "dying" })]);
    const { deliveries } = await s.consumer.claim({ queues: ["dying"], worker: "w", leaseMs: 1_000, max: 1 });
    await s.consumer.settle(
      deliveries.map((delivery) => dead(delivery)),
      null,
    );
  },
  heartbeat: (s) => s.consumer.heartbeat([ref], 1_000),
  giveBack: (s) => s.consumer.giveBack([ref]),
  lanes: async (s) => {
    await s.sender.enqueue([message(`m${given++}`, { queue: "fair", lane: { name: "x", weight: 1 } })]);
    await s.consumer.claim({ queues: ["fair"], worker: "w", leaseMs: 1_000, max: 10 });
  },
  unique: (s) =>
    s.sender.enqueue([1, 2, 3].map(() => message(`m${given++}`, { unique: uniqueOf("queue-one") }))),
  // Lifted again: most calls are to go the way of stores without limits.
  rates: async (s) => {
    const limit = { task: "rated", byMessage: false };
    await s.limits.declare([{ ...limit, code: { limit: 1, perMs: 1_000, burst: 1 } }]);
    await s.sender.enqueue([1, 2, 3].map(() => message(`m${given++}`, { queue: "rated", task: "rated" })));
    await s.consumer.claim({ queues: ["rated"], worker: "w", leaseMs: 1_000, max: 10, slots: 10 });
    await s.queues.purge(["rated"]);
    await s.limits.declare([{ ...limit, code: null }]);
  },
  revoke: (s) => s.sender.revoke(["a", `m${given - 1}`], { terminate: true, keepMs: 1_000 }),
  purge: (s) => s.queues.purge(["q"]),
  measure: (s) => s.measure(),
  counts: (s) => s.queues.counts({ withAges: true }),
  browse: async (s) => {
    for (const state of ["ready", "scheduled", "leased", "blocked", "dead"] as const) {
      await s.queues.browse({ state, queue: "q", limit: 10 });
    }
    await s.queues.browse({ state: "scheduled", queue: null, limit: 10 });
    await s.queues.peek(`m${given - 1}`);
  },
  revoked: (s) => s.queues.revoked({ limit: 10 }),
  deadLetters: (s) => s.deadLetters.list({ limit: 10 }),
  redrive: (s) => s.deadLetters.redrive(["a"]),
  deleteDead: (s) => s.deadLetters.delete(["a"]),
  elect: (s) => s.leases.elect(candidate, 60_000),
  leader: (s) => s.leases.leader(),
  get: (s) => s.entries.get(["e"]),
  list: (s) => s.entries.list({ limit: 10 }),
  put: (s) => s.entries.put([entry(`e${given++}`, 1)]),
  remove: async (s) => s.entries.remove("e0", 1),
  due: (s) => s.entries.due(10),
  tick: async (s) => {
    const election = await s.leases.elect(candidate, 60_000);
    const [due] = (await s.entries.due(1)).entries;
    const at = due?.cursor?.due ?? 1;
    const name = due?.name ?? "e";
    return s.entries.tick(election.outcome === "leading" ? election.term : "x", [
      item(name, at, { plan: [sendOf(name, at)], next: null, disable: "ended" }),
    ]);
  },
  trigger: (s) => s.entries.trigger("e", message(`m${given++}`), allow),
  ledger: (s) => s.ledger.rows("e", { limit: 10, keep: "oldest" }),
  trimLedger: (s) => s.ledger.trim({ maxAgeMs: 1, maxRowsPerEntry: 1 }, 100),
  results: (s) => s.results.get(["a"]),
  putResult: (s) => s.results.put(`m${given++}`, success, HOUR_MS),
  updateResult: (s) => s.results.update(ref, success, HOUR_MS),
  forget: (s) => s.results.forget(["a"]),
  acquire: async (s) => {
    const asks = { capacity: 1, label: "x", leaseMs: 1_000, waiterTtlMs: 1_000 };
    for (const name of ["l", `l${given}`])
      await s.locks.acquire({ ...asks, lock: name, waiter: `w${given++}` });
  },
  cancel: (s) => s.locks.cancel("l", "w"),
  extend: (s) => s.locks.extend(permit, 1_000),
  release: (s) => s.locks.release(permit),
  admit: (s) => s.consumer.admit([{ ...ref, lock, busy: "block" }]),
  openGraph: (s) => s.graphs.open(chainOfTwo(`graph${++given}`)),
  graph: (s) => s.graphs.get(["a", `graph${given}`]),
  graphs: (s) => s.graphs.list({ limit: 10 }),
  parts: (s) => s.graphs.parts(`graph${given}`, { limit: 10 }),
  outputs: (s) => s.graphs.outputs(["a"]),
  added: (s) => s.graphs.added(`graph${given}`, "0"),
  resume: (s) => s.graphs.resume("a"),
  save: (s) => s.graphs.save(`graph${given}`, "kept"),
  cancelGraph: (s) => s.graphs.cancel(`graph${given}`, { terminate: true }),
  forgetGraph: (s) => s.graphs.forget(`graph${given}`),
  locks: (s) => s.lockInspection.list({ limit: 10 }),
  inspect: (s) => s.lockInspection.inspect("l", 10),
  resign: (s) => s.leases.resign(candidate),
};

function chainOfTwo(id: string): GraphPortion {
  const part = (number: number): NewPart => ({
    ...{ id: `${id}:${number}`, message: message(`${id}:${number}`), value: null },
    ...{ list: number === 0 ? "0" : null, pending: number, inputs: [], takers: null },
  });
  const lists = [{ key: "0", edges: [{ to: `${id}:1`, kind: "success" as const }] }];
  return {
    id,
    name: "chain",
    output: `${id}:1`,
    keepMs: 1_000,
    parts: [part(0), part(1)],
    lists,
    seal: true,
  };
}

/** Which verbs were refused, and how; what is no error of ours stands there as it is. */
async function refusals(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [verb, act] of Object.entries(VERBS)) {
    try {
      await act(store);
    } catch (error) {
      found[verb] = isSunbeatError(error) ? error.code : error;
    }
  }
  return found;
}

test("no verb minds rubbish, before and after there is something of its own", async () => {
  const overlaps = [allow, skipOverlap, queueOne, cancelRunning, { ...skipOverlap, timeoutMs: 1 }];
  const names = overlaps.map((_, index) => `overlap${index}`);
  for (const round of [1, 2]) {
    await litter(raw, namespace, ["q", "e", "l", "a", "w", "dying", `m${given}`, ...names]);
    expect([round, await refusals()]).toEqual([round, {}]);
    const due = (await store.now()) - 1_000 + round;
    const stored = await store.entries.get(names);
    const puts = names.map((name, index) => entry(name, due, { expect: stored[index]?.etag ?? null }));
    expect(await store.entries.put(puts)).toEqual(names.map(() => "stored"));
    const election = await store.leases.elect({ ...candidate, id: `b${round}`, nonce: `b${round}` }, 60_000);
    expect(election).toMatchObject({ outcome: "leading" });
    const term = election.outcome === "leading" ? election.term : "";
    const items = names.map((name, index) => item(name, due, { plan: [sendOf(name, due, overlaps[index])] }));
    const reply = await store.entries.tick(term, items);
    expect(reply).toMatchObject({ items: names.map(() => ({ outcome: "ticked" })) });
    expect(await store.leases.resign({ id: `b${round}`, nonce: `b${round}` })).toBe(true);
  }
});

// A store looks at the version when it opens alone: test/store/redis/version.test.ts.
// Packs are made of 20,000 records: test/conformance/suite/history.ts.
test.each(KEY_NAMES.filter((name) => name !== "meta" && name !== "packbody"))(
  "a key %s of another type is SUNBEAT_STORE_REFUSED, and all is well when it is gone",
  async (name) => {
    const key = keyspace(namespace).keys[name];
    for (let round = 0; round < 2; round++) await refusals();
    await wrong(raw, key, KEY_TYPES[name]);
    const refused = await refusals();
    expect(new Set(Object.values(refused))).toEqual(new Set(["SUNBEAT_STORE_REFUSED"]));
    await raw.del(key);
    expect(await refusals()).toEqual({});
  },
);

describe("a counter that", () => {
  test.each([
    ["seq", "enqueue"],
    ["epoch", "elect"],
    ["fence", "acquire"],
  ] as const)("is no number, %s, refuses %s and nothing goes on without it", async (name, verb) => {
    const key = keyspace(namespace).keys[name];
    for (const value of ["abc", "", "9".repeat(400), "1e999", "1.5"]) {
      await raw.set(key, value);
      const refused = await refusals();
      const codes = new Set(Object.values(refused));
      expect([value, [...codes].filter((code) => code !== "SUNBEAT_STORE_REFUSED")]).toEqual([value, []]);
      if (value === "abc") expect(Object.keys(refused)).toContain(verb);
    }
    await raw.del(key);
    expect(await refusals()).toEqual({});
  });
});

test("a lead that is rubbish is refused by a typed error or taken over, and does not stay", async () => {
  const { keys } = keyspace(namespace);
  for (const until of ["abc", "", "-1", "1e999", "nan"]) {
    await raw.hset(keys.beat, { id: "x", nonce: "x", term: "x", until, host: "x", version: "x" });
    const refused = await refusals();
    expect(Object.values(refused).filter((code) => code !== "SUNBEAT_STORE_REFUSED")).toEqual([]);
    await raw.del(keys.beat);
    await pause(0);
    expect(await refusals()).toEqual({});
  }
});
