/**
 * The short ways of scripts leave the store as the whole scripts do. Two stores get the same calls; in one of them a
 * revoked id that nobody has sent, and a held run, keep the scripts from their short ways. After every call the answers are
 * compared, and all that is stored.
 */
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { silentLogger } from "../../../src/core/logger.js";
import { seededRandom } from "../../../src/core/random.js";
import type { NewMessage, Settlement } from "../../../src/store/broker.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import { KEY_NAMES, keyspace } from "../../../src/store/redis/keys.js";
import type { Store } from "../../../src/store/store.js";
import { dead, done, message, retry } from "../../../src/testing/conformance/samples.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { ownNamespace } from "../../support/redis-harness.js";

const raw = new Redis(inject("redisUrl"));
afterAll(() => raw.disconnect());

interface Side {
  readonly store: Store;
  readonly namespace: string;
}

async function open(clock: ManualClock): Promise<Side> {
  const namespace = ownNamespace();
  // The same numbers for both stores: their tokens are equal.
  const context = { clock, random: seededRandom(1), logger: silentLogger };
  return {
    namespace,
    store: await openRedisStore(inject("redisUrl"), context, { namespace, clock: "context" }),
  };
}

/** Keeps every script from its short way, and is not compared. */
async function obstruct({ namespace }: Side): Promise<void> {
  const { rev, holdid } = keyspace(namespace).keys;
  await raw.zadd(rev, "9e15", "nobody");
  await raw.hset(holdid, "nobody", "nothing");
}

const OBSTACLES = new Set(["rev", "holdid"]);

async function contents({ namespace }: Side): Promise<Record<string, unknown>> {
  const { keys } = keyspace(namespace);
  const found: Record<string, unknown> = {};
  for (const name of KEY_NAMES.filter((each) => !OBSTACLES.has(each))) {
    const key = keys[name];
    const type = await raw.type(key);
    if (type === "hash") found[name] = Object.entries(await raw.hgetall(key)).sort();
    else if (type === "zset") found[name] = await raw.zrange(key, "0", "-1", "WITHSCORES");
    else if (type === "string") found[name] = await raw.get(key);
  }
  return found;
}

type Step =
  | { readonly do: "enqueue"; readonly messages: readonly NewMessage[] }
  | {
      readonly do: "settle";
      readonly ends: readonly { readonly pick: number; readonly how: number }[];
      readonly max: number | null;
      readonly queues: readonly string[];
    }
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
    eta: often<number | null>(null, 700),
    expires: fc.constantFrom<number | null>(null, null, null, 900),
    entry: often<string | null>(null, "nightly"),
    locked: fc.oneof(
      { weight: 60, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
  })
  .map(({ id, queue, priority, ttl, eta, expires, entry, locked }) =>
    message(`m${id}`, {
      ...{ queue, priority, resultTtlMs: ttl, maxDeliveries: 3 },
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
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 400, 2_000) }),
  },
);

function ending(ref: { id: string; token: string }, how: number): Settlement {
  if (how === 0) return retry(ref, 300);
  if (how === 1) return dead(ref);
  if (how === 2) return done({ ...ref, token: "not-this-one" });
  if (how === 3) return { ...done(ref), resultTtlMs: 0 };
  return how % 2 ? done(ref) : done(ref, null);
}

async function take(step: Step, { store }: Side, given: { id: string; token: string }[]): Promise<unknown> {
  if (step.do === "advance") return null;
  if (step.do === "enqueue") return store.broker.enqueue(step.messages);
  const refs = step.ends.flatMap(({ pick, how }) => {
    const ref = given.at(-1 - pick);
    return ref ? [ending(ref, how)] : [];
  });
  const claim =
    step.max === null ? null : { queues: step.queues, worker: "w", leaseMs: 1_000, max: step.max };
  const reply = await store.broker.settle(refs, claim);
  for (const { id, token } of reply.claimed?.deliveries ?? []) given.push({ id, token });
  return reply;
}

test(
  "a short way answers as the whole script does, and leaves the same behind",
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async (history) => {
        const clock = new ManualClock();
        const [short, whole] = [await open(clock), await open(clock)];
        await obstruct(whole);
        const given: [{ id: string; token: string }[], { id: string; token: string }[]] = [[], []];
        for (const step of history) {
          if (step.do === "advance") clock.jump(step.ms);
          expect(await take(step, short, given[0])).toEqual(await take(step, whole, given[1]));
          expect(await contents(short)).toEqual(await contents(whole));
        }
        await short.store.close();
        await whole.store.close();
      }),
      { numRuns: 60 },
    );
  },
);
