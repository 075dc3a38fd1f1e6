/**
 * The fast paths to a permit and back leave the store as the whole scripts do. Two stores get the same calls; one of them
 * has no fast paths. After every call the answers are compared, and all that is stored.
 */
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { type Clock, systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { seededRandom } from "../../../src/core/random.js";
import type { LockInspection } from "../../../src/store/contracts/lock-inspection.js";
import type { LockStore, Permit } from "../../../src/store/contracts/locks.js";
import { Caller } from "../../../src/store/redis/caller.js";
import { ioredisHandedIn } from "../../../src/store/redis/ioredis.js";
import { KEY_NAMES, keyspace } from "../../../src/store/redis/keys.js";
import { redisLockInspection } from "../../../src/store/redis/lock-inspection.js";
import { redisLocks } from "../../../src/store/redis/locks.js";
import { ManualClock } from "../../../src/testing/manual-clock.js";
import { ownNamespace } from "../../support/redis-harness.js";

const raw = new Redis(inject("redisUrl"));
const client = ioredisHandedIn(raw, systemClock)("commands");
afterAll(() => raw.disconnect());

interface Side {
  /** Of two processes: what one has seen of a lock does not keep the other from the fast paths. */
  readonly processes: readonly [LockStore, LockStore];
  readonly inspection: LockInspection;
  readonly namespace: string;
  readonly permits: Permit[];
  /** How often a fast path did the whole work. */
  readonly short: () => number;
}

function open(clock: Clock, fastPaths: boolean): Side {
  const namespace = ownNamespace();
  const caller = new Caller({
    ...{ client, space: keyspace(namespace), label: "test" },
    ...{ clock, random: seededRandom(1), clockOverride: clock },
  });
  let short = 0;
  const call: Caller["call"] = async (script, args, ...more) => {
    const isShort = script.name === "lock-take" || script.name === "lock-return";
    if (isShort && !fastPaths) return script.reply(script.name === "lock-take" ? [] : 0);
    const reply = await caller.call(script, args, ...more);
    if (isShort && (Array.isArray(reply) ? reply.length > 0 : reply)) short++;
    return reply;
  };
  const counted = { call, assertOpen: () => undefined } as unknown as Caller;
  const locks = (): LockStore => redisLocks(counted, silentLogger);
  return {
    processes: [locks(), locks()],
    inspection: redisLockInspection(counted),
    namespace,
    permits: [],
    short: () => short,
  };
}

/** What the whole scripts keep of a lock that the fast path keeps in one field: lib/permits.lua. */
function placesOf([lock, text]: [string, string]): Record<
  "lock" | "processlock" | "permits" | "lockend",
  string[]
> {
  const [capacity = "", since, lease, fence, label, waiter] = text.split(" ");
  if (waiter === undefined) return { lock: [lock, text], processlock: [], permits: [], lockend: [] };
  const until = String(Number(since) + Number(lease));
  return {
    lock: [lock, capacity],
    processlock: [
      `${lock} ${waiter}`,
      `h ${lock},${capacity},+,${lease} + ${since} ${until} ${fence} ${fence} + ${label}`,
    ],
    permits: [`${lock} ${until.padStart(14, "0")} p${waiter}`, "0"],
    lockend: [lock, until],
  };
}

/** All that is stored; of when to look at a lock again only that it is no later than the end of its first permit. */
async function contents({ namespace }: Side): Promise<Record<string, unknown>> {
  const { keys } = keyspace(namespace);
  const alone = Object.entries(await raw.hgetall(keys.lock)).map(placesOf);
  const found: Record<string, unknown> = {};
  for (const name of KEY_NAMES) {
    const key = keys[name];
    const type = await raw.type(key);
    if (type === "string") found[name] = await raw.get(key);
    else if (type === "stream") found[name] = (await raw.xrange(key, "-", "+")).map(([, row]) => row);
    else {
      const pairs: string[][] = [];
      if (type === "hash" && name !== "lock") pairs.push(...Object.entries(await raw.hgetall(key)));
      if (type === "zset") {
        const scores = await raw.zrange(key, "0", "-1", "WITHSCORES");
        scores.forEach((member, index) => index % 2 === 0 && pairs.push([member, scores[index + 1] ?? ""]));
      }
      if (name in placesOf(["", ""]))
        pairs.push(...alone.map((each) => each[name as "lock"]).filter((pair) => pair.length > 0));
      if (pairs.length > 0) found[name] = pairs.sort();
    }
  }
  const ends = new Map<string, number>();
  for (const [place = ""] of (found["permits"] ?? []) as string[][]) {
    const [lock = "", at] = place.split(" ");
    if (!ends.has(lock)) ends.set(lock, Number(at));
  }
  for (const name of ["lockend", "lockwake"]) {
    const looks = found[name] as string[][] | undefined;
    found[name] = looks?.map(([lock = "", at]) => [lock, Number(at) <= (ends.get(lock) ?? 0)]).sort();
  }
  return found;
}

type Step =
  | {
      readonly do: "acquire";
      readonly process: 0 | 1;
      readonly lock: string;
      readonly capacity: number;
      readonly waiter: string;
      readonly leaseMs: number;
      readonly waits: boolean;
    }
  | { readonly do: "release"; readonly process: 0 | 1; readonly pick: number }
  | { readonly do: "extend" | "break"; readonly pick: number }
  | { readonly do: "cancel"; readonly lock: string; readonly waiter: string }
  | { readonly do: "inspect"; readonly lock: string }
  | { readonly do: "advance"; readonly ms: number };

const lock = fc.constantFrom("a", "b c");
const process = fc.constantFrom<0 | 1>(0, 1);
const waiter = fc.constantFrom("u", "v", "w", "x", "y z");
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("acquire" as const),
      capacity: fc.constantFrom(1, 2, 2, 2, 3),
      leaseMs: fc.constantFrom(1_000, 1_000, 300),
      waits: fc.boolean(),
      ...{ process, lock, waiter },
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("release" as const), process, pick: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("extend" as const, "break" as const), pick: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), lock, waiter }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("inspect" as const), lock }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 299, 700) }),
  },
);

async function take(step: Step, { processes, inspection, permits }: Side): Promise<unknown> {
  const locks = processes["process" in step ? step.process : 0];
  if (step.do === "advance") return null;
  if (step.do === "cancel") return locks.cancel(step.lock, step.waiter);
  if (step.do === "inspect") return inspection.inspect(step.lock, 10);
  if (step.do === "acquire") {
    const { lock, capacity, waiter, leaseMs, waits } = step;
    const reply = await locks.acquire({
      ...{ lock, capacity, waiter, leaseMs, label: "x" },
      waiterTtlMs: waits ? 300 : null,
    });
    if (reply.outcome === "granted") permits.push(reply.permit);
    return reply;
  }
  const permit = permits.at(-1 - step.pick);
  if (!permit) return null;
  if (step.do === "extend") return locks.extend(permit, 600);
  return step.do === "release" ? locks.release(permit) : inspection.break(permit);
}

const asks = (waiter: string, leaseMs = 1_000, capacity = 2): Step => ({
  ...{ do: "acquire", process: 0, lock: "a", waits: true },
  ...{ waiter, leaseMs, capacity },
});
/** What chance rarely brings about. */
const EXAMPLES: Step[][] = [
  // given back by a process that does not know of the line
  [asks("u"), asks("v"), asks("w"), { do: "release", process: 1, pick: 0 }],
  // given back when another permit has ended
  [asks("u", 300), asks("v"), { do: "advance", ms: 700 }, { do: "release", process: 0, pick: 0 }],
  // asked for when there is room, and one of those who have it has lost it
  [asks("u", 300, 3), asks("v", 1_000, 3), { do: "advance", ms: 700 }, asks("w", 1_000, 3)],
  // given back for the second time, when another holds it alone
  [asks("u"), { do: "release", process: 0, pick: 0 }, asks("v"), { do: "release", process: 0, pick: 1 }],
  // given back at its end by who held it alone
  [asks("u"), { do: "advance", ms: 700 }, { do: "advance", ms: 300 }, { do: "release", process: 0, pick: 0 }],
];

test(
  "a fast path answers as the whole script does, and leaves the same behind",
  { timeout: 60_000 },
  async () => {
    let shortened = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async (history) => {
        const clock = new ManualClock();
        const [short, whole] = [open(clock, true), open(clock, false)];
        for (const step of history) {
          if (step.do === "advance") clock.jump(step.ms);
          expect(await take(step, short)).toEqual(await take(step, whole));
          expect(await contents(short)).toEqual(await contents(whole));
        }
        shortened += short.short();
      }),
      { numRuns: 40, examples: EXAMPLES.map((steps) => [steps]) },
    );
    expect(shortened).toBeGreaterThan(60);
  },
);

const asked = { lock: "l", capacity: 2, label: "x", leaseMs: 1_000, waiterTtlMs: 300 };

async function granted({ processes: [locks] }: Side, who: string, changes = {}): Promise<Permit> {
  const reply = await locks.acquire({ ...asked, waiter: who, ...changes });
  if (reply.outcome !== "granted") throw new Error(`${who} was to get a permit: ${reply.outcome}`);
  return reply.permit;
}

test.each<[string, number, (side: Side, clock: ManualClock) => Promise<unknown>]>([
  // what happens                                  fast paths that do it all
  [
    "a free lock is taken and given back",
    2,
    async (side) => side.processes[0].release(await granted(side, "a")),
  ],
  [
    "the same waiter asks twice",
    1,
    async (side) => expect(await granted(side, "a")).toEqual(await granted(side, "a")),
  ],
  [
    "the only holder asks for a third time",
    2,
    async (side) => [await granted(side, "a"), await granted(side, "a"), await granted(side, "a")],
  ],
  ["a second holder finds room", 1, async (side) => [await granted(side, "a"), await granted(side, "b")]],
  [
    "a third holder finds room",
    2,
    async (side) => {
      for (const who of ["a", "b", "c"]) await granted(side, who, { capacity: 3 });
    },
  ],
  [
    "one of two gives back",
    2,
    async (side) => [await granted(side, "a"), await side.processes[0].release(await granted(side, "b"))],
  ],
  [
    "who was granted in line fetches it",
    2,
    async (side) => {
      const first = await granted(side, "a", { capacity: 1 });
      await side.processes[0].acquire({ ...asked, capacity: 1, waiter: "b" });
      await side.processes[0].release(first);
      await granted(side, "b", { capacity: 1 });
    },
  ],
  [
    "another capacity is asked for",
    1,
    async (side) => [await granted(side, "a"), await granted(side, "b", { capacity: 3 })],
  ],
  [
    "a permit has ended",
    1,
    async (side, clock) => [await granted(side, "a"), clock.jump(1_000), await granted(side, "b")],
  ],
])("when %s, fast paths do it %i times", async (_, times, act) => {
  const clock = new ManualClock();
  const side = open(clock, true);
  await act(side, clock);
  expect(side.short()).toBe(times);
});

test("a newcomer does not overtake those in line behind more dead than one hand-over passes", async () => {
  const clock = new ManualClock();
  const side = open(clock, true);
  const [locks, other] = side.processes;
  const first = await granted(side, "a", { leaseMs: 60_000 });
  await granted(side, "b", { leaseMs: 60_000 });
  const ask = (who: string) => locks.acquire({ ...asked, waiter: who });
  await Promise.all(Array.from({ length: 1_000 }, (_, index) => ask(`dead ${index}`)));
  clock.jump(asked.waiterTtlMs);
  await ask("alive");
  await locks.release(first);
  expect((await other.acquire({ ...asked, waiter: "new" })).outcome).toBe("waiting");
  // Who is told to look again at once does so.
  let reply = await ask("alive");
  for (let asks = 0; reply.outcome === "waiting" && reply.nextLookAt <= reply.now && asks < 1_000; asks++)
    reply = await ask("alive");
  expect(reply.outcome).toBe("granted");
});
