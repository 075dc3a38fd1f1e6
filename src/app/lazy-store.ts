import type { Store } from "../store/contracts/store.js";

/**
 * The store as it will be: each call opens it first, if need be. So workers, beats and schedules can be made at once
 * and meet a store that cannot be opened where they meet one that fails.
 */
export function lazyStore(label: () => string, open: () => Promise<Store>): Store {
  return {
    get label() {
      return label();
    },
    sender: part(async () => (await open()).sender),
    consumer: part(async () => (await open()).consumer),
    queues: part(async () => (await open()).queues),
    deadLetters: part(async () => (await open()).deadLetters),
    results: part(async () => (await open()).results),
    entries: part(async () => (await open()).entries),
    graphs: part(async () => (await open()).graphs),
    ledger: part(async () => (await open()).ledger),
    leases: part(async () => (await open()).leases),
    locks: part(async () => (await open()).locks),
    lockInspection: part(async () => (await open()).lockInspection),
    channel: part(async () => (await open()).channel),
    now: async () => (await open()).now(),
    sweep: async (limit) => (await open()).sweep(limit),
    close: async () => (await open()).close(),
  };
}

type Verbs<T> = { readonly [K in keyof T]: (...args: never[]) => Promise<unknown> };

/** One contract. All of its verbs answer with a promise, so waiting for the store first changes no type. */
function part<T extends Verbs<T>>(open: () => Promise<T>): T {
  const verbs = new Map<PropertyKey, unknown>();
  return new Proxy({} as T, {
    get(_, name) {
      if (name === "then") return undefined; // a promise that resolves with it must not take it for a promise
      let verb = verbs.get(name);
      if (verb === undefined) {
        verb = async (...args: never[]) => (await open())[name as keyof T](...args);
        verbs.set(name, verb);
      }
      return verb;
    },
  });
}
