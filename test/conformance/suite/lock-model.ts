/** Locks as lists that are looked through, with the tasks and processes that want them: what a random walk is compared with. */
import type { EpochMs } from "../../../src/core/clock.js";
import { OFFER_MS, SKIPPED_MS } from "../../../src/store/contracts/locks.js";

/** One who waits for a lock, holds it, or has a ticket from before. */
interface Wish {
  readonly id: string;
  readonly isTask: boolean;
  readonly lock: string;
  readonly ticket: number;
  status: "waiting" | "holding" | "absent";
  /** End of a permit, or of the time for which a waiting process counts as alive. */
  until: EpochMs;
  readonly grantMs: number;
  /** Of a process: it has fetched the permit that it was offered. */
  isFetched: boolean;
  token: string | null;
}

interface Task {
  readonly id: string;
  readonly lock: string;
  state: "ready" | "leased" | "blocked";
  age: number;
  token: string | null;
  until: EpochMs;
}

export const RESERVE_MS = 2_000;
export interface LockView {
  readonly holds: readonly string[];
  readonly waits: readonly string[];
}

export class LockModel {
  readonly capacities: Readonly<Record<string, number>>;
  readonly tasks = new Map<string, Task>();
  #wishes: Wish[] = [];
  #count = 0;

  constructor(capacities: Readonly<Record<string, number>>) {
    this.capacities = capacities;
  }

  send(id: string, lock: string, now: EpochMs): void {
    const task: Task = { id, lock, state: "ready", age: ++this.#count, token: null, until: 0 };
    this.tasks.set(id, task);
    if (this.#ask(task, now).status === "waiting") task.state = "blocked";
  }

  /** The ids that a claim gives, and whether each comes with a permit. */
  claim(max: number): { id: string; hasPermit: boolean }[] {
    return [...this.tasks.values()]
      .filter(({ state }) => state === "ready")
      .sort((a, b) => a.age - b.age)
      .slice(0, max)
      .map(({ id }) => ({ id, hasPermit: this.#wishOf(id)?.status === "holding" }));
  }

  gave(id: string, token: string, until: EpochMs): void {
    const task = this.tasks.get(id);
    if (!task) throw new Error(`${id} was given and is not there`);
    Object.assign(task, { state: "leased", token, until });
    const wish = this.#wishOf(id);
    if (wish?.status === "holding") wish.until = until;
  }

  admit(id: string, token: string, now: EpochMs): "admitted" | "blocked" | "lost" {
    const task = this.#leased(id, token);
    if (!task) return "lost";
    const wish = this.#wishOf(id);
    const held = wish?.status === "holding" ? wish : this.#ask(task, now);
    if (held.status === "holding") {
      held.until = task.until;
      return "admitted";
    }
    Object.assign(task, { state: "blocked", token: null });
    return "blocked";
  }

  heartbeat(id: string, token: string, until: EpochMs): "extended" | "unlocked" | "lost" {
    const task = this.#leased(id, token);
    if (!task) return "lost";
    task.until = until;
    const wish = this.#wishOf(id);
    if (wish?.status !== "holding") return "unlocked";
    wish.until = until;
    return "extended";
  }

  settle(id: string, token: string, kind: "done" | "retry" | "lost", now: EpochMs): "settled" | "lost" {
    const task = this.#leased(id, token);
    if (!task) return "lost";
    if (kind === "lost") {
      this.#lose(task);
    } else {
      this.#wishes = this.#wishes.filter((wish) => wish !== this.#wishOf(id));
      if (kind === "done") this.tasks.delete(id);
      else Object.assign(task, { state: "ready", token: null, age: ++this.#count });
    }
    this.#passOn(task.lock, now);
    return "settled";
  }

  giveBack(id: string, token: string, now: EpochMs): "settled" | "lost" {
    const task = this.#leased(id, token);
    if (!task) return "lost";
    Object.assign(task, { state: "ready", token: null });
    const wish = this.#wishOf(id);
    if (wish?.status === "holding") wish.until = now + RESERVE_MS;
    return "settled";
  }

  acquire(
    id: string,
    lock: string,
    { leaseMs, waiterTtlMs }: { leaseMs: number; waiterTtlMs: number | null },
    now: EpochMs,
  ): "granted" | "waiting" | "busy" {
    let own = this.#processOf(id, lock);
    // One that was passed over is heard of, and waits again where it was.
    if (own?.status === "absent") Object.assign(own, { status: "waiting", until: now + OFFER_MS });
    this.#passOn(lock, now, id);
    own = this.#processOf(id, lock);
    if (!own) {
      if (waiterTtlMs === null && this.#holders(lock).length >= this.#capacity(lock)) return "busy";
      own = this.#wish({ id, isTask: false, lock, grantMs: OFFER_MS, until: now + OFFER_MS });
      this.#passOn(lock, now, id);
    }
    if (own.status === "holding") Object.assign(own, { isFetched: true, until: now + leaseMs });
    else if (waiterTtlMs !== null) own.until = now + waiterTtlMs;
    return own.status === "holding" ? "granted" : "waiting";
  }

  granted(id: string, lock: string, token: string): void {
    const own = this.#processOf(id, lock);
    if (own) own.token = token;
  }

  cancel(id: string, lock: string, now: EpochMs): "cancelled" | "unknown" {
    this.#passOn(lock, now);
    const own = this.#processOf(id, lock);
    if (!own) return "unknown";
    this.#drop(own, now);
    return "cancelled";
  }

  extend(lock: string, token: string, leaseMs: number, now: EpochMs): "extended" | "lost" {
    const own = this.#held(lock, token, now);
    if (own) own.until = now + leaseMs;
    return own ? "extended" : "lost";
  }

  release(lock: string, token: string, now: EpochMs): "released" | "lost" {
    const own = this.#held(lock, token, now);
    if (own) this.#drop(own, now);
    return own ? "released" : "lost";
  }

  break(lock: string, id: string, now: EpochMs): void {
    const holder = this.#holders(lock).find((wish) => wish.id === id);
    if (!holder) return;
    if (holder.isTask) holder.status = "absent";
    else this.#drop(holder, now);
    this.#passOn(lock, now);
  }

  /** What a claim does once time has gone on. */
  keepHouse(now: EpochMs): void {
    for (const task of this.tasks.values()) {
      if (task.state === "leased" && task.until <= now) this.#lose(task);
    }
    for (const lock of Object.keys(this.capacities)) this.#passOn(lock, now);
  }

  /** Its worker is gone: it keeps its ticket, and loses its permit. */
  #lose(task: Task): void {
    Object.assign(task, { state: "ready", token: null });
    const wish = this.#wishOf(task.id);
    if (wish?.status === "holding") wish.status = "absent";
  }

  view(lock: string, now: EpochMs): LockView {
    const isAlive = ({ isTask, until }: Wish): boolean => isTask || until > now;
    return {
      holds: this.#holders(lock)
        .filter(({ until }) => until > now)
        .map(({ id }) => id)
        .sort(),
      waits: this.#waiters(lock)
        .filter(isAlive)
        .map(({ id }) => id),
    };
  }

  counts(): { ready: number; leased: number; blocked: number } {
    const counts = { ready: 0, leased: 0, blocked: 0 };
    for (const { state } of this.tasks.values()) counts[state]++;
    return counts;
  }

  #ask(task: Task, now: EpochMs): Wish {
    const before = this.#wishOf(task.id);
    const wish = before ?? this.#wish({ ...task, isTask: true, grantMs: RESERVE_MS });
    wish.status = "waiting";
    this.#passOn(task.lock, now);
    return wish;
  }

  #wish(who: Pick<Wish, "id" | "isTask" | "lock" | "grantMs" | "until">): Wish {
    const { id, isTask, lock, grantMs, until } = who;
    const ticket = ++this.#count;
    const wish: Wish = {
      id,
      isTask,
      lock,
      grantMs,
      until,
      ticket,
      status: "waiting",
      isFetched: false,
      token: null,
    };
    this.#wishes.push(wish);
    return wish;
  }

  #drop(wish: Wish, now: EpochMs): void {
    this.#wishes = this.#wishes.filter((each) => each !== wish);
    this.#passOn(wish.lock, now);
  }

  #passOn(lock: string, now: EpochMs, asker?: string): void {
    for (const holder of this.#holders(lock)) {
      if (holder.until > now) continue;
      if (holder.isTask) holder.status = "absent";
      else if (holder.isFetched) this.#wishes = this.#wishes.filter((each) => each !== holder);
      else if (holder.id !== asker) Object.assign(holder, { status: "absent", until: now + SKIPPED_MS });
    }
    for (const first of this.#waiters(lock)) {
      if (this.#holders(lock).length >= this.#capacity(lock)) return;
      if (!first.isTask && first.until <= now) {
        this.#wishes = this.#wishes.filter((each) => each !== first);
        continue;
      }
      Object.assign(first, { status: "holding", until: now + first.grantMs });
      const task = first.isTask ? this.tasks.get(first.id) : undefined;
      if (task?.state === "blocked") task.state = "ready";
    }
  }

  #capacity(lock: string): number {
    return this.capacities[lock] ?? 0;
  }

  #holders(lock: string): Wish[] {
    return this.#wishes.filter((wish) => wish.lock === lock && wish.status === "holding");
  }

  #waiters(lock: string): Wish[] {
    return this.#wishes
      .filter((wish) => wish.lock === lock && wish.status === "waiting")
      .sort((a, b) => a.ticket - b.ticket);
  }

  #held(lock: string, token: string, now: EpochMs): Wish | undefined {
    this.#passOn(lock, now);
    return this.#holders(lock).find((wish) => wish.token === token);
  }

  #wishOf(id: string): Wish | undefined {
    return this.#wishes.find((wish) => wish.isTask && wish.id === id);
  }

  #processOf(id: string, lock: string): Wish | undefined {
    return this.#wishes.find((wish) => !wish.isTask && wish.id === id && wish.lock === lock);
  }

  #leased(id: string, token: string): Task | null {
    const task = this.tasks.get(id);
    return task?.state === "leased" && task.token === token ? task : null;
  }
}
