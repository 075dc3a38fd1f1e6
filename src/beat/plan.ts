/**
 * Plan and apply. A plan is a dry run of registration: the same code, over a store that notes writes. Applying a plan is registration
 * again, which may write only what the plan names, and only where code and store are what was planned.
 */
import { canonicalJSON } from "../core/canonical-json.js";
import type { EpochMs } from "../core/clock.js";
import { ConfigurationError } from "../core/errors.js";
import { silentLogger } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { EntryDefinition, EntryPut, EntrySnapshot, EntryStore } from "../store/contracts/entries.js";
import { changesOf, type EntryChange, type RenameHint, renameHints, stateOf } from "./changes.js";
import { revisionOf } from "./definition.js";
import type { Entry } from "./entry.js";
import { register, type RegistrationDeps } from "./registration.js";
import { beginning, DISABLED, goneFromCode } from "./revise.js";

/** Plain data: what a plan file has. */
export interface Plan {
  /** Version of the form. */
  readonly plan: 1;
  /** Of the entries that are planned: "code:" and the app's name. */
  readonly owner: string;
  /** Deploy number of the app. */
  readonly version: number;
  /** The store's time when it was made, in ISO 8601. */
  readonly at: string;
  readonly changes: readonly EntryChange[];
  /** Declared entries that stay as they are. */
  readonly unchanged: number;
  readonly hints: readonly RenameHint[];
}

/** What a plan reads of a store, and what registration writes to one. */
export interface PlannedStore {
  readonly entries: Pick<EntryStore, "get" | "list" | "put">;
  now(): Promise<EpochMs>;
}

/** Definitions by name, as `portableDefinition` gives them. */
export type Definitions = Readonly<Record<string, object>>;

/** In the place of a store: entries of this owner, by their definitions alone, registered at `now`. */
export function storeOf(
  definitions: Definitions,
  deps: Pick<RegistrationDeps, "owner" | "version" | "cache">,
  now: EpochMs,
): PlannedStore {
  const entries = Object.entries(definitions).map(([name, json]) => snapshotOf(name, json, deps, now));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    entries: {
      get: (names) => Promise.resolve(names.map((name) => byName.get(name) ?? null)),
      list: ({ after, limit }) =>
        Promise.resolve(entries.filter(({ name }) => after === undefined || name > after).slice(0, limit)),
      put: (items) => Promise.resolve(items.map(() => "stored")),
    },
    now: () => Promise.resolve(now),
  };
}

function snapshotOf(
  name: string,
  json: object,
  { owner, version, cache }: Pick<RegistrationDeps, "owner" | "version" | "cache">,
  now: EpochMs,
): EntrySnapshot {
  const definition = canonicalJSON(json);
  const stored = { name, owner, version, definition, revision: revisionOf(definition) };
  const entry = readable(cache, stored);
  return {
    ...stored,
    ...(entry === null ? { cursor: null, disabled: DISABLED.invalid } : beginning(entry, now)),
    ...{ etag: 0, pausedAt: null, disabledAt: null, lastDue: null, runs: 0 },
    ...{ unfinished: 0, buffered: false, lastSuccessAt: null },
  };
}

function readable(cache: RegistrationDeps["cache"], stored: EntryDefinition): Entry | null {
  try {
    return cache.read(stored);
  } catch {
    return null;
  }
}

/** Notes what is read, and which writes are done; a dry one does none. */
class NotingStore implements PlannedStore {
  readonly stored = new Map<string, EntrySnapshot>();
  readonly puts: EntryPut[] = [];
  readonly entries: PlannedStore["entries"];
  readonly #store: PlannedStore;
  at = 0;

  constructor(store: PlannedStore, isDry: boolean) {
    this.#store = store;
    const { entries } = store;
    this.entries = {
      get: async (names) => this.#noted(await entries.get(names)),
      list: async (range) => this.#noted(await entries.list(range)),
      put: async (items) => {
        const outcomes = isDry ? items.map(() => "stored" as const) : await entries.put(items);
        this.puts.push(...items.filter((_, index) => outcomes[index] === "stored"));
        return outcomes;
      },
    };
  }

  async now(): Promise<EpochMs> {
    return (this.at = await this.#store.now());
  }

  #noted<T extends EntrySnapshot | null>(found: T[]): T[] {
    for (const each of found) if (each !== null) this.stored.set(each.name, each);
    return found;
  }
}

/** Changes nothing. Rejects with the store's error. */
export function plan(deps: Omit<RegistrationDeps, "accepts">): Promise<Plan> {
  const { logger, events } = { logger: silentLogger, events: { emit: () => undefined } };
  return registered({ ...deps, logger, events }, true);
}

/** Registers, and gives what was written. Rejects with the store's error. */
export function applyAll(deps: Omit<RegistrationDeps, "accepts">): Promise<Plan> {
  return registered(deps, false);
}

async function registered(deps: RegistrationDeps, isDry: boolean): Promise<Plan> {
  const store = new NotingStore(deps.store, isDry);
  const { conflicts, newer } = await register({ ...deps, store });
  const { entries: declared, owner, version } = deps;
  const { stored, puts, at: now } = store;
  const read = (snapshot: EntrySnapshot): Entry | null => readable(deps.cache, snapshot);
  const all = { declared, stored, puts, conflicts, newer, now, read };
  const changes = changesOf(all);
  const touched = new Set(changes.filter(({ action }) => action !== "unchanged").map(({ name }) => name));
  return {
    ...{ plan: 1, owner, version, at: new Date(now).toISOString(), changes },
    unchanged: declared.filter(({ name }) => !touched.has(name)).length,
    hints: renameHints(changes, all),
  };
}

/**
 * Does what a plan says, and gives what was written; what is so already is left. Nothing is written where anything is not as planned:
 * SUNBEAT_PLAN_STALE names each entry. A tick in between changes no plan: each write is decided, and put, on what is stored now.
 */
export async function applyPlan(deps: Omit<RegistrationDeps, "accepts">, planned: Plan): Promise<Plan> {
  const { owner, version } = deps;
  if (planned.owner !== owner || planned.version !== version) {
    const of = (side: Pick<Plan, "owner" | "version">): string =>
      `${quote(side.owner)}, version ${side.version}`;
    throw stale([`it was made for ${of(planned)}, and this is ${of({ owner, version })}`], []);
  }
  const wanted = new Map(planned.changes.filter(({ writes }) => writes).map((each) => [each.name, each]));
  const fresh = new Map((await plan(deps)).changes.map((each) => [each.name, each]));
  const names = [...wanted.values()].flatMap(({ name, from }) => (from === null ? [name] : [name, from]));
  const stored = await readAll(deps, names);
  const wrong = [...wanted.values()].flatMap((each) => {
    const why = whyStale(each, fresh.get(each.name), stored.get(each.name), deps);
    return why === null ? [] : [[each.name, why] as const];
  });
  if (wrong.length > 0) throw stale(...told(wrong));
  const raced = new Set<string>();
  const accepts = (put: EntryPut, before: EntrySnapshot | null): boolean => {
    const each = wanted.get(put.name);
    if (each === undefined) return false;
    const isSame = (put.previousName ?? null) === each.from && isAsPlanned(each, before, put);
    if (isSame) raced.delete(put.name);
    else raced.add(put.name);
    return isSame;
  };
  const done = await registered({ ...deps, accepts }, false);
  if (raced.size > 0)
    throw stale(...told([...raced].map((name) => [name, "it changed while the plan was applied"])));
  return done;
}

async function readAll(
  { store, inTime }: Pick<RegistrationDeps, "store" | "inTime">,
  names: readonly string[],
): Promise<ReadonlyMap<string, EntrySnapshot>> {
  const found = new Map<string, EntrySnapshot>();
  for (let from = 0; from < names.length; from += 1_000) {
    for (const each of await inTime("get", store.entries.get(names.slice(from, from + 1_000)))) {
      if (each !== null) found.set(each.name, each);
    }
  }
  return found;
}

function isAsPlanned(each: EntryChange, before: EntrySnapshot | null, put: EntryPut): boolean {
  const isLeaving = goneFromCode(put);
  const revision = isLeaving ? null : put.revision;
  return revision === each.revision && sameState(each.before, before === null ? null : stateOf(before));
}

/** But for the etag: a tick changes it, and nothing else that a plan depends on. */
function sameState(a: EntryChange["before"], b: EntryChange["before"]): boolean {
  if (a === null || b === null) return a === b;
  return (["owner", "version", "revision", "pausedAt", "disabled"] as const).every(
    (key) => a[key] === b[key],
  );
}

/** Null: it can be done, or has been. */
function whyStale(
  each: EntryChange,
  fresh: EntryChange | undefined,
  stored: EntrySnapshot | undefined,
  { entries }: Pick<RegistrationDeps, "entries">,
): string | null {
  const declared = entries.find(({ name }) => name === each.name)?.revision ?? null;
  if (declared !== each.revision) {
    return declared === null ? "the code declares it no more" : "the code declares something else";
  }
  if (fresh === undefined) {
    const isDone = each.revision === null || stored?.revision === each.revision;
    return isDone ? null : "the store has something else";
  }
  const isSame =
    fresh.action === each.action && fresh.from === each.from && sameState(fresh.before, each.before);
  if (isSame) return null;
  const actions = fresh.action === each.action ? "" : ` (to ${fresh.action}, not to ${each.action})`;
  return `stored was ${stateText(each)}, and is ${stateText(fresh)}${actions}`;
}

function stateText({ before }: EntryChange): string {
  if (before === null) return "nothing";
  const { owner, version, revision, pausedAt, disabled } = before;
  const ending = disabled !== null ? `, disabled: ${disabled}` : pausedAt !== null ? ", paused" : "";
  return `revision ${revision.slice(0, 8)} of ${owner}, version ${version}${ending}`;
}

function told(wrong: readonly (readonly [name: string, why: string])[]): [string[], string[]] {
  return [wrong.map(([name, why]) => `${quote(name)}: ${why}`), wrong.map(([name]) => name)];
}

function stale(reasons: readonly string[], entries: readonly string[]): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_PLAN_STALE",
    `the plan is stale: ${reasons.join("; ")}; make a new one with sunbeat schedule plan --out`,
    { details: { entries } },
  );
}
