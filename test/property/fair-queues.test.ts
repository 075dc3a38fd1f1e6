/**
 * Fair queues against an ideal that shares no code with them: exact fractions, and a list that is searched from end to end. Random
 * arrivals, lanes, weights, priorities and claims.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import type { Store } from "../../src/store/contracts/store.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { message } from "../conformance/suite/samples.js";

const WEIGHTS = [0.25, 0.5, 1, 2, 4, 5];
const LANES = ["a", "b", "c", "d", "e"];

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ send: fc.nat(LANES.length - 1), count: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ claim: fc.integer({ min: 1, max: 9 }) }) },
);
const plan = fc.record({
  weights: fc.array(fc.constantFrom(...WEIGHTS), { minLength: LANES.length, maxLength: LANES.length }),
  steps: fc.array(step, { minLength: 1, maxLength: 40 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

function open(): Store {
  return openMemoryStore({ clock: new ManualClock(), random: systemRandom, logger: silentLogger });
}

/** What the store did: which lane had how many waiting before each message that was taken. */
interface Taken {
  readonly id: string;
  readonly lane: number;
  readonly waiting: readonly number[];
}

async function run({ weights, steps }: Plan, store: Store): Promise<Taken[]> {
  const taken: Taken[] = [];
  const waiting = LANES.map(() => 0);
  const sent = LANES.map(() => 0);
  const claim = async (max: number): Promise<void> => {
    const { deliveries } = await store.consumer.claim({ queues: ["q"], worker: "w", leaseMs: 1e6, max });
    for (const { id } of deliveries) {
      const lane = LANES.indexOf(id[0]!);
      taken.push({ id, lane, waiting: [...waiting] });
      waiting[lane]!--;
    }
  };
  for (const each of steps) {
    if ("claim" in each) {
      await claim(each.claim);
      continue;
    }
    const { send: lane, count } = each;
    const messages = Array.from({ length: count }, () =>
      message(`${LANES[lane]}${sent[lane]!++}`, { lane: { name: LANES[lane]!, weight: weights[lane]! } }),
    );
    await store.sender.enqueue(messages);
    waiting[lane]! += count;
  }
  await claim(10_000);
  return taken;
}

test("of two lanes that both have something waiting, neither gets ahead of its share by more than one message", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async (given) => {
      const taken = await run(given, open());
      const { weights } = given;
      for (let a = 0; a < LANES.length; a++) {
        for (let b = a + 1; b < LANES.length; b++) {
          // How much each was given, in shares, since both had something waiting; the extremes of the difference from any beginning.
          let [ahead, least, most] = [0, 0, 0];
          const bound = 1 / weights[a]! + 1 / weights[b]! + 0.05;
          for (const { lane, waiting } of taken) {
            if (waiting[a] === 0 || waiting[b] === 0) [ahead, least, most] = [0, 0, 0];
            else if (lane === a) ahead += 1 / weights[a]!;
            else if (lane === b) ahead -= 1 / weights[b]!;
            [least, most] = [Math.min(least, ahead), Math.max(most, ahead)];
            expect(Math.max(ahead - least, most - ahead)).toBeLessThanOrEqual(bound);
          }
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("the order is that of start-time fair queueing, computed anew from end to end", async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ weights, steps }) => {
      // Numbers in twentieths are exact for all these weights.
      const cost = weights.map((weight) => 20 / weight);
      const last = LANES.map(() => 0);
      const sent = LANES.map(() => 0);
      let [position, waiting] = [0, [] as { id: string; lane: number; turn: number }[]];
      const store = open();
      const take = async (max: number): Promise<void> => {
        const { deliveries } = await store.consumer.claim({ queues: ["q"], worker: "w", leaseMs: 1e6, max });
        expect(deliveries).toHaveLength(Math.min(max, waiting.length));
        for (const { id } of deliveries) {
          const own = waiting.find((each) => each.id === id)!;
          // Among equals any may come first, but of a lane the first.
          expect(own.turn).toBe(Math.min(...waiting.map(({ turn }) => turn)));
          waiting = waiting.filter((each) => each !== own);
          expect(waiting.filter(({ lane, turn }) => lane === own.lane && turn <= own.turn)).toEqual([]);
          position = own.turn;
        }
      };
      for (const each of steps) {
        if ("claim" in each) {
          await take(each.claim);
          continue;
        }
        const lane = each.send;
        for (let n = 0; n < each.count; n++) {
          const id = `${LANES[lane]}${sent[lane]!++}`;
          await store.sender.enqueue([message(id, { lane: { name: LANES[lane]!, weight: weights[lane]! } })]);
          last[lane] = Math.max(position, last[lane]!) + cost[lane]!;
          waiting.push({ id, lane, turn: last[lane] });
        }
      }
      await take(10_000);
    }),
    { numRuns: 200 },
  );
});

test("a lane that comes late waits for one message of each lane that has some", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 200 }),
      async (lanes, before) => {
        const store = open();
        for (const name of LANES.slice(0, lanes)) {
          const many = Array.from({ length: 300 }, (_, n) =>
            message(`${name}${n}`, { lane: { name, weight: 1 } }),
          );
          await store.sender.enqueue(many);
        }
        const claim = (max: number) =>
          store.consumer.claim({ queues: ["q"], worker: "w", leaseMs: 1e6, max });
        if (before > 0) await claim(before);
        await store.sender.enqueue([message("late", { lane: { name: "late", weight: 1 } })]);
        const { deliveries } = await claim(2 * lanes + 1);
        expect(deliveries.map(({ id }) => id).indexOf("late")).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 60 },
  );
});
