import { StoreError } from "../core/errors.js";
import type { Store } from "../store/contracts/store.js";

/** The app's one store, opened at the first need. */
export class StoreHandle {
  readonly #open: (signal: AbortSignal) => Promise<Store>;
  readonly #unwanted = new AbortController();
  #store: Promise<Store> | null = null;
  #closing: Promise<void> | null = null;

  constructor(open: (signal: AbortSignal) => Promise<Store>) {
    this.#open = open;
  }

  /** Whether it is open or about to be. */
  get opened(): boolean {
    return this.#store !== null;
  }

  /**
   * The open store; callers at the same time share one opening. After a failed one the next call tries again.
   * Rejects with the store's error, or SUNBEAT_CLOSED after `close`.
   */
  get(): Promise<Store> {
    if (this.#closing !== null) return Promise.reject(closed());
    if (this.#store === null) {
      const opening = this.#open(this.#unwanted.signal);
      this.#store = opening;
      opening.catch(() => {
        if (this.#store === opening) this.#store = null;
      });
    }
    return this.#store;
  }

  /** Idempotent. Tells an opening under way that it may end, waits for it, and closes what it gave. */
  close(): Promise<void> {
    this.#closing ??= this.#closeOpened(this.#store);
    return this.#closing;
  }

  async #closeOpened(opening: Promise<Store> | null): Promise<void> {
    if (opening === null) return;
    this.#unwanted.abort();
    let store: Store;
    try {
      store = await opening;
    } catch {
      return; // it never opened, and who asked for it has the error
    }
    await store.close();
  }
}

function closed(): StoreError {
  return new StoreError("SUNBEAT_CLOSED", "the app is closed; make a new Sunbeat to go on", {
    retryable: false,
  });
}
