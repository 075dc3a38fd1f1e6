/** Steps of the store that the worker does for its child. */
import type { Channel } from "../../../store/contracts/channel.js";
import type { LockStore } from "../../../store/contracts/locks.js";
import type { Results } from "../../../store/contracts/results.js";
import type { Store } from "../../../store/contracts/store.js";
import { errorFromWire, type FromChild, type StoreCall, type ToChild } from "../wire.js";

interface Pending {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

export class RemoteSteps {
  readonly #send: (message: FromChild) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #handlers = new Map<number, (payload: string) => void>();
  #calls = 0;
  /** The run that asks. */
  run: number | null = null;

  constructor(send: (message: FromChild) => void) {
    this.#send = send;
  }

  ask<T>(contract: string, verb: string, args: readonly unknown[], signal?: AbortSignal): Promise<T> {
    return this.#call<T>({ contract, verb, args }, signal).answer;
  }

  async subscribe(topic: string, handler: (payload: string) => void): Promise<() => void> {
    const { call, answer } = this.#call({ contract: "channel", verb: "subscribe", args: [topic] });
    this.#handlers.set(call, handler);
    await answer;
    return () => {
      if (this.#handlers.delete(call)) this.#send({ kind: "cancel", call });
    };
  }

  /** Whether the message was for this. */
  heard(message: ToChild): boolean {
    if (message.kind === "hint") {
      this.#handlers.get(message.subscription)?.(message.payload);
      return true;
    }
    if (message.kind !== "answer" && message.kind !== "refusal") return false;
    const pending = this.#pending.get(message.call);
    this.#pending.delete(message.call);
    if (message.kind === "answer") pending?.resolve(message.value as never);
    else pending?.reject(errorFromWire(message.error));
    return true;
  }

  #call<T>(
    what: Pick<StoreCall, "contract" | "verb" | "args">,
    signal?: AbortSignal,
  ): { readonly call: number; readonly answer: Promise<T> } {
    const call = ++this.#calls;
    const answer = new Promise<T>((resolve, reject) => this.#pending.set(call, { resolve, reject }));
    this.#send({ kind: "call", call, run: this.run, ...what });
    const cancel = (): void => this.#send({ kind: "cancel", call });
    signal?.addEventListener("abort", cancel, { once: true });
    const over = (): void => signal?.removeEventListener("abort", cancel);
    answer.then(over, over);
    return { call, answer };
  }
}

type Verbs<T> = { readonly [K in keyof T]: (...args: never[]) => Promise<unknown> };

/** One contract. `special`: verbs whose arguments are more than data. */
export function remote<T extends Verbs<T>>(
  contract: string,
  steps: RemoteSteps,
  special: Partial<T> = {},
): T {
  return new Proxy(special as T, {
    get: (own, verb: string) => {
      if (verb === "then") return undefined; // a promise that resolves with it must not take it for a promise
      return own[verb as keyof T] ?? ((...args: readonly unknown[]) => steps.ask(contract, verb, args));
    },
  });
}

/** The worker's whole store, for an app whose store no other process can open. */
export function remoteStore(label: string, steps: RemoteSteps): Store {
  return {
    label,
    sender: remote("sender", steps),
    consumer: remote("consumer", steps),
    queues: remote("queues", steps),
    deadLetters: remote("deadLetters", steps),
    results: remote<Results>("results", steps, {
      wait: (id, signal) => steps.ask("results", "wait", [id], signal),
    }),
    entries: remote("entries", steps),
    calendars: remote("calendars", steps),
    graphs: remote("graphs", steps),
    ledger: remote("ledger", steps),
    history: remote("history", steps),
    leases: remote("leases", steps),
    limits: remote("limits", steps),
    locks: remote<LockStore>("locks", steps, {
      // Permits are held by objects that have more, behind getters.
      extend: ({ lock, token }, leaseMs) => steps.ask("locks", "extend", [{ lock, token }, leaseMs]),
      release: ({ lock, token }) => steps.ask("locks", "release", [{ lock, token }]),
    }),
    lockInspection: remote("lockInspection", steps),
    alerts: remote("alerts", steps),
    presence: remote("presence", steps),
    audit: remote("audit", steps),
    channel: remote<Channel>("channel", steps, {
      subscribe: (topic, handler) => steps.subscribe(topic, handler),
    }),
    now: () => steps.ask("store", "now", []),
    measure: () => steps.ask("store", "measure", []),
    sweep: (limit) => steps.ask("store", "sweep", [limit]),
    close: async () => undefined, // it is the worker's
  };
}
