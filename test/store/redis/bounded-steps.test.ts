/**
 * While a script runs, nobody else has the server. So one call does only so much, in number and in bytes, however much there
 * is to do, and another call goes on. Bounds are counted here: calls of the server, what each has moved and given. How
 * long that takes: docs/performance.md.
 */
import { Redis } from "ioredis";
import { beforeEach, describe, expect, inject, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import { openRedisStoreOf } from "../../../src/store/redis/index.js";
import { keyspace } from "../../../src/store/redis/keys.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { entry, putAll } from "../../conformance/suite/entry-samples.js";
import { message } from "../../conformance/suite/samples.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import type { NewMessage } from "../../../src/tasks/message.js";
import type { NewPart } from "../../../src/tasks/part.js";
import { ownNamespace } from "../../support/redis-harness.js";

let clock: ManualClock;
let store: Store;
let client: Redis;
let keys: ReturnType<typeof keyspace>["keys"];
/** Bytes that each call of a script was sent and has given, about. */
let calls: number[];

beforeEach(async () => {
  clock = new ManualClock();
  client = new Redis(inject("redisUrl"));
  calls = [];
  for (const verb of ["evalsha", "eval"] as const) {
    const call = client[verb].bind(client) as (...args: unknown[]) => Promise<unknown>;
    const counted = async (script: string, ...args: unknown[]): Promise<unknown> => {
      const reply = await call(script, ...args);
      calls.push(JSON.stringify(args).length + JSON.stringify(reply).length);
      return reply;
    };
    Object.assign(client, { [verb]: counted });
  }
  const namespace = ownNamespace();
  ({ keys } = keyspace(namespace));
  const context = { clock, random: systemRandom, logger: silentLogger };
  store = await openRedisStoreOf(client, context, { namespace, clock: "context" });
  return async () => {
    await store.close();
    client.disconnect();
  };
});

const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 60_000 };
const ids = (count: number) => Array.from({ length: count }, (_, at) => `m${at}`);
const send = (count: number, changes: Partial<NewMessage> = {}) =>
  store.sender.enqueue(ids(count).map((id) => message(id, changes)));
const claim = (max: number, leaseMs = 60_000, queue = "q") =>
  store.consumer.claim({ queues: [queue], worker: "w", leaseMs, max });

/** As many as there are, by as many claims as that needs. */
async function claimAll(leaseMs?: number): Promise<Delivery[]> {
  const all: Delivery[] = [];
  for (;;) {
    const { deliveries, nextWakeAt, now } = await claim(1_000, leaseMs);
    all.push(...deliveries);
    if (nextWakeAt === null || nextWakeAt > now) return all;
  }
}

const end = (kind: "done" | "retry", { id, token }: Delivery, payload = "1"): Settlement => {
  const result = { state: "SUCCESS", payload };
  return { id, token, result, resultTtlMs: 1_000, ...(kind === "done" ? { kind } : { kind, delayMs: 0 }) };
};

interface Backlog {
  readonly what: string;
  readonly count: number;
  /** Where each that was dealt with leaves, or comes in. */
  readonly seen: () => Promise<number>;
  readonly most: number;
  /** From which a worker takes; by default from another one, so that it finds nothing. */
  readonly queue?: string;
  readonly arrange: (count: number) => Promise<unknown>;
}

describe("a claim deals with what has come at once in parts, and says when there is more", () => {
  const backlogs: readonly Backlog[] = [
    {
      ...{ what: "messages that have expired", count: 100_000, most: 300, queue: "q" },
      seen: () => client.hlen(keys.res),
      arrange: (count) => send(count, { expires: { inMs: 1_000 } }),
    },
    {
      ...{ what: "delayed messages", count: 10_000, most: 1_000, seen: () => client.zcard(keys.scheduled) },
      arrange: (count) => send(count, { eta: { inMs: 1_000 } }),
    },
    {
      ...{ what: "ended leases", count: 3_000, most: 150, seen: () => client.zcard(keys.leased) },
      arrange: async (count) => {
        await send(count);
        await claimAll(1_000);
      },
    },
    {
      ...{
        what: "deliveries that were the last",
        count: 3_000,
        most: 150,
        seen: () => client.zcard(keys.dead),
      },
      arrange: async (count) => {
        await send(count, { maxDeliveries: 1 });
        await claimAll(1_000);
      },
    },
    {
      ...{ what: "tasks in line whose patience is over", count: 1_000, most: 60 },
      seen: () => client.zcard(keys.blocked),
      arrange: async (count) => {
        const held = { lock: "l", capacity: 1, waiter: "p", label: "p", leaseMs: 1e9, waiterTtlMs: null };
        await store.locks.acquire(held);
        await send(count, { lock: { ...lock, waitTimeoutMs: 1_000 } });
      },
    },
    {
      ...{ what: "permits of one lock", count: 1_000, most: 60, seen: () => client.zcard(keys.blocked) },
      arrange: async (count) => {
        await send(2 * count, { lock: { ...lock, capacity: count, reserveMs: 1_000 } });
      },
    },
  ];

  test.each(backlogs)(
    "$count $what, at most $most in a call",
    async ({ arrange, count, seen, most, queue = "none" }) => {
      await arrange(count);
      await clock.advance(1_000);
      let before = await seen();
      let [total, isMore] = [0, true];
      while (isMore) {
        const { nextWakeAt, now } = await claim(1, 60_000, queue);
        const after = await seen();
        const moved = Math.abs(after - before);
        expect(moved).toBeLessThanOrEqual(most);
        [before, total] = [after, total + moved];
        isMore = nextWakeAt !== null && nextWakeAt <= now;
      }
      expect(total).toBe(count);
    },
  );
});

interface Verb {
  readonly what: string;
  readonly count: number;
  readonly most: number;
  /** What there is to be before it; gives the call. */
  readonly arrange: (count: number) => Promise<() => Promise<unknown>>;
}

/** Sends and claims so many, and gives what does something with all of them. */
const withClaimed =
  (changes: Partial<NewMessage>, act: (all: Delivery[]) => Promise<unknown>) => async (count: number) => {
    await send(count, changes);
    const all = await claimAll();
    expect(all.length).toBe(count);
    return () => act(all);
  };
const dead = (act: (all: string[]) => Promise<unknown>) =>
  withClaimed({}, async (all) => {
    const ends = all.map(({ id, token }) => {
      return { id, token, kind: "dead", reason: "r", result: null, resultTtlMs: 0 } as const;
    });
    await store.consumer.settle(ends, null);
    calls = [];
    return act(all.map(({ id }) => id));
  });
const revoke = (all: readonly string[]) => store.sender.revoke(all, { terminate: false, keepMs: 1_000 });

describe("a verb for many is done by as many calls as that needs", () => {
  const verbs: readonly Verb[] = [
    { what: "messages are sent", count: 5_000, most: 1_000, arrange: async (count) => () => send(count) },
    {
      what: "messages with a lock are sent",
      count: 500,
      most: 60,
      arrange: async (count) => () => send(count, { lock }),
    },
    {
      what: "ends are settled",
      count: 2_000,
      most: 400,
      arrange: withClaimed({}, (all) =>
        store.consumer.settle(
          all.map((each) => end("done", each)),
          null,
        ),
      ),
    },
    {
      what: "retries are settled",
      count: 1_000,
      most: 120,
      arrange: withClaimed({}, (all) =>
        store.consumer.settle(
          all.map((each) => end("retry", each)),
          null,
        ),
      ),
    },
    {
      what: "ends that free a lock are settled",
      count: 500,
      most: 60,
      arrange: withClaimed({ lock: { ...lock, capacity: 500 } }, (all) =>
        store.consumer.settle(
          all.map((each) => end("done", each)),
          null,
        ),
      ),
    },
    {
      what: "leases are extended",
      count: 1_000,
      most: 300,
      arrange: withClaimed({}, (all) => store.consumer.heartbeat(all, 60_000)),
    },
    {
      what: "deliveries are given back",
      count: 500,
      most: 100,
      arrange: withClaimed({}, (all) => store.consumer.giveBack(all)),
    },
    {
      what: "deliveries ask for a lock",
      count: 100,
      most: 20,
      arrange: withClaimed({}, (all) =>
        store.consumer.admit(all.map(({ id, token }) => ({ id, token, lock, busy: "block" }))),
      ),
    },
    {
      what: "messages are revoked",
      count: 200,
      most: 25,
      arrange: async (count) => {
        await send(count);
        return () => revoke(ids(count));
      },
    },
    {
      what: "dead letters are read",
      count: 600,
      most: 250,
      arrange: dead(() => store.deadLetters.list({ limit: 1_000 })),
    },
    {
      what: "dead letters are sent again",
      count: 600,
      most: 150,
      arrange: dead((all) => store.deadLetters.redrive(all)),
    },
    {
      what: "dead letters are deleted",
      count: 600,
      most: 150,
      arrange: dead((all) => store.deadLetters.delete(all)),
    },
    {
      what: "ready messages are purged",
      count: 2_000,
      most: 250,
      arrange: async (count) => {
        await send(count);
        return () => store.queues.purge(["q"]);
      },
    },
    {
      what: "delayed messages are purged",
      count: 2_000,
      most: 250,
      arrange: async (count) => {
        await send(count, { eta: { inMs: 1e6 } });
        return () => store.queues.purge(["q"]);
      },
    },
    {
      what: "blocked messages are purged",
      count: 200,
      most: 25,
      arrange: async (count) => {
        await send(count, { lock });
        return () => store.queues.purge(["q"]);
      },
    },
    {
      what: "queues are counted",
      count: 1_000,
      most: 300,
      arrange: async (count) => {
        await store.sender.enqueue(ids(count).map((id) => message(id, { queue: id })));
        return () => store.queues.counts();
      },
    },
    {
      what: "who is at a lock is told",
      count: 1_000,
      most: 100,
      arrange: async (count) => {
        await send(count, { lock });
        return () => store.lockInspection.inspect("l", 1_000);
      },
    },
    {
      what: "locks that nobody else wants are swept",
      count: 500,
      most: 60,
      arrange: async (count) => {
        for (const id of ids(count))
          await store.locks.acquire({
            lock: id,
            capacity: 1,
            waiter: id,
            label: "p",
            leaseMs: 1_000,
            waiterTtlMs: null,
          });
        await clock.advance(1_000);
        return async () => expect(await store.sweep(1_000)).toBe(count);
      },
    },
    {
      what: "entries are put",
      count: 500,
      most: 120,
      arrange: async (count) => () => putAll(store, ...ids(count).map((id) => entry(id, 0))),
    },
    {
      what: "entries are read",
      count: 1_000,
      most: 400,
      arrange: async (count) => {
        await putAll(store, ...ids(count).map((id) => entry(id, 0)));
        return async () =>
          expect((await store.entries.get(ids(count))).every((found) => found !== null)).toBe(true);
      },
    },
    {
      what: "entries are listed",
      count: 1_000,
      most: 400,
      arrange: async (count) => {
        await putAll(store, ...ids(count).map((id) => entry(id, 0)));
        return async () => expect((await store.entries.list({ limit: 1_000 })).length).toBe(count);
      },
    },
  ];

  test.each(verbs)("$what: $count, at most $most in a call", async ({ arrange, count, most }) => {
    const act = await arrange(count);
    calls = [];
    await act();
    expect(calls.length).toBeGreaterThanOrEqual(count / most);
  });
});

describe("what is large is read, written and given in parts of half a megabyte, or alone", () => {
  const KILOBYTES = 100;
  const COUNT = 30;
  const large = "x".repeat(KILOBYTES * 1_024);
  /** Half a megabyte, what it is over before that is seen, and the small things beside it. */
  const MOST = (512 + 3 * KILOBYTES) * 1_024 + 100_000;
  const sent = async (): Promise<Delivery[]> => {
    await send(COUNT, { body: large });
    return claimAll();
  };
  const settled = async (): Promise<void> => {
    await store.consumer.settle(
      (await sent()).map((each) => end("done", each, large)),
      null,
    );
  };

  test.each<[what: string, act: () => Promise<unknown>]>([
    ["bodies that are sent", () => send(COUNT, { body: large })],
    ["bodies that are claimed", async () => expect((await sent()).length).toBe(COUNT)],
    ["results that are settled", settled],
    [
      "results that are read",
      async () => {
        await settled();
        expect((await store.results.get(ids(COUNT))).map((found) => found?.payload?.length)).toEqual(
          ids(COUNT).map(() => large.length),
        );
      },
    ],
    [
      "dead letters that are read",
      async () => {
        const all = await sent();
        await store.consumer.settle(
          all.map(
            ({ id, token }) =>
              ({ id, token, kind: "dead", reason: "r", result: null, resultTtlMs: 0 }) as const,
          ),
          null,
        );
        expect((await store.deadLetters.list({ limit: 100 })).letters.length).toBe(COUNT);
      },
    ],
    [
      "definitions of entries",
      async () => {
        await putAll(store, ...ids(COUNT).map((id) => entry(id, clock.now(), { definition: large })));
        expect(
          (await store.entries.get(ids(COUNT))).filter((found) => found?.definition === large).length,
        ).toBe(COUNT);
        expect((await store.entries.list({ limit: 100 })).length).toBe(COUNT);
        const { entries, nextAt, now } = await store.entries.due(100);
        expect([entries.length < COUNT, nextAt]).toEqual([true, now]);
      },
    ],
  ])("%s", async (_, act) => {
    calls = [];
    await act();
    expect(Math.max(...calls)).toBeLessThanOrEqual(MOST);
  });

  test("results that are swept, some at a time", async () => {
    await settled();
    await clock.advance(1_000);
    calls = [];
    expect(await store.sweep(1_000)).toBe(COUNT);
    // At most ten are looked at before their size is known.
    expect(calls.length).toBeGreaterThanOrEqual(2);
  });
});

describe("of a graph of 3,000 parts", () => {
  const COUNT = 3_000;
  const commands = async (act: () => Promise<unknown>): Promise<number> => {
    await client.config("RESETSTAT");
    await act();
    const stats = await client.info("commandstats");
    return [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
  };
  const part = (number: number, changes: Partial<NewPart>): NewPart => ({
    ...{ id: `g:${number}`, message: message(`g:${number}`), value: null },
    ...{ list: null, pending: 0, inputs: [], takers: null, ...changes },
  });
  const edge = (number: number) => ({ to: `g:${number}`, kind: "success" as const });
  const portion = { id: "g", name: "form", output: `g:${COUNT - 1}`, keepMs: 1_000, seal: false };
  /** A chain, but for its seal. */
  const openChain = async (): Promise<void> => {
    const numbers = Array.from({ length: COUNT }, (_, number) => number);
    await store.graphs.open({
      ...portion,
      parts: numbers.map((number) => part(number, { list: `${number}`, pending: number === 0 ? 0 : 1 })),
      lists: numbers.slice(1).map((number) => ({ key: `${number - 1}`, edges: [edge(number)] })),
    });
  };
  const seal = () => store.graphs.open({ ...portion, parts: [], lists: [], seal: true });

  test("a seal looks at some hundreds for those that begin", async () => {
    await openChain();
    expect(await commands(seal)).toBeLessThan(100);
    expect(await client.llen(keys.todo)).toBe(1);
  });

  test("a cancel, and each claim after it, ends some hundreds", async () => {
    await openChain();
    await seal();
    const open = async () => (await store.graphs.get(["g"]))[0]?.open ?? 0;
    let left = await open();
    await store.graphs.cancel("g", { terminate: false });
    for (let claims = 0; claims < 100 && left > 0; claims++) {
      const before = left;
      left = await open();
      expect(before - left).toBeLessThanOrEqual(500);
      expect(await commands(() => claim(1))).toBeLessThan(4_000);
    }
    expect(left).toBe(0);
  });

  test("the end of a chain that nobody is to run comes in portions", async () => {
    await openChain();
    await seal();
    const [head] = (await claim(1)).deliveries;
    if (!head) throw new Error("the first part was to be there");
    const failed = { ...end("done", head), result: { state: "FAILURE", payload: "f" } };
    expect(await commands(() => store.consumer.settle([failed], null))).toBeLessThan(4_000);
    const [graph] = await store.graphs.get(["g"]);
    expect(graph?.unrun).toBeGreaterThan(50);
    expect(graph?.unrun).toBeLessThanOrEqual(500);
  });
});
