/** A random walk over locks, with the tasks and processes that want them, compared with a model after every step. */
import assert from "node:assert/strict";
import { seededRandom } from "../../../src/core/random.js";
import type { MessageLock } from "../../../src/store/contracts/locks.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { group, type Harness } from "./harness.js";
import { LockModel, RESERVE_MS } from "./lock-model.js";
import { claim, done, lost, message, retry } from "./samples.js";

const CAPACITIES = { l: 1, m: 2 } as const;
type LockName = keyof typeof CAPACITIES;
const LOCKS = Object.keys(CAPACITIES) as LockName[];
const WAITERS = ["p", "r", "s"];
const LEASE_MS = 1_000;

function need(name: LockName): MessageLock {
  return { name, capacity: CAPACITIES[name], waitTimeoutMs: null, reserveMs: RESERVE_MS };
}

/** Fences of whatever lock only grow. */
class Fences {
  readonly #known = new Set<number>();
  #greatest = 0;

  note(fence: number): void {
    assert(fence > this.#greatest || this.#known.has(fence), `fence ${fence} after ${this.#greatest}`);
    this.#known.add(fence);
    this.#greatest = Math.max(this.#greatest, fence);
  }
}

class Walk {
  readonly model = new LockModel(CAPACITIES);
  readonly #harness: Harness;
  readonly #fences = new Fences();
  readonly #random: (below: number) => number;
  /** Deliveries and permits ever given: old tokens stay lost. */
  readonly #given: { readonly id: string; readonly token: string }[] = [];
  readonly #permits: { readonly lock: LockName; readonly token: string }[] = [];
  #sent = 0;

  constructor(harness: Harness, seed: number) {
    const numbers = seededRandom(seed);
    this.#harness = harness;
    this.#random = (below) => Math.floor(numbers.next() * below);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.#random(from.length)] as T;
  }

  /** Mostly a late one: those are the ones that are valid. */
  #late<T>(from: readonly T[]): T | undefined {
    return this.#random(4) ? from.at(-1 - this.#random(3)) : this.pick(from);
  }

  get #now(): number {
    return this.#harness.clock.now();
  }

  readonly verbs: readonly ((handle: Store) => Promise<void>)[] = [
    async ({ sender }) => {
      if (this.model.tasks.size >= 8) return;
      const [id, name] = [`m${this.#sent++}`, this.pick(LOCKS)];
      this.model.send(id, name, this.#now);
      assert.deepEqual(await sender.enqueue([message(id, { lock: need(name), maxDeliveries: 1_000 })]), [
        "queued",
      ]);
    },
    async (handle) => {
      const max = 1 + this.#random(2);
      const expected = this.model.claim(max);
      const { deliveries } = await claim(handle, { max, leaseMs: LEASE_MS });
      assert.deepEqual(
        deliveries.map(({ id, lock }) => ({ id, hasPermit: lock?.fence !== null })),
        expected,
      );
      for (const { id, token, lock } of deliveries) {
        if (typeof lock?.fence === "number") this.#fences.note(lock.fence);
        this.model.gave(id, token, this.#now + LEASE_MS);
        this.#given.push({ id, token });
      }
    },
    async ({ consumer }) => {
      const ref = this.#late(this.#given);
      if (!ref) return;
      const lock = need((this.model.tasks.get(ref.id)?.lock ?? "l") as LockName);
      const expected = this.model.admit(ref.id, ref.token, this.#now);
      const [reply] = await consumer.admit([{ ...ref, lock, busy: "block" }]);
      assert.equal(reply?.outcome, expected);
      if (reply?.outcome === "admitted") this.#fences.note(reply.fence);
    },
    async ({ consumer }) => {
      const ref = this.#late(this.#given);
      if (!ref) return;
      const expected = this.model.heartbeat(ref.id, ref.token, this.#now + LEASE_MS);
      assert.deepEqual(await consumer.heartbeat([ref], LEASE_MS), [expected]);
    },
    async ({ consumer }) => {
      const ref = this.#late(this.#given);
      if (!ref) return;
      const settlement = this.pick([done(ref), done(ref), retry(ref, 0), lost(ref)]);
      const expected = this.model.settle(ref.id, ref.token, settlement.kind, this.#now);
      const { outcomes } = await consumer.settle([settlement], null);
      assert.deepEqual(outcomes, [expected]);
    },
    async ({ consumer }) => {
      const ref = this.#late(this.#given);
      if (!ref) return;
      assert.deepEqual(await consumer.giveBack([ref]), [this.model.giveBack(ref.id, ref.token, this.#now)]);
    },
    async ({ locks }) => {
      const [lock, waiter] = [this.pick(LOCKS), this.pick(WAITERS)];
      const times = { leaseMs: LEASE_MS, waiterTtlMs: this.#random(3) ? 700 : null };
      const expected = this.model.acquire(waiter, lock, times, this.#now);
      const request = { lock, capacity: CAPACITIES[lock], waiter, label: "host", ...times };
      const reply = await locks.acquire(request);
      assert.equal(reply.outcome, expected);
      if (reply.outcome !== "granted") return;
      this.#fences.note(reply.permit.fence);
      this.model.granted(waiter, lock, reply.permit.token);
      this.#permits.push({ lock, token: reply.permit.token });
    },
    async ({ locks }) => {
      const [lock, waiter] = [this.pick(LOCKS), this.pick(WAITERS)];
      assert.equal(await locks.cancel(lock, waiter), this.model.cancel(waiter, lock, this.#now));
    },
    async ({ locks }) => {
      const permit = this.#late(this.#permits);
      if (!permit) return;
      const { lock, token } = permit;
      if (this.#random(2)) {
        assert.equal(
          await locks.extend(permit, LEASE_MS),
          this.model.extend(lock, token, LEASE_MS, this.#now),
        );
      } else {
        assert.equal(await locks.release(permit), this.model.release(lock, token, this.#now));
      }
    },
    async ({ lockInspection }) => {
      if (this.#random(3)) return;
      const lock = this.pick(LOCKS);
      const holder = (await lockInspection.inspect(lock, 9))?.holders[0];
      if (!holder) return;
      this.model.break(lock, holder.id, this.#now);
      assert.equal(await lockInspection.break({ lock, token: holder.token }), "broken");
    },
    async (handle) => {
      this.#harness.clock.jump(this.#random(600));
      // Until a claim has come by, an ended lease or permit is not passed on.
      await claim(handle, { max: 0 });
      this.model.keepHouse(this.#now);
    },
  ];

  async compare({ queues, lockInspection }: Store): Promise<void> {
    const [found] = await queues.counts();
    const { ready = 0, leased = 0, blocked = 0 } = found ?? {};
    assert.deepEqual({ ready, leased, blocked }, this.model.counts());
    for (const lock of LOCKS) {
      const details = await lockInspection.inspect(lock, 99);
      const seen = {
        holds: (details?.holders ?? []).map(({ id }) => id).sort(),
        waits: (details?.waiters ?? []).map(({ id }) => id),
      };
      assert.deepEqual(seen, this.model.view(lock, this.#now), `lock ${lock}`);
    }
  }
}

export async function walkLocks(harness: Harness, seed: number, steps: number): Promise<void> {
  const handles = [harness.store, await harness.peer()];
  const walk = new Walk(harness, seed);
  for (let step = 0; step < steps; step++) {
    try {
      await walk.pick(walk.verbs)(walk.pick(handles));
      await walk.compare(walk.pick(handles));
    } catch (error) {
      throw new Error(`lock walk: seed ${seed}, step ${step}: the store and the model differ`, {
        cause: error,
      });
    }
  }
}

export const lockWalkCases = group(
  "locks: random walks",
  Object.fromEntries(
    [1, 2, 3, 4, 5].map((seed) => [
      `two hundred random steps agree with the model, seed ${seed}`,
      (harness: Harness) => walkLocks(harness, seed, 200),
    ]),
  ),
);
