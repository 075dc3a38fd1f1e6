/**
 * The fast paths of scripts leave the store as the whole scripts do. Two stores get the same calls; in one of them a
 * revoked id that nobody has sent, and a buffered run, keep the scripts from their fast paths. After every call the answers are
 * compared, and all that is stored.
 */
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { seededRandom } from "../../../src/core/random.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import type { GraphPortion } from "../../../src/store/contracts/graphs.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import { KEY_NAMES, keyspace } from "../../../src/store/redis/keys.js";
import type { NewPart } from "../../../src/tasks/part.js";
import type { TickItem } from "../../../src/store/contracts/entries.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { dead, done, message, retry } from "../../conformance/suite/samples.js";
import {
  allow,
  cursor,
  entry as newEntry,
  item,
  queueOne,
  sendOf,
  skipOverlap,
} from "../../conformance/suite/entry-samples.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { ownNamespace } from "../../support/redis-harness.js";

const raw = new Redis(inject("redisUrl"));
afterAll(() => raw.disconnect());

interface Side {
  readonly store: Store;
  readonly namespace: string;
  readonly term: string;
}

const ENTRIES = ["a", "b", "c", "paused"];

async function open(clock: ManualClock): Promise<Side> {
  const namespace = ownNamespace();
  // The same numbers for both stores: their tokens are equal.
  const context = { clock, random: seededRandom(1), logger: silentLogger };
  const store = await openRedisStore(inject("redisUrl"), context, { namespace, clock: "context" });
  const election = await store.leases.elect({ id: "b", nonce: "n", host: "h", version: "1" }, 3_600_000);
  if (election.outcome !== "leading") throw new Error("the only candidate was not elected");
  const now = clock.now();
  await store.entries.put(
    ENTRIES.map((name) => newEntry(name, now, { pausedAt: name === "paused" ? now : null })),
  );
  return { namespace, store, term: election.term };
}

/** Keeps every script from its fast path, and is not compared. */
async function obstruct({ namespace }: Side): Promise<void> {
  const { rev, bufferedid } = keyspace(namespace).keys;
  await raw.zadd(rev, "9e15", "nobody");
  await raw.hset(bufferedid, "nobody", "nothing");
}

const OBSTACLES = new Set(["rev", "bufferedid"]);

async function contents({ namespace }: Side): Promise<Record<string, unknown>> {
  const { keys } = keyspace(namespace);
  const read = async (key: string): Promise<unknown> => {
    const type = await raw.type(key);
    if (type === "hash") return Object.entries(await raw.hgetall(key)).sort();
    if (type === "zset") return raw.zrange(key, "0", "-1", "WITHSCORES");
    if (type === "list") return raw.lrange(key, 0, -1);
    return type === "string" ? raw.get(key) : type;
  };
  const names = KEY_NAMES.filter((name) => !OBSTACLES.has(name));
  const values = await Promise.all(names.map((name) => read(keys[name])));
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

type Step =
  | { readonly do: "enqueue"; readonly messages: readonly NewMessage[] }
  | {
      readonly do: "settle";
      readonly ends: readonly { readonly pick: number; readonly how: number }[];
      readonly max: number | null;
      readonly queues: readonly string[];
    }
  | {
      readonly do: "tick";
      readonly items: readonly {
        readonly name: string;
        readonly how: number;
        readonly changes: Partial<NewMessage>;
      }[];
    }
  | { readonly do: "graph"; readonly size: number; readonly isChain: boolean; readonly ttl: number }
  | { readonly do: "advance"; readonly ms: number };

const often = <T>(usual: T, rare: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(rare) });
const lock = { name: "l", capacity: 1, waitTimeoutMs: null, reserveMs: 5_000 };
const messages: fc.Arbitrary<NewMessage> = fc
  .record({
    id: fc.nat(30),
    queue: often("q", "other"),
    priority: often(0, 3),
    ttl: often(60_000, 0),
    idTtl: fc.constantFrom<number | null>(null, null, 1_500, 60_000),
    eta: often<number | null>(null, 700),
    expires: fc.constantFrom<number | null>(null, null, null, 900),
    maxDeliveries: often(3, 1),
    entry: often<string | null>(null, "nightly"),
    locked: fc.oneof(
      { weight: 9, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  })
  .map(({ id, queue, priority, ttl, idTtl, eta, expires, maxDeliveries, entry, locked }) =>
    message(`m${id}`, {
      ...{ queue, priority, resultTtlMs: ttl, maxDeliveries },
      ...(idTtl === null ? {} : { idTtlMs: idTtl }),
      ...(eta === null ? {} : { eta: { inMs: eta } }),
      ...(expires === null ? {} : { expires: { inMs: expires } }),
      ...(entry === null ? {} : { entry }),
      ...(locked ? { lock } : {}),
    }),
  );
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("enqueue" as const),
      messages: fc.array(messages, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("settle" as const),
      ends: fc.array(fc.record({ pick: fc.nat(5), how: fc.nat(20) }), { maxLength: 3 }),
      max: fc.option(fc.nat(4), { freq: 6 }),
      queues: often(["q"], ["q", "other"]),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("tick" as const),
      items: fc.array(
        fc.record({
          name: fc.constantFrom("a", "a", "b", "b", "c", "c", "paused"),
          how: fc.nat(24),
          changes: fc.record({
            queue: often("q", "other"),
            priority: often(0, 3),
            resultTtlMs: often(60_000, 0),
          }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("graph" as const),
      size: fc.integer({ min: 1, max: 3 }),
      isChain: fc.boolean(),
      ttl: often(60_000, 0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 400, 2_000, 5_000) }),
  },
);

function ending(ref: { id: string; token: string }, how: number): Settlement {
  if (how === 0) return retry(ref, 300);
  if (how === 1) return dead(ref);
  if (how === 2) return done({ ...ref, token: "not-this-one" });
  if (how === 3) return { ...done(ref), resultTtlMs: 0 };
  if (how === 5) return done(ref, { state: "FAILURE", payload: "f" });
  if (how % 2) return done(ref);
  return how % 4 ? done(ref, null) : { ...done(ref, null), idTtlMs: how * 100 };
}

/** One occurrence of an entry, now and then with something that is out of the ordinary. */
async function itemOf(
  store: Store,
  name: string,
  how: number,
  changes: Partial<NewMessage>,
): Promise<TickItem> {
  const [stored] = await store.entries.get([name]);
  const due = stored?.cursor?.due ?? 0;
  const overlap = how === 0 ? skipOverlap : how === 1 ? queueOne : allow;
  const odd: Partial<NewMessage> = {
    ...(how === 2 && { lock }),
    ...(how === 3 && { eta: { inMs: 500 } }),
    ...(how === 4 && { expires: { at: due } }),
    ...(how >= 18 && { expires: { inMs: 900 } }),
  };
  const step = 1_000;
  return item(how === 5 ? "nobody" : name, how === 6 ? due - step : due, {
    ...(how === 7 && { revision: "r2" }),
    plan:
      how === 8
        ? [{ kind: "skip", due, reason: "missed" }]
        : [sendOf(name, due + (how === 9 ? 1e9 : 0), overlap, { ...changes, ...odd })],
    ...(how === 10 ? { disable: "ended" } : { next: cursor(due + step, due + step + (how === 11 ? 70 : 0)) }),
    ...(how === 12 && { maxRuns: 3 }),
  });
}

/** A chain, or a group behind whose members a join stands. */
function portionOf({ size, isChain, ttl }: Extract<Step, { do: "graph" }>, id: string): GraphPortion {
  const part = (number: number, changes: Partial<NewPart>): NewPart => ({
    ...{ id: `${id}:${number}`, message: message(`${id}:${number}`, { resultTtlMs: ttl }), value: null },
    ...{ list: null, pending: 0, inputs: [], takers: 0, ...changes },
  });
  const numbers = Array.from({ length: size }, (_, number) => number);
  const edge = (number: number) => ({ to: `${id}:${number}`, kind: "success" as const });
  const common = { id, name: "form", keepMs: 2_000, seal: true };
  if (isChain) {
    const parts = numbers.map((number) =>
      part(number, {
        list: number + 1 < size ? String(number) : null,
        ...(number > 0 && { pending: 1, inputs: [`${id}:${number - 1}`] }),
        takers: number + 1 < size ? 1 : null,
      }),
    );
    const lists = numbers.slice(1).map((number) => ({ key: String(number - 1), edges: [edge(number)] }));
    return { ...common, output: `${id}:${size - 1}`, parts, lists };
  }
  const join = part(size, { message: null, value: '["list",null]', pending: size, takers: null });
  const parts = [...numbers.map((number) => part(number, { list: "0", takers: null })), join];
  return { ...common, output: join.id, parts, lists: [{ key: "0", edges: [edge(size)] }] };
}

async function take(
  step: Step,
  { store, term }: Side,
  given: { id: string; token: string }[],
  number: number,
): Promise<unknown> {
  if (step.do === "advance") return null;
  if (step.do === "graph") return store.graphs.open(portionOf(step, `g${number}`));
  if (step.do === "enqueue") return store.sender.enqueue(step.messages);
  if (step.do === "tick") {
    const items = await Promise.all(
      step.items.map((each) => itemOf(store, each.name, each.how, each.changes)),
    );
    return store.entries.tick(term, items);
  }
  const refs = step.ends.flatMap(({ pick, how }) => {
    const ref = given.at(-1 - pick);
    return ref ? [ending(ref, how)] : [];
  });
  const claim =
    step.max === null ? null : { queues: step.queues, worker: "w", leaseMs: 1_000, max: step.max };
  const reply = await store.consumer.settle(refs, claim);
  for (const { id, token } of reply.claimed?.deliveries ?? []) given.push({ id, token });
  return reply;
}

test(
  "a fast path answers as the whole script does, and leaves the same behind",
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async (history) => {
        const clock = new ManualClock();
        const [short, whole] = [await open(clock), await open(clock)];
        await obstruct(whole);
        const given: [{ id: string; token: string }[], { id: string; token: string }[]] = [[], []];
        for (const [number, step] of history.entries()) {
          if (step.do === "advance") clock.jump(step.ms);
          expect(await take(step, short, given[0], number)).toEqual(
            await take(step, whole, given[1], number),
          );
          expect(await contents(short)).toEqual(await contents(whole));
        }
        await short.store.close();
        await whole.store.close();
      }),
      { numRuns: 120 },
    );
  },
);

/** Members of one group and what waits for them, most as most are. */
function membersOf(oddities: readonly string[]): readonly NewPart[] {
  const id = (number: number | string): string => `g:${number}`;
  const member = (number: number): NewPart => {
    const odd = oddities[number];
    const changes: Partial<NewMessage> = {
      ...(odd === "eta" && { eta: { inMs: 700 } }),
      ...(odd === "late" && { eta: { at: 9e12 } }),
      ...(odd === "expires" && { expires: { inMs: 900 } }),
      ...(odd === "expired" && { expires: { at: 1 } }),
      ...(odd === "lock" && { lock }),
      ...(odd === "queue" && { queue: "other" }),
      ...(odd === "priority" && { priority: 3 }),
      ...(odd === "kept for nobody" && { resultTtlMs: 0 }),
    };
    return {
      ...{ id: id(number), message: message(id(number), changes), value: null, list: "0", pending: 0 },
      ...{ inputs: [], takers: null },
      ...(odd === "takes the first" && { inputs: [id(0)] }),
      ...(odd === "is not taken" || odd === "kept for nobody" ? { takers: 0 } : {}),
      ...(number === 0 && { takers: oddities.filter((each) => each === "takes the first").length }),
      ...(odd === "alone" && { list: null }),
      ...(odd === "waits" && { pending: 1 }),
    };
  };
  const members = oddities.map((_, number) => member(number));
  const followed = members.filter(({ list }) => list !== null).length;
  const size = oddities.length;
  const behind = (number: number, changes: Partial<NewPart>): NewPart => ({
    ...{ id: id(number), message: message(id(number)), value: null, list: null, pending: followed },
    ...{ inputs: null, takers: null, ...changes },
  });
  return [...members, behind(size, {}), behind(size + 1, { pending: followed })];
}

const ODDITIES = [
  ...["eta", "late", "expires", "expired", "lock", "queue", "priority", "kept for nobody", "takes the first"],
  ...["is not taken", "alone", "waits", "revoked"],
];

test("parts begin and end on the fast path as by the whole script", { timeout: 60_000 }, async () => {
  const oddity = fc.oneof(
    { weight: 40, arbitrary: fc.constant("plain") },
    { weight: 1, arbitrary: fc.constantFrom(...ODDITIES) },
  );
  const history = fc.record({
    oddities: fc.array(oddity, { minLength: 50, maxLength: 450, size: "max" }),
    isStopped: often(false, true),
    ends: fc.array(
      fc.array(fc.constantFrom(...Array.from({ length: 60 }, (_, how) => how)), { maxLength: 20 }),
      {
        minLength: 5,
        maxLength: 25,
      },
    ),
  });
  await fc.assert(
    fc.asyncProperty(history, async ({ oddities, isStopped, ends }) => {
      const clock = new ManualClock();
      const [short, whole] = [await open(clock), await open(clock)];
      await obstruct(whole);
      const parts = membersOf(oddities);
      const size = oddities.length;
      // Which of those that end as they would begin is blamed depends on the steps, too.
      const isBlamed = oddities.some((odd) => odd === "expired" || odd === "revoked");
      const edges = [size, size + 1].map((number) => ({
        to: `g:${number}`,
        kind: number === size && !isBlamed ? ("success" as const) : ("any" as const),
      }));
      const request = { queues: ["q"], worker: "w", leaseMs: 1e6 };
      const common = { id: "g", name: "form", output: `g:${size}`, keepMs: 60_000 };
      const run = async ({ store, namespace }: Side): Promise<unknown[]> => {
        const told: unknown[] = [];
        await store.graphs.open({ ...common, parts, lists: [{ key: "0", edges }], seal: false });
        for (const [number, odd] of oddities.entries()) {
          if (odd === "revoked")
            told.push(await store.sender.revoke([`g:${number}`], { terminate: false, keepMs: 1e6 }));
        }
        told.push(
          await store.graphs.open({ ...common, parts: [], lists: [], seal: true, before: parts.length }),
        );
        // Steps are of different sizes; what comes of all of them is not.
        for (let claims = 0; claims < 8; claims++) await store.consumer.claim({ ...request, max: 0 });
        expect(await raw.llen(keyspace(namespace).keys.todo)).toBe(0);
        if (isStopped) told.push(await store.graphs.cancel("g", { terminate: false }));
        let held: { id: string; token: string }[] = [];
        for (const hows of ends) {
          const settlements = held.slice(0, hows.length).map((ref, at) => {
            const odd = oddities[Number(ref.id.slice(2))];
            return ending(ref, odd === "kept for nobody" ? 3 : (hows[at] ?? 4));
          });
          held = held.slice(hows.length);
          const reply = await store.consumer.settle(settlements, { ...request, max: 20 });
          held.push(...(reply.claimed?.deliveries ?? []).map(({ id, token }) => ({ id, token })));
          const { nextWakeAt: _, ...claimed } = reply.claimed ?? {};
          told.push(isStopped ? reply.outcomes : { ...reply, claimed });
        }
        return told;
      };
      expect(await run(short)).toEqual(await run(whole));
      expect(await contents(short)).toEqual(await contents(whole));
      await short.store.close();
      await whole.store.close();
    }),
    { numRuns: 20, endOnFailure: true },
  );
});
