/**
 * A random walk over all contracts at once, taken by a store and by the memory store side by side: messages with and without
 * locks and unique keys, entries, processes that hold locks, results, the lead, under names and texts that no program would choose. Each step
 * must have the same answer in both, and leave the same behind. The seed gives the walk again.
 */
import assert from "node:assert/strict";
import { silentLogger } from "../../../src/core/logger.js";
import { seededRandom } from "../../../src/core/random.js";
import type {
  AdmitRequest,
  ClaimReply,
  ClaimRequest,
  Settlement,
} from "../../../src/store/contracts/consumer.js";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import { type MessageUnique, UNIQUE_POLICIES } from "../../../src/tasks/message.js";
import type {
  EntryPut,
  EntrySnapshot,
  Overlap,
  PlannedOccurrence,
  TickItem,
} from "../../../src/store/contracts/entries.js";
import type { MessageLock, Permit } from "../../../src/store/contracts/locks.js";
import { openMemoryStore } from "../../../src/store/memory/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { cursor, entry, item, runId } from "./entry-samples.js";
import { group, type Harness } from "./harness.js";
import { dead, done, lost, message, retry } from "./samples.js";

const ENTRIES = ["a", "b c", "\ud800%"];
const QUEUES = ["q", "r s\n", "++"];
const LOCKS = ["l", "m,n o", "\udfff"];
const KEYS = ["k", "k,l m", "\u0001\ud800"];
const WAITERS = ["u", "v w", "+", "\u0000", "\u00e9"];
const IDS = [
  ...["m0", "m 1", "m\n2", "\u0000", "\u0001x", "\ud800", "%41", "+", "++", "=", "\u{1f600}"],
  // Like a line of the Redis store, and longer than any name.
  ...["q 900000000000001 m0", "x".repeat(3_000)],
];
const TEXTS = ["", "{}", "\u0001", "a b\nc", "\ud800 x", "+"];
const TERM_MS = 30_000;
const ALL = 1_000;

/** What both stores were given for one thing: tokens, etags and numbers are each store's own. */
type Twin<T> = readonly [T, T];

/** Of these only whether they are there: each store has its own. */
const OWN = new Set(["etag", "token", "term", "row", "fence", "nextWakeAt", "nextLookAt"]);

/** Answers without what is each store's own, with their fields in one order. */
function shared(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(shared);
  if (typeof answer !== "object" || answer === null) return answer ?? null;
  const fields = Object.entries(answer).map(([key, value]: [string, unknown]): [string, unknown] => [
    key,
    OWN.has(key) && value !== null ? "" : shared(value),
  ]);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** In one order: what happened in one step may stand in any. */
function sorted<T>(list: readonly T[]): T[] {
  const textOf = (each: T): string => JSON.stringify(shared(each));
  return [...list].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}

class Walk {
  readonly #clock: Harness["clock"];
  /** The store under test by two handles, and the memory store. */
  readonly #ours: readonly Store[];
  readonly #memory: Store;
  readonly #random: ReturnType<typeof seededRandom>;
  readonly #ids = new Set<string>(IDS);
  readonly #given: Twin<Delivery>[] = [];
  readonly #permits: Twin<Permit>[] = [];
  #terms: Twin<string> = ["", ""];
  #count = 0;

  constructor(clock: Harness["clock"], ours: readonly Store[], memory: Store, seed: number) {
    this.#clock = clock;
    this.#ours = ours;
    this.#memory = memory;
    this.#random = seededRandom(seed);
  }

  async step(): Promise<void> {
    await this.#pick(this.#verbs)();
    await this.#compare();
  }

  async #both<T>(work: (store: Store, which: 0 | 1) => Promise<T>): Promise<Twin<T>> {
    const answers = [await work(this.#pick(this.#ours), 0), await work(this.#memory, 1)] as const;
    assert.deepEqual(shared(answers[0]), shared(answers[1]));
    return answers;
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }

  #some<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.#below(most + 1) }, make);
  }

  #someIds(): string[] {
    return this.#some(3, () => this.#pick([...this.#ids]));
  }

  /** Newer ones more often; the same one may come twice. */
  #someGiven(): Twin<Delivery>[] {
    if (this.#given.length === 0) return [];
    return this.#some(3, () => this.#given.at(-1 - this.#below(this.#below(3) ? 5 : 100)) ?? this.#given[0]!);
  }

  #lock(): MessageLock {
    return {
      name: this.#pick(LOCKS),
      capacity: this.#pick([1, 1, 1, 2]),
      waitTimeoutMs: this.#pick([null, null, 900]),
      reserveMs: this.#pick([500, 2_000]),
    };
  }

  #unique(): MessageUnique {
    const onConflict = this.#pick(UNIQUE_POLICIES);
    const until = this.#pick(["started", "finished", "finished", null] as const);
    const ttlMs = this.#pick([null, null, 700, 3_000]);
    return {
      ...{ key: this.#pick(KEYS), onConflict, maxWaitMs: this.#pick([null, null, 900]) },
      ...(until === null ? { until, ttlMs: ttlMs ?? 1_500 } : { until, ttlMs }),
    };
  }

  #message(id: string, entryName?: string): NewMessage {
    this.#ids.add(id);
    const eta = this.#below(2_000) - 300;
    const expires = this.#below(3_000) - 100;
    const now = this.#clock.now();
    return message(id, {
      ...{ queue: this.#pick(QUEUES), task: this.#pick(["t", "t t", ""]), body: this.#pick(TEXTS) },
      ...{ priority: this.#below(3), maxDeliveries: 1 + this.#below(3) },
      resultTtlMs: this.#pick([60_000, 60_000, 2_000, 0]),
      ...(this.#below(3) === 0 && { idTtlMs: this.#pick([1_500, 60_000]) }),
      ...(this.#below(4) === 0 && { eta: this.#below(2) ? { inMs: eta } : { at: now + eta } }),
      ...(this.#below(5) === 0 && { expires: this.#below(2) ? { inMs: expires } : { at: now + expires } }),
      ...(this.#below(3) === 0 && { lock: this.#lock() }),
      ...(this.#below(3) === 0 && { unique: this.#unique() }),
      ...(entryName !== undefined && { entry: entryName }),
    });
  }

  #overlap(): Overlap {
    return {
      policy: this.#pick(["allow", "skip", "queue-one", "queue-one", "cancel-running"]),
      timeoutMs: this.#pick([null, null, 2_000, 5_000]),
      graceMs: this.#pick([0, 1_000, 3_000]),
    };
  }

  /** No two alike: a store may keep equal records of one instant as one. */
  #range(from: number) {
    return { from, to: from + 2, count: 3, reason: `r ${++this.#count}`, schedule: "{\ud800}" };
  }

  #request(): ClaimRequest {
    const [leaseMs, max] = [300 + this.#below(2_500), this.#below(4)];
    return { queues: [this.#pick(QUEUES)], worker: "w", leaseMs, max };
  }

  #took([ours, theirs]: Twin<ClaimReply | null>): void {
    ours?.deliveries.forEach((delivery, n) => this.#given.push([delivery, theirs!.deliveries[n]!]));
  }

  #settlement(): (ref: Delivery) => Settlement {
    const delayMs = this.#below(2) * 700;
    const resultTtlMs = this.#pick([60_000, 60_000, 1_500, 0]);
    const result = this.#pick([
      null,
      { state: "SUCCESS", payload: this.#pick(TEXTS), worker: "w w" },
      { state: "STARTED", payload: null },
      { state: "MY STATE", payload: "1" },
    ]);
    const ends: ((ref: Delivery) => Settlement)[] = [
      (ref) => done(ref, result),
      (ref) => ({ ...done(ref, result), ...(ref.idTtlMs > 0 && { idTtlMs: ref.idTtlMs }) }),
      (ref) => done(ref),
      (ref) => ({ ...done(ref, result), succeeded: true }),
      (ref) => retry(ref, delayMs),
      (ref) => ({ ...retry(ref, delayMs), kind: "defer", result }),
      (ref) => dead(ref, "no such\ntask"),
      (ref) => lost(ref, result),
    ];
    const end = this.#pick(ends);
    return (ref) => ({ ...end(ref), resultTtlMs });
  }

  async #item(name: string): Promise<TickItem> {
    const [stored] = await this.#both(async (store) => (await store.entries.get([name]))[0] ?? null);
    if (stored === null) return item(name, 5, { next: cursor(10) });
    const at = stored.cursor?.due ?? null;
    const plan: PlannedOccurrence[] = [];
    let due = at ?? this.#clock.now() - 3;
    for (let left = this.#below(4); left > 0; left--, due += 3 + this.#below(100)) {
      const kind = this.#below(6);
      if (kind === 0) plan.push({ kind: "skip", due, reason: "late" });
      else if (kind === 1) plan.push({ kind: "range", ...this.#range(due) });
      else {
        const sent = this.#message(runId(name, due), name);
        plan.push({ kind: "send", due, message: sent, overlap: this.#overlap() });
      }
    }
    const next = this.#below(6) ? cursor(due, due + this.#below(100)) : null;
    return item(name, this.#below(9) ? at : 5, {
      ...{ revision: this.#below(9) ? stored.revision : "of another deploy", plan, next },
      disable: next === null ? this.#pick(["ended", null]) : null,
      maxRuns: this.#pick([null, null, 3, 6, 12]),
    });
  }

  readonly #enqueue = async (): Promise<void> => {
    const batch = this.#some(4, () =>
      this.#message(this.#pick(IDS), this.#below(6) ? undefined : this.#pick(ENTRIES)),
    );
    await this.#both((store) => store.sender.enqueue(batch));
  };
  readonly #claim = async (): Promise<void> => {
    const request = this.#request();
    this.#took(await this.#both((store) => store.consumer.claim(request)));
  };
  readonly #settle = async (): Promise<void> => {
    const ends = this.#someGiven().map((refs) => ({ refs, end: this.#settlement() }));
    const request = this.#below(2) ? this.#request() : null;
    const [ours, theirs] = await this.#both((store, which) =>
      store.consumer.settle(
        ends.map(({ refs, end }) => end(refs[which])),
        request,
      ),
    );
    this.#took([ours.claimed, theirs.claimed]);
  };
  readonly #tick = async (): Promise<void> => {
    const items = [await this.#item(this.#pick(ENTRIES))];
    if (this.#below(2)) items.push(await this.#item(this.#pick(ENTRIES)));
    await this.#both((store, which) => store.entries.tick(this.#terms[which], items));
  };
  readonly #acquire = async (): Promise<void> => {
    const request = {
      ...{ lock: this.#pick(LOCKS), capacity: this.#pick([1, 1, 1, 2, 3]), waiter: this.#pick(WAITERS) },
      ...{ label: this.#pick(["p p", "x"]), leaseMs: this.#pick([400, 1_000, 3_000]) },
      waiterTtlMs: this.#pick([null, 300, 1_000]),
    };
    const [ours, theirs] = await this.#both((store) => store.locks.acquire(request));
    if (ours.outcome === "granted" && theirs.outcome === "granted")
      this.#permits.push([ours.permit, theirs.permit]);
  };
  readonly #release = (): Promise<unknown> =>
    this.#withPermit((store, permit) => store.locks.release(permit));
  readonly #admit = async (): Promise<void> => {
    const asked = this.#someGiven().map((refs) => {
      const { fence: _, ...carried } = refs[0].lock ?? { fence: null };
      const lock = this.#below(2) && "name" in carried ? carried : this.#lock();
      return { refs, lock, busy: this.#pick<AdmitRequest["busy"]>(["block", "block", "refuse"]) };
    });
    await this.#both((store, which) =>
      store.consumer.admit(
        asked.map(({ refs, ...how }) => {
          const { id, token } = refs[which];
          return { id, token, ...how };
        }),
      ),
    );
  };

  async #withPermit(work: (store: Store, permit: Permit) => Promise<unknown>): Promise<void> {
    const permits = this.#permits.at(-1 - this.#below(5));
    if (permits) await this.#both((store, which) => work(store, permits[which]));
  }

  /** What is done often stands in the list more than once. */
  readonly #verbs: readonly (() => Promise<unknown>)[] = [
    ...[this.#enqueue, this.#enqueue, this.#claim, this.#claim, this.#settle, this.#settle],
    ...[this.#tick, this.#tick, this.#tick, this.#admit, this.#admit],
    ...[this.#acquire, this.#acquire, this.#release, this.#release],
    async () => {
      const [lock, waiter] = [this.#pick(LOCKS), this.#pick(WAITERS)];
      await this.#both((store) => store.locks.cancel(lock, waiter));
    },
    async () => {
      const leaseMs = this.#pick([200, 1_500]);
      await this.#withPermit((store, permit) => store.locks.extend(permit, leaseMs));
    },
    () => this.#withPermit((store, permit) => store.lockInspection.break(permit)),
    async () => {
      const [refs, leaseMs] = [this.#someGiven(), this.#pick([400, 3_000])];
      await this.#both((store, which) =>
        store.consumer.heartbeat(
          refs.map((each) => each[which]),
          leaseMs,
        ),
      );
    },
    async () => {
      const refs = this.#someGiven();
      await this.#both((store, which) => store.consumer.giveBack(refs.map((each) => each[which])));
    },
    async () => {
      const [ids, how] = [this.#someIds(), { terminate: this.#below(2) === 0, keepMs: this.#below(2_000) }];
      await this.#both((store) => store.sender.revoke(ids, how));
    },
    async () => {
      if (this.#below(5)) return;
      // One, since a store may purge several in as many steps, and what comes free in one goes on to the next.
      const queue = this.#pick(QUEUES);
      await this.#both((store) => store.queues.purge([queue, queue]));
    },
    async () => {
      const [ids, again] = [this.#someIds(), this.#below(3) > 0];
      await this.#both(({ deadLetters }) => (again ? deadLetters.redrive(ids) : deadLetters.delete(ids)));
    },
    async () => {
      const ids = this.#someIds();
      await this.#both((store) => store.results.forget(ids));
    },
    async () => {
      const [refs] = this.#someGiven();
      const record = this.#pick([
        { state: "STARTED", payload: null, worker: "w" },
        { state: "SUCCESS", payload: "x" },
        { state: "a b", payload: "\ud800" },
      ]);
      const ttlMs = this.#pick([1_000, 9_000, 0]);
      if (refs) await this.#both((store, which) => store.results.update(refs[which], record, ttlMs));
    },
    async () => {
      if (this.#below(3)) return;
      const [id, ttlMs] = [this.#pick([...this.#ids]), this.#pick([1_000, 9_000, 0])];
      const record = { state: this.#pick(["STARTED", "SUCCESS"]), payload: "x", reason: "y z" };
      await this.#both((store) => store.results.put(id, record, ttlMs));
    },
    async () => {
      const puts: { readonly put: EntryPut; readonly before: Twin<EntrySnapshot | null> }[] = [];
      for (const name of this.#some(2, () => this.#pick(ENTRIES))) {
        const before = await this.#both(async (store) => (await store.entries.get([name]))[0] ?? null);
        const due = this.#clock.now() - this.#below(500);
        const put = entry(name, null, {
          cursor: this.#below(8) ? cursor(due, due + this.#below(200)) : null,
          ...{ revision: this.#pick(["r1", "r 2"]), definition: this.#pick(["{}", "\ud800"]) },
          pausedAt: this.#below(8) ? null : this.#clock.now(),
          disabled: this.#below(6) ? null : this.#pick(["disabled", "left-code"]),
          ledger: this.#below(4) ? [] : [this.#range(this.#clock.now() - 100)],
        });
        puts.push({ put, before });
      }
      await this.#both((store, which) =>
        store.entries.put(puts.map(({ put, before }) => ({ ...put, expect: before[which]?.etag ?? null }))),
      );
    },
    async () => {
      const name = this.#pick(ENTRIES);
      const id = this.#below(3) ? `${name}!${++this.#count}` : this.#pick([...this.#ids]);
      const [sent, overlap] = [this.#message(id, name), this.#below(4) ? this.#overlap() : null];
      await this.#both((store) => store.entries.trigger(name, sent, overlap));
    },
    async () => {
      const name = this.#pick(ENTRIES);
      const before = await this.#both(async (store) => (await store.entries.get([name]))[0] ?? null);
      if (before[0] === null || this.#below(5)) return;
      await this.#both((store, which) => store.entries.remove(name, before[which]?.etag ?? 0));
    },
    async () => {
      if (this.#below(6)) return;
      const retention = { maxAgeMs: this.#pick([3_000, 10_000]), maxRowsPerEntry: ALL };
      await this.#both((store) => store.ledger.trim(retention, ALL));
    },
    async () => {
      if (this.#below(10) === 0) await this.#both((store) => store.leases.resign({ id: "a", nonce: "n" }));
      await this.lead(this.#pick(["n", "m m"]));
    },
    async () => this.#clock.jump(this.#below(900)),
    async () => this.#clock.jump(this.#below(200)),
    async () => this.#clock.jump(this.#below(4) ? 0 : -this.#below(1_500)),
  ];

  async lead(nonce = "n"): Promise<void> {
    const candidate = { id: "a", nonce, host: "h\ud800", version: "" };
    const [ours, theirs] = await this.#both((store) => store.leases.elect(candidate, TERM_MS));
    const termOf = (election: typeof ours): string =>
      election.outcome === "leading" ? election.term : election.leader.term;
    this.#terms = [termOf(ours), termOf(theirs)];
  }

  async #compare(): Promise<void> {
    const now = this.#clock.now();
    // What has ended is noticed when somebody looks: here both look.
    const look = { queues: ["none"], worker: "w", leaseMs: 1, max: 0 };
    const [{ nextWakeAt }] = await this.#both(async (store) => {
      const reply = await store.consumer.claim(look);
      return { ...reply, deadLettered: sorted(reply.deadLettered ?? []) };
    });
    await this.#both(async (store) => void (await store.sweep(ALL)));
    await this.#both((store) => store.entries.get(ENTRIES));
    await this.#both(async (store) => sorted((await store.entries.due(ALL)).entries));
    for (const name of ENTRIES) {
      const [after, before] = [now - this.#below(2_000), now - this.#below(500)];
      const range = this.#pick([{}, { after }, { before }, { after, before }]);
      for (const keep of ["oldest", "newest"] as const)
        await this.#both(async (store) =>
          sorted(await store.ledger.rows(name, { ...range, limit: ALL, keep })),
        );
    }
    await this.#both((store) => store.queues.counts());
    await this.#both(async (store) => ({ ...(await store.measure()), bytes: null }));
    const queue = this.#pick([{}, { queue: this.#pick(QUEUES) }]);
    await this.#both(async (store) =>
      sorted((await store.deadLetters.list({ limit: ALL, ...queue })).letters),
    );
    await this.#both((store) => store.results.get([...this.#ids]));
    await this.#both((store) => store.leases.leader());
    await this.#both(async (store) => sorted(await store.lockInspection.list({ limit: ALL })));
    let firstEnd = Infinity;
    for (const lock of LOCKS) {
      const [details] = await this.#both(async (store) => {
        const found = await store.lockInspection.inspect(lock, ALL);
        return found && { ...found, holders: sorted(found.holders) };
      });
      for (const { until } of details?.waiting ? details.holders : []) firstEnd = Math.min(firstEnd, until);
      await this.#both(async (store) => sorted(await store.lockInspection.history({ lock, limit: ALL })));
    }
    assert(
      (nextWakeAt ?? Infinity) <= firstEnd,
      `a line is looked at ${(nextWakeAt ?? 0) - firstEnd} ms too late`,
    );
  }
}

/** Throws on the first difference. */
export async function walkWhole({ clock, store, peer }: Harness, seed: number, steps: number): Promise<void> {
  const memory = openMemoryStore({ clock, random: seededRandom(seed), logger: silentLogger });
  const walk = new Walk(clock, [store, await peer()], memory, seed);
  await walk.lead();
  for (let step = 0; step < steps; step++) {
    try {
      await walk.step();
    } catch (cause) {
      throw new Error(`walk over all: seed ${seed}, step ${step}: the stores differ`, { cause });
    }
  }
  await memory.close();
}

/** The last three have each found what is mended now. */
const SEEDS = [1, 2, 25, 77, 85];

export const wholeWalkCases = group(
  "all contracts: random walks",
  Object.fromEntries(
    SEEDS.map((seed) => [
      `a hundred and fifty random steps have the answers of the memory store, seed ${seed}`,
      (harness: Harness) => walkWhole(harness, seed, 150),
    ]),
  ),
);
