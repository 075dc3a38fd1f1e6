import type { CallMeter } from "../core/call-meter.js";
import type { Store } from "../store/contracts/store.js";

/**
 * The store as it will be: each call opens it first, if need be. So workers, beats and schedules can be made at once
 * and meet a store that cannot be opened where they meet one that fails.
 */
export function lazyStore(label: () => string, open: () => Promise<Store>, meter?: CallMeter): Store {
  const part = <T extends Verbs<T>>(contract: string, opened: () => Promise<T>): T =>
    lazyPart(opened, contract, meter);
  const measured = <T>(op: string, call: () => Promise<T>): Promise<T> =>
    meter?.measured(op, call()) ?? call();
  return {
    get label() {
      return label();
    },
    sender: part("sender", async () => (await open()).sender),
    consumer: part("consumer", async () => (await open()).consumer),
    queues: part("queues", async () => (await open()).queues),
    deadLetters: part("deadLetters", async () => (await open()).deadLetters),
    results: part("results", async () => (await open()).results),
    entries: part("entries", async () => (await open()).entries),
    calendars: part("calendars", async () => (await open()).calendars),
    graphs: part("graphs", async () => (await open()).graphs),
    ledger: part("ledger", async () => (await open()).ledger),
    history: part("history", async () => (await open()).history),
    leases: part("leases", async () => (await open()).leases),
    limits: part("limits", async () => (await open()).limits),
    locks: part("locks", async () => (await open()).locks),
    lockInspection: part("lockInspection", async () => (await open()).lockInspection),
    alerts: part("alerts", async () => (await open()).alerts),
    presence: part("presence", async () => (await open()).presence),
    audit: part("audit", async () => (await open()).audit),
    channel: part("channel", async () => (await open()).channel),
    now: () => measured("store.now", async () => (await open()).now()),
    measure: () => measured("store.measure", async () => (await open()).measure()),
    sweep: async (limit) => (await open()).sweep(limit),
    close: async () => (await open()).close(),
  };
}

type Verbs<T> = { readonly [K in keyof T]: (...args: never[]) => Promise<unknown> };

/** One contract. All of its verbs answer with a promise, so waiting for the store first changes no type. */
function lazyPart<T extends Verbs<T>>(open: () => Promise<T>, contract: string, meter?: CallMeter): T {
  const verbs = new Map<PropertyKey, unknown>();
  return new Proxy({} as T, {
    get(_, name) {
      if (name === "then") return undefined; // a promise that resolves with it must not take it for a promise
      let verb = verbs.get(name);
      if (verb === undefined) {
        const call = async (...args: never[]): Promise<unknown> => (await open())[name as keyof T](...args);
        const op = `${contract}.${String(name)}`;
        verb = (...args: never[]) => {
          return meter === undefined ? call(...args) : meter.measured(op, call(...args));
        };
        verbs.set(name, verb);
      }
      return verb;
    },
  });
}
