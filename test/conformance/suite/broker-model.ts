/** The broker as a list that is looked through: slow, short, and what a random walk over a store is compared with. */
import type { EpochMs } from "../../../src/core/clock.js";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import { isFinal } from "../../../src/tasks/states.js";

export interface ModelMessage {
  readonly id: string;
  readonly queue: string;
  readonly priority: number;
  readonly expires: EpochMs | null;
  readonly maxDeliveries: number;
  eta: EpochMs;
  place: "waiting" | "held" | "dead";
  age: number;
  token: string | null;
  until: EpochMs;
  deliveries: number;
  retries: number;
  revoked: boolean;
  terminate: boolean;
}

/** How often each id was accepted, and how often it ended, in which way. */
export interface Account {
  queued: number;
  ended: number;
}

/** Why a message will not run any more, whoever claims it; null: it may. */
function endOf({ place, revoked, expires }: ModelMessage, now: EpochMs): "revoked" | "expired" | null {
  if (place !== "waiting") return null;
  if (revoked) return "revoked";
  return expires !== null && expires <= now ? "expired" : null;
}

export class BrokerModel {
  readonly messages = new Map<string, ModelMessage>();
  readonly results = new Map<string, { readonly state: string; readonly reason?: string }>();
  readonly accounts = new Map<string, Account>();
  #age = 0;

  enqueue(
    message: Pick<ModelMessage, "id" | "queue" | "priority" | "expires" | "maxDeliveries" | "eta">,
    now: EpochMs,
  ) {
    if (this.messages.has(message.id) || this.results.has(message.id)) return "duplicate";
    if (message.expires !== null && message.expires <= now) {
      this.results.set(message.id, { state: "REVOKED", reason: "expired" });
      return "expired";
    }
    const fresh = { token: null, until: 0, deliveries: 0, retries: 0, revoked: false, terminate: false };
    this.messages.set(message.id, { ...message, ...fresh, place: "waiting", age: ++this.#age });
    this.#account(message.id).queued++;
    return "queued";
  }

  /** The ids a claim gives. Their tokens are told by `gave`. */
  claim(queue: string, max: number, now: EpochMs): string[] {
    for (const message of this.messages.values()) {
      if (message.place !== "held" || message.until > now) continue;
      this.#takeFrom(message);
      if (message.deliveries < message.maxDeliveries) continue;
      this.#deadLetter(message);
      this.results.set(message.id, { state: "FAILURE", reason: "deliveries-exhausted" });
    }
    const given: string[] = [];
    const ready = [...this.messages.values()]
      .filter((message) => message.place === "waiting" && message.queue === queue && message.eta <= now)
      .sort((a, b) => b.priority - a.priority || a.age - b.age);
    for (const message of ready) {
      if (given.length === max) break;
      const reason = endOf(message, now);
      if (reason) this.#drop(message, reason);
      else given.push(message.id);
    }
    return given;
  }

  gave(id: string, token: string, until: EpochMs): ModelMessage | undefined {
    const message = this.messages.get(id);
    if (message) Object.assign(message, { place: "held", token, until, deliveries: message.deliveries + 1 });
    return message;
  }

  settle({ id, token, kind, result, ...rest }: Settlement, now: EpochMs): "settled" | "lost" {
    const message = this.#heldBy(id, token);
    if (!message) return "lost";
    this.#takeFrom(message);
    if (kind === "lost" && message.deliveries < message.maxDeliveries) return "settled";
    if (result) this.results.set(id, { state: result.state });
    if (kind === "done") {
      this.#end(message);
    } else if (kind === "dead" || kind === "lost") {
      this.#deadLetter(message);
    } else {
      message.eta = now + ("delayMs" in rest ? rest.delayMs : 0);
      message.retries++;
      message.deliveries = 0;
      message.age = ++this.#age;
    }
    return "settled";
  }

  heartbeat(id: string, token: string, until: EpochMs): "extended" | "lost" | "revoked" | "cancelled" {
    const message = this.#heldBy(id, token);
    if (!message) return "lost";
    message.until = until;
    if (message.terminate) return "revoked";
    return message.revoked ? "cancelled" : "extended";
  }

  giveBack(id: string, token: string): "settled" | "lost" {
    const message = this.#heldBy(id, token);
    if (!message) return "lost";
    this.#takeFrom(message);
    message.deliveries--;
    return "settled";
  }

  /** Of known ids only: what is remembered of unknown ones has cases of its own. */
  revoke(id: string, terminate: boolean, now: EpochMs): void {
    const message = this.messages.get(id);
    if (message?.place === "waiting") this.#drop(message, endOf(message, now) ?? "revoked");
    if (message?.place !== "held") return;
    message.revoked = true;
    message.terminate ||= terminate;
  }

  purge(queue: string): number {
    const waiting = [...this.messages.values()].filter(
      (message) => message.place === "waiting" && message.queue === queue,
    );
    for (const { id } of waiting) this.results.delete(id);
    for (const message of waiting) this.#end(message);
    return waiting.length;
  }

  redrive(id: string): number {
    const message = this.messages.get(id);
    if (message?.place !== "dead") return 0;
    this.results.delete(id);
    Object.assign(message, { place: "waiting", retries: 0, deliveries: 0, revoked: false, age: ++this.#age });
    this.#account(id).queued++;
    return 1;
  }

  deleteDead(id: string): number {
    return this.messages.get(id)?.place === "dead" && this.messages.delete(id) ? 1 : 0;
  }

  /** Waiting (ready or delayed), held and dead of every queue that holds something, by name. */
  counts(): { queue: string; waiting: number; held: number; dead: number }[] {
    const counts = new Map<string, { queue: string; waiting: number; held: number; dead: number }>();
    for (const { queue, place } of this.messages.values()) {
      const count = counts.get(queue) ?? { queue, waiting: 0, held: 0, dead: 0 };
      count[place]++;
      counts.set(queue, count);
    }
    return [...counts.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1));
  }

  /** What `results.get` says of the id. */
  stateOf(id: string, now: EpochMs): { state: string; reason?: string } | null {
    const result = this.results.get(id);
    const message = this.messages.get(id);
    const reason = message ? endOf(message, now) : null;
    if (reason && !isFinal(result?.state ?? "")) return { state: "REVOKED", reason };
    if (result) return result;
    if (message?.place === "waiting") return { state: "PENDING" };
    return message?.place === "held" ? { state: "RECEIVED" } : null;
  }

  #heldBy(id: string, token: string): ModelMessage | null {
    const message = this.messages.get(id);
    return message?.token === token ? message : null;
  }

  #takeFrom(message: ModelMessage): void {
    Object.assign(message, { place: "waiting", token: null, terminate: false });
  }

  #deadLetter(message: ModelMessage): void {
    message.place = "dead";
    this.#account(message.id).ended++;
  }

  #drop(message: ModelMessage, reason: string): void {
    this.results.set(message.id, { state: "REVOKED", reason });
    this.#end(message);
  }

  #end(message: ModelMessage): void {
    this.messages.delete(message.id);
    this.#account(message.id).ended++;
  }

  #account(id: string): Account {
    const account = this.accounts.get(id) ?? { queued: 0, ended: 0 };
    this.accounts.set(id, account);
    return account;
  }
}
