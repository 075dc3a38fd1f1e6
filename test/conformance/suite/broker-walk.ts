/** A random walk over the broker's verbs, compared with a model after every step. The seed gives the walk again. */
import assert from "node:assert/strict";
import { seededRandom } from "../../../src/core/random.js";
import type { DeliveryRef } from "../../../src/store/contracts/delivery.js";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { BrokerModel } from "./broker-model.js";
import { group, type Harness } from "./harness.js";
import { claim, dead, done, lost, message, retry } from "./samples.js";

const QUEUES = ["q", "r"] as const;
const LEASE_MS = 1_000;
/** Longer than any walk: results do not end on the way. */
const KEPT_MS = 1e12;

/**
 * Takes `steps` random steps with one of the harness's two handles each, then drains the store. Throws on the first
 * answer that differs from the model's, and when an accepted message did not end exactly once.
 */
export async function walkBroker(harness: Harness, seed: number, steps: number): Promise<void> {
  const { store, clock } = harness;
  const handles = [store, await harness.peer()];
  const model = new BrokerModel();
  const numbers = seededRandom(seed);
  const random = (below: number): number => Math.floor(numbers.next() * below);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const ids = Array.from({ length: 12 }, (_, index) => `m${index}`);
  /** Every delivery ever given: old tokens must stay lost. */
  const given: DeliveryRef[] = [];
  const someRefs = (): DeliveryRef[] =>
    given.length === 0
      ? []
      : Array.from(
          { length: 1 + random(3) },
          () => (random(3) ? given.at(-1 - random(Math.min(4, given.length))) : pick(given)) as DeliveryRef,
        );

  const claimFrom = async (handle: Store, queue: string, max: number): Promise<void> => {
    const expected = model.claim(queue, max, clock.now());
    const { deliveries } = await claim(handle, { queues: [queue], max, leaseMs: LEASE_MS });
    assert.deepEqual(
      deliveries.map(({ id }) => id),
      expected,
    );
    for (const { id, token, deliveries: count, retries } of deliveries) {
      assert(
        !given.some((ref) => ref.token === token && ref.id === id),
        `the token of ${id} was given twice`,
      );
      given.push({ id, token });
      const known = model.gave(id, token, clock.now() + LEASE_MS);
      assert.deepEqual([count, retries], [known?.deliveries, known?.retries]);
    }
  };

  const verbs: ((handle: Store) => Promise<void>)[] = [
    async ({ sender }) => {
      const now = clock.now();
      const batch = Array.from({ length: 1 + random(3) }, () => ({
        id: pick(ids),
        queue: pick(QUEUES),
        priority: random(3),
        eta: random(3) ? now : now + random(2_000),
        expires: random(4) ? null : now + random(3_000),
        maxDeliveries: 1 + random(3),
      }));
      const outcomes = await sender.enqueue(
        batch.map(({ id, queue, priority, eta, expires, maxDeliveries }) =>
          message(id, {
            ...{ queue, priority, maxDeliveries, resultTtlMs: KEPT_MS, eta: { at: eta } },
            ...(expires === null ? {} : { expires: { at: expires } }),
          }),
        ),
      );
      assert.deepEqual(
        outcomes,
        batch.map((each) => model.enqueue(each, now)),
      );
    },
    (handle) => claimFrom(handle, pick(QUEUES), random(4)),
    (handle) => claimFrom(handle, pick(QUEUES), 1 + random(2)),
    async ({ consumer }) => {
      const settlements = someRefs().map((ref): Settlement => {
        const end = pick([done, done, (to: DeliveryRef) => retry(to, random(2) * 700), dead, lost]);
        return { ...end(ref), resultTtlMs: KEPT_MS };
      });
      const { outcomes } = await consumer.settle(settlements, null);
      assert.deepEqual(
        outcomes,
        settlements.map((each) => model.settle(each, clock.now())),
      );
    },
    async ({ consumer }) => {
      const refs = someRefs();
      const expected = refs.map(({ id, token }) => model.heartbeat(id, token, clock.now() + LEASE_MS));
      assert.deepEqual(await consumer.heartbeat(refs, LEASE_MS), expected);
    },
    async ({ consumer }) => {
      const refs = someRefs();
      assert.deepEqual(
        await consumer.giveBack(refs),
        refs.map(({ id, token }) => model.giveBack(id, token)),
      );
    },
    async ({ sender }) => {
      const id = pick(ids);
      const terminate = random(2) === 0;
      model.revoke(id, terminate, clock.now());
      await sender.revoke([id], { terminate, keepMs: 0 });
    },
    async ({ queues }) => {
      if (random(6)) return;
      const queue = pick(QUEUES);
      assert.equal(await queues.purge([queue]), model.purge(queue));
    },
    async ({ deadLetters }) => {
      const id = pick(ids);
      if (random(3)) assert.equal(await deadLetters.redrive([id]), model.redrive(id));
      else assert.equal(await deadLetters.delete([id]), model.deleteDead(id));
    },
    async ({ results }) => {
      const id = pick(ids);
      model.results.delete(id);
      await results.forget([id]);
    },
    async () => clock.jump(random(600)),
  ];

  const compare = async (handle: Store): Promise<void> => {
    const counts = await handle.queues.counts();
    assert.deepEqual(
      counts.map(({ queue, ready, scheduled, leased, dead: letters }) => ({
        ...{ queue, waiting: ready + scheduled, held: leased, dead: letters },
      })),
      model.counts(),
    );
    const states = await handle.results.get(ids);
    assert.deepEqual(
      states.map((each) => each && { state: each.state, ...(each.reason ? { reason: each.reason } : {}) }),
      ids.map((id) => model.stateOf(id, clock.now())),
    );
  };

  for (let step = 0; step < steps; step++) {
    try {
      await pick(verbs)(pick(handles));
      await compare(pick(handles));
    } catch (error) {
      throw new Error(`broker walk: seed ${seed}, step ${step}: the store and the model differ`, {
        cause: error,
      });
    }
  }

  // Let everything that still waits or is held come to its end.
  clock.jump(1e6);
  while (model.counts().some(({ waiting, held }) => waiting + held > 0)) {
    for (const queue of QUEUES) await claimFrom(store, queue, 100);
    for (const { id, token } of given) {
      const settlement = { ...done({ id, token }), resultTtlMs: KEPT_MS };
      const expected = model.settle(settlement, clock.now());
      assert.deepEqual((await store.consumer.settle([settlement], null)).outcomes, [expected]);
    }
    given.length = 0;
  }
  await compare(store);
  for (const [id, { queued, ended }] of model.accounts) {
    assert.equal(ended, queued, `seed ${seed}: ${id} was accepted ${queued} times and ended ${ended} times`);
  }
}

export const walkCases = group(
  "broker: random walks",
  Object.fromEntries(
    [1, 2, 3, 4, 5].map((seed) => [
      `two hundred random steps agree with the model, seed ${seed}`,
      (harness: Harness) => walkBroker(harness, seed, 200),
    ]),
  ),
);
