import type { EpochMs } from "../core/clock.js";
import { ConfigurationError, isSunbeatError } from "../core/errors.js";
import { type InstantLike, instantMs } from "../core/instant.js";
import { assertKnownKeys, integerOption, textOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import type { Random } from "../core/random.js";
import type { EntryPut, EntrySnapshot } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import type { MessageEdits } from "../tasks/message-edits.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import { type Decide, EntryEdits } from "./edits.js";
import type { Entry } from "./entry.js";
import { type EntryDefaults, resolveEntry } from "./resolve-entry.js";
import {
  type AuditEntry,
  ByHand,
  type Triggered,
  type TriggeredTick,
  type TriggerOptions,
  type TriggerRange,
} from "./by-hand.js";
import { EntryLookup } from "./entry-lookup.js";
import type { CalendarBook } from "./calendar-book.js";
import type { EntryOptions } from "./entry-options.js";
import { type EntryView, viewOf } from "./entry-view.js";
import { foretell } from "./foretell.js";
import { historyOf, type HistoryRow } from "./history.js";
import { restartCursor } from "./occurrences.js";
import { DISABLED, goneFromCode, pastRanges, putOf, revise } from "./revise.js";

export interface SchedulesDeps {
  readonly store: Pick<Store, "entries" | "calendars" | "ledger" | "results" | "now">;
  readonly random: Random;
  readonly createMessage: CreateMessage;
  readonly edits?: MessageEdits | undefined;
  /** The entries that code declares. */
  readonly entries: readonly Entry[];
  readonly defaults: EntryDefaults;
  /** What this process knows of calendars. Absent: nothing. */
  readonly book?: CalendarBook | undefined;
  /** Keeps who changed what. Absent: nobody does. */
  readonly audited?: AuditEntry | undefined;
}

const RUNTIME = "runtime";
const PAGE = 1_000;
const MOST_ROWS = 10_000;

/**
 * Entries at run time: `app.schedules`. Each edit is one step of the store, decided on the state that was read and
 * repeated when somebody else was faster; a leading beat is woken by it and acts at once. Edits of one entry take turns in
 * the order in which they were asked for, so that they need not be awaited one by one: the last one wins. Entries that
 * code declares can be paused, resumed and triggered here, but not changed.
 */
export class Schedules {
  readonly #deps: SchedulesDeps;
  readonly #lookup: EntryLookup;
  readonly #edits: EntryEdits;
  readonly #byHand: ByHand;
  readonly #audited: AuditEntry;

  constructor(deps: SchedulesDeps) {
    this.#deps = deps;
    this.#edits = new EntryEdits(deps.store);
    const { spreadMs } = deps.defaults;
    const lookup = new EntryLookup(deps.store, deps.entries, { spreadMs, book: deps.book });
    this.#lookup = lookup;
    this.#audited = deps.audited ?? ((_, run) => run());
    this.#byHand = new ByHand({ ...deps, lookup, audited: this.#audited });
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
    const args = { definition: JSON.parse(entry.definition) as unknown };
    if (entry.renamedFrom !== null) {
      throw new ConfigurationError(
        "SUNBEAT_ENTRY_INVALID",
        `entry ${quote(name)}: renamedFrom: expected an entry of beatSchedule, got one that is set at run time: ` +
          "set it under the new name, and delete the old one",
        { details: { entry: name, field: "renamedFrom", value: entry.renamedFrom } },
      );
    }
    if (entry.calendars.length > 0) await this.#lookup.refresh();
    const wanted = { entry: this.#lookup.cache.bound(entry), owner: RUNTIME, version: 0 };
    const basis = this.#lookup.basisOf(entry);
    return this.#audited({ verb: "setEntry", target: name, args }, () =>
      this.#edit(name, async (stored, now) => {
        if (stored !== null && stored.owner !== RUNTIME) throw this.#declaredInCode(stored, "change");
        if (stored === null) this.#refuseDeclared(name);
        if (stored !== null) await this.#lookup.refreshFor([stored]);
        const old = stored === null ? null : this.#readable(stored);
        return revise(stored, old, { ...wanted, basis }, now);
      }),
    );
  }

  /** Null when there is no such entry. */
  async get(name: string): Promise<EntryView | null> {
    const [stored] = await this.#deps.store.entries.get([textOption(name, "name")]);
    if (!stored) return null;
    await this.#lookup.refreshFor([stored]);
    return this.#view(stored);
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
      const page = await this.#lookup.page(after, wanted);
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
    const find = async (): Promise<EntrySnapshot> => {
      const stored = await this.#lookup.found(name);
      if (stored.owner !== RUNTIME && !goneFromCode(stored)) {
        throw this.#declaredInCode(stored, "delete");
      }
      return stored;
    };
    const change = { verb: "deleteEntry", target: textOption(name, "name"), args: {} };
    await this.#audited(change, () => this.#edits.remove(name, find));
  }

  /** Sends nothing from now on, until `resume`. Pausing twice changes nothing. SUNBEAT_ENTRY_NOT_FOUND. */
  async pause(name: string): Promise<EntryView> {
    return this.#editFound("pauseEntry", name, (stored, now) =>
      stored.pausedAt !== null ? null : putOf(stored, { pausedAt: now }),
    );
  }

  /**
   * Goes on from now: time paused is not missed. What was due in the meantime is in the history as
   * skipped("paused"). SUNBEAT_ENTRY_NOT_FOUND.
   */
  async resume(name: string): Promise<EntryView> {
    return this.#editFound("resumeEntry", name, async (stored, now) => {
      await this.#lookup.refreshFor([stored]);
      if (stored.pausedAt === null) return null;
      if (stored.cursor === null) return putOf(stored, { pausedAt: null });
      const entry = this.#lookup.timed(stored);
      const cursor = restartCursor(entry, now, { due: stored.lastDue, sameSchedule: true });
      const { basis: _, ...put } = putOf(stored, { pausedAt: null, cursor });
      const basis = this.#lookup.basisOf(entry);
      return {
        ...put,
        ...(basis !== "" && { basis }),
        disabled: cursor === null ? DISABLED.ended : stored.disabled,
        ledger: pastRanges(entry, stored.cursor, now, "paused"),
      };
    });
  }

  /**
   * Sends a run now, outside the schedule, also of a paused or disabled entry. It obeys `overlap` unless `force` is
   * set. With `due` it is the run of a tick that was skipped, as if it had been sent then: `scheduledFor` is that instant. With `from`
   * and `to` so are all that were skipped between them, both included, oldest first, at most 1,000; the answer has one item for each. The
   * same tick once more is sent once. Codes: SUNBEAT_ENTRY_NOT_FOUND, SUNBEAT_ENTRY_INVALID when its arguments are code this process
   * has not, SUNBEAT_OPTION_INVALID for instants that the schedule does not give, or that were sent.
   */
  trigger(name: string, options: TriggerRange): Promise<TriggeredTick[]>;
  trigger(name: string, options?: TriggerOptions): Promise<Triggered>;
  trigger(
    name: string,
    options: TriggerOptions & Partial<TriggerRange> = {},
  ): Promise<Triggered | TriggeredTick[]> {
    return this.#byHand.trigger(name, options);
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
    const stored = await this.#lookup.found(name);
    if (stored.pausedAt !== null || stored.disabled !== null) return [];
    const entry = this.#lookup.timed(stored);
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
   * `after` the oldest ones after it. Also of an entry that was deleted, while the ledger keeps it. Those of one that was renamed in code
   * begin under its old name, which is their `entry`.
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
    const { ledger, results } = this.#deps.store;
    await this.#lookup.refresh();
    const source = { ledger, results, book: this.#lookup.cache.book };
    const query = {
      ...(options.after !== undefined && { after: instantMs(options.after, "after") }),
      ...(options.before !== undefined && { before: instantMs(options.before, "before") }),
      limit: integerOption(options.limit ?? 100, "limit", 1, MOST_ROWS),
    };
    const names = await this.#lookup.namesOf(textOption(name, "name"));
    const rows = await historyOf(source, names, query);
    if (rows.length === 0) await this.#lookup.found(name);
    return rows;
  }

  async #editFound(
    verb: string,
    name: string,
    decide: (stored: EntrySnapshot, now: EpochMs) => EntryPut | null | Promise<EntryPut | null>,
  ): Promise<EntryView> {
    const found = textOption(name, "name");
    return this.#audited({ verb, target: found, args: {} }, () =>
      this.#edit(found, async (stored, now) => {
        if (stored === null) throw await this.#lookup.notFound(name);
        return decide(stored, now);
      }),
    );
  }

  async #edit(name: string, decide: Decide): Promise<EntryView> {
    return this.#view(await this.#edits.write(name, decide));
  }

  /** A beat would find the name taken, and never register what the code declares. */
  #refuseDeclared(name: string): void {
    if (!this.#lookup.isDeclared(name)) return;
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

  #view(stored: EntrySnapshot): EntryView {
    return viewOf(stored, this.#lookup.cache);
  }

  #readable(stored: EntrySnapshot): Entry | null {
    try {
      return this.#lookup.cache.read(stored);
    } catch (error) {
      if (isSunbeatError(error)) return null;
      throw error;
    }
  }
}
