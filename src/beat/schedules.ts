import type { EpochMs } from "../core/clock.js";
import { ConfigurationError, isSunbeatError } from "../core/errors.js";
import { type InstantLike, instantMs } from "../core/instant.js";
import { assertKnownKeys, integerOption, textOption } from "../core/options.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import type { Random } from "../core/random.js";
import type { ScheduleDefaults } from "../schedules/index.js";
import type { EntryPut, EntrySnapshot, TriggerOutcome } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import { type Decide, EntryEdits } from "./edits.js";
import { argsOf, type Entry } from "./entry.js";
import { resolveEntry } from "./resolve-entry.js";
import { EntryCache } from "./entry-cache.js";
import type { EntryOptions } from "./entry-options.js";
import { type EntryView, viewOf } from "./entry-view.js";
import { foretell } from "./foretell.js";
import { history, type HistoryRow } from "./history.js";
import { restartCursor, triggerId } from "./occurrences.js";
import { messageLock } from "./tick-item.js";
import { DISABLED, pastRanges, putOf, revise } from "./revise.js";

export interface SchedulesDeps {
  readonly store: Pick<Store, "entries" | "ledger" | "results" | "now">;
  readonly random: Random;
  readonly createMessage: CreateMessage;
  /** The entries that code declares. */
  readonly entries: readonly Entry[];
  readonly defaults: ScheduleDefaults;
}

/** What became of a run sent by hand. */
export interface Triggered {
  readonly taskId: string;
  readonly outcome: Exclude<TriggerOutcome, "gone">;
}

const RUNTIME = "runtime";
const PAGE = 1_000;
const MOST_ROWS = 10_000;
/** Names looked through for "did you mean". */
const MOST_NAMES = 10_000;

/**
 * Entries at run time: `app.schedules`. Each edit is one step of the store, decided on the state that was read and
 * repeated when somebody else was faster; a leading beat is woken by it and acts at once. Edits of one entry take turns in
 * the order in which they were asked for, so that they need not be awaited one by one: the last one wins. Entries that
 * code declares can be paused, resumed and triggered here, but not changed.
 */
export class Schedules {
  readonly #deps: SchedulesDeps;
  readonly #cache: EntryCache;
  readonly #edits: EntryEdits;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
    this.#edits = new EntryEdits(deps.store);
    this.#cache = new EntryCache(deps.entries);
  }

  /**
   * Adds an entry, or changes it: the cursor stays unless what decides about instants changes. Codes: those of
   * `resolveEntry`; SUNBEAT_ENTRY_CONFLICT for a name that code declares.
   */
  async set(name: string, options: EntryOptions): Promise<EntryView> {
    const entry = resolveEntry(name, options, this.#deps.defaults);
    if (entry.codeArgs || entry.codeSchedule) {
      const part = entry.codeArgs ? "args: a function" : "schedule: a custom one";
      throw new ConfigurationError(
        "SUNBEAT_ENTRY_INVALID",
        `entry ${quote(name)}: ${part} cannot be stored; declare the entry in beatSchedule, ` +
          "or register the schedule with registerSchedule",
        { details: { entry: name } },
      );
    }
    return this.#edit(name, (stored, now) => {
      if (stored !== null && stored.owner !== RUNTIME) throw this.#declaredInCode(stored, "change");
      if (stored === null) this.#refuseDeclared(name);
      const old = stored === null ? null : this.#readable(stored);
      return revise(stored, old, { entry, owner: RUNTIME, version: 0 }, now);
    });
  }

  /** Null when there is no such entry. */
  async get(name: string): Promise<EntryView | null> {
    const [stored] = await this.#deps.store.entries.get([textOption(name, "name")]);
    return stored ? this.#view(stored) : null;
  }

  /** In order of name, those after `after`; all of them without `limit`. */
  async list(
    options: { readonly after?: string | undefined; readonly limit?: number | undefined } = {},
  ): Promise<EntryView[]> {
    assertKnownKeys(options, ["after", "limit"], "list");
    const limit = options.limit === undefined ? Infinity : integerOption(options.limit, "limit", 1, 1e9);
    const views: EntryView[] = [];
    let after = options.after === undefined ? undefined : textOption(options.after, "after");
    while (views.length < limit) {
      const wanted = Math.min(PAGE, limit - views.length);
      const page = await this.#page(after, wanted);
      views.push(...page.map((stored) => this.#view(stored)));
      if (page.length < wanted) break;
      after = page.at(-1)!.name;
    }
    return views;
  }

  /**
   * Deletes an entry; its history stays until retention ends it. Codes: SUNBEAT_ENTRY_NOT_FOUND,
   * SUNBEAT_ENTRY_CONFLICT for one that code declares.
   */
  async delete(name: string): Promise<void> {
    await this.#edits.remove(name, async () => {
      const stored = await this.#found(name);
      if (stored.owner !== RUNTIME && stored.disabled !== DISABLED.leftCode) {
        throw this.#declaredInCode(stored, "delete");
      }
      return stored;
    });
  }

  /** Sends nothing from now on, until `resume`. Pausing twice changes nothing. SUNBEAT_ENTRY_NOT_FOUND. */
  async pause(name: string): Promise<EntryView> {
    return this.#editFound(name, (stored, now) =>
      stored.pausedAt !== null ? null : putOf(stored, { pausedAt: now }),
    );
  }

  /**
   * Goes on from now: time paused is not missed. What was due in the meantime is in the history as
   * skipped("paused"). SUNBEAT_ENTRY_NOT_FOUND.
   */
  async resume(name: string): Promise<EntryView> {
    return this.#editFound(name, (stored, now) => {
      if (stored.pausedAt === null) return null;
      if (stored.cursor === null) return putOf(stored, { pausedAt: null });
      const entry = this.#timed(stored);
      const cursor = restartCursor(entry, now, { due: stored.lastDue, sameSchedule: true });
      return putOf(stored, {
        pausedAt: null,
        cursor,
        disabled: cursor === null ? DISABLED.ended : stored.disabled,
        ledger: pastRanges(entry, stored.cursor, now, "paused"),
      });
    });
  }

  /**
   * Sends a run now, outside the schedule, also of a paused or disabled entry. It obeys `overlap` unless `force` is
   * set. Codes: SUNBEAT_ENTRY_NOT_FOUND, SUNBEAT_ENTRY_INVALID when its arguments are code this process has not.
   */
  async trigger(name: string, options: { readonly force?: boolean | undefined } = {}): Promise<Triggered> {
    assertKnownKeys(options, ["force"], "trigger");
    const { store, random, createMessage } = this.#deps;
    const stored = await this.#found(name);
    const entry = this.#cache.read(stored);
    const readable = entry.codeArgs ? this.#cache.runnable(stored) : entry;
    const now = await store.now();
    const message = createMessage({
      id: triggerId(name, random.uuid()),
      once: true,
      task: readable.task,
      args: argsOf(readable, now),
      options: readable.options,
      entry: name,
      scheduledFor: now,
      lock: messageLock(readable),
    });
    const outcome = await store.entries.trigger(
      name,
      message,
      options.force === true ? null : readable.overlap,
    );
    if (outcome === "gone") throw await this.#notFound(name);
    return { taskId: message.id, outcome };
  }

  /**
   * The next `count` (1) due times that will be sent, after `after` (now), without jitter: within start and end, no more
   * than `maxRuns` leaves, and of those that are overdue what the misfire policy leaves. None for an entry that is paused
   * or disabled, and none for "@reboot", which has no due times. SUNBEAT_ENTRY_NOT_FOUND, SUNBEAT_ENTRY_INVALID when its schedule is code this process has not.
   */
  async next(
    name: string,
    options: { readonly count?: number | undefined; readonly after?: InstantLike | undefined } = {},
  ): Promise<Date[]> {
    assertKnownKeys(options, ["count", "after"], "next");
    const count = integerOption(options.count ?? 1, "count", 1, MOST_ROWS);
    const stored = await this.#found(name);
    if (stored.pausedAt !== null || stored.disabled !== null) return [];
    const entry = this.#timed(stored);
    const after = options.after === undefined ? -Infinity : instantMs(options.after, "after");
    const now = await this.#deps.store.now();
    const instants: Date[] = [];
    for (const { due } of foretell(entry, stored, now, Math.max(after, now))) {
      if (due <= after) continue;
      instants.push(new Date(due));
      if (instants.length === count) break;
    }
    return instants;
  }

  /**
   * What became of the due times of an entry, one row each, in order: the newest `limit` (100) of them, or with
   * `after` the oldest ones after it. Also of an entry that was deleted, while the ledger keeps it.
   */
  async history(
    name: string,
    options: {
      readonly after?: InstantLike | undefined;
      readonly before?: InstantLike | undefined;
      readonly limit?: number | undefined;
    } = {},
  ): Promise<HistoryRow[]> {
    assertKnownKeys(options, ["after", "before", "limit"], "history");
    const rows = await history(this.#deps.store, textOption(name, "name"), {
      ...(options.after !== undefined && { after: instantMs(options.after, "after") }),
      ...(options.before !== undefined && { before: instantMs(options.before, "before") }),
      limit: integerOption(options.limit ?? 100, "limit", 1, MOST_ROWS),
    });
    if (rows.length === 0) await this.#found(name);
    return rows;
  }

  async #editFound(
    name: string,
    decide: (stored: EntrySnapshot, now: EpochMs) => EntryPut | null,
  ): Promise<EntryView> {
    return this.#edit(textOption(name, "name"), async (stored, now) => {
      if (stored === null) throw await this.#notFound(name);
      return decide(stored, now);
    });
  }

  async #edit(name: string, decide: Decide): Promise<EntryView> {
    return this.#view(await this.#edits.write(name, decide));
  }

  async #found(name: string): Promise<EntrySnapshot> {
    const [stored] = await this.#deps.store.entries.get([textOption(name, "name")]);
    if (stored) return stored;
    throw await this.#notFound(name);
  }

  #page(after: string | undefined, limit: number): Promise<EntrySnapshot[]> {
    return this.#deps.store.entries.list({ ...(after !== undefined && { after }), limit });
  }

  async #notFound(name: string): Promise<ConfigurationError> {
    if (this.#isDeclared(name)) {
      return new ConfigurationError(
        "SUNBEAT_ENTRY_NOT_FOUND",
        `entry ${quote(name)} is declared in code and not stored yet: the next beat that starts stores it`,
        { details: { entry: name } },
      );
    }
    const names: string[] = [];
    while (names.length < MOST_NAMES) {
      const page = await this.#page(names.at(-1), PAGE);
      names.push(...page.map((stored) => stored.name));
      if (page.length < PAGE) break;
    }
    return new ConfigurationError(
      "SUNBEAT_ENTRY_NOT_FOUND",
      `there is no entry ${quote(name)}${didYouMean(name, names)}`,
      { details: { entry: name } },
    );
  }

  #isDeclared(name: string): boolean {
    return this.#deps.entries.some((entry) => entry.name === name);
  }

  /** A beat would find the name taken, and never register what the code declares. */
  #refuseDeclared(name: string): void {
    if (!this.#isDeclared(name)) return;
    throw new ConfigurationError(
      "SUNBEAT_ENTRY_CONFLICT",
      `entry ${quote(name)} is declared in the code of this app, and the next beat that starts stores it: ` +
        "change it there, or choose another name",
      { details: { entry: name } },
    );
  }

  #declaredInCode(stored: EntrySnapshot, verb: "change" | "delete"): ConfigurationError {
    const where = stored.owner.replace(/^code:/, "");
    return new ConfigurationError(
      "SUNBEAT_ENTRY_CONFLICT",
      `entry ${quote(stored.name)} is declared in the code of ${quote(where)}: ${verb} it there, ` +
        `or pause it here${verb === "change" ? ", or choose another name" : ""}`,
      { details: { entry: stored.name, owner: stored.owner } },
    );
  }

  /** The entry with a schedule that can be asked. SUNBEAT_ENTRY_INVALID when it is code this process has not. */
  #timed(stored: EntrySnapshot): Entry {
    const entry = this.#cache.read(stored);
    return entry.codeSchedule ? this.#cache.runnable(stored) : entry;
  }

  #view(stored: EntrySnapshot): EntryView {
    return viewOf(stored, this.#cache);
  }

  #readable(stored: EntrySnapshot): Entry | null {
    try {
      return this.#cache.read(stored);
    } catch (error) {
      if (isSunbeatError(error)) return null;
      throw error;
    }
  }
}
