import { register, type Registration, type RegistrationDeps } from "./registration.js";

/** Names looked up at once when a term begins: the first one found is enough. */
const PAGE = 100;

/** The entries that code declares here, as the store should have them. */
export class CodeEntries {
  readonly #deps: RegistrationDeps;
  #registration: Registration | null = null;

  constructor(deps: RegistrationDeps) {
    this.#deps = deps;
  }

  /** Of the last time; null: they have not been registered yet. */
  get registration(): Registration | null {
    return this.#registration;
  }

  async register(): Promise<void> {
    this.#registration = await register(this.#deps);
  }

  /**
   * Registers again with a store that has lost all it had, as a Redis without persistence does when it restarts: else
   * nothing would be due until a beat is started anew. The lead is lost with the rest, so the next term finds out.
   */
  async restore(): Promise<void> {
    if (!(await this.#areForgotten())) return;
    this.#deps.logger.error("beat: the store has lost every entry of this app; registering them again");
    await this.register();
  }

  /** Whether the store has none of them. */
  async #areForgotten(): Promise<boolean> {
    const { store, entries, inTime } = this.#deps;
    for (let from = 0; from < entries.length; from += PAGE) {
      const names = entries.slice(from, from + PAGE).map(({ name }) => name);
      const found = await inTime("get", store.entries.get(names));
      if (found.some((stored) => stored !== null)) return false;
    }
    return entries.length > 0;
  }
}
