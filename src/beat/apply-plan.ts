/**
 * Applying a plan is registration again, which may write only what the plan names, and only where code and store are what was planned.
 */
import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { CalendarPut, StoredCalendar } from "../store/contracts/calendars.js";
import type { EntryPut, EntrySnapshot } from "../store/contracts/entries.js";
import { type CalendarChange, type PlannedCalendar, plannedCalendar } from "./calendar-changes.js";
import { type EntryChange, stateOf } from "./changes.js";
import { revisionOf } from "./definition.js";
import { type Accepts, applyAll, plan, type Plan, type PlanDeps } from "./plan.js";
import { goneFromCode } from "./revise.js";

/**
 * Does what a plan says, and gives what was written; what is so already is left. Nothing is written where anything is not as planned:
 * SUNBEAT_PLAN_STALE names each entry and calendar. A tick in between changes no plan: each write is decided, and put, on what is stored now.
 */
export async function applyPlan(deps: PlanDeps, planned: Plan): Promise<Plan> {
  const { owner, version } = deps;
  if (planned.owner !== owner || planned.version !== version) {
    const of = (side: Pick<Plan, "owner" | "version">): string =>
      `${quote(side.owner)}, version ${side.version}`;
    throw stale([`it was made for ${of(planned)}, and this is ${of({ owner, version })}`], {
      entries: [],
      calendars: [],
    });
  }
  const fresh = await plan(deps);
  const entries = await staleEntries(deps, planned, fresh);
  const calendars = await staleCalendars(deps, planned, fresh);
  if (entries.length + calendars.length > 0) throw staleOf(entries, calendars);
  const guard = new Guard(planned);
  const done = await applyAll(deps, guard);
  const late = (names: ReadonlySet<string>) => [...names].map((name) => [name, CHANGED_LATE] as const);
  if (guard.raced.size + guard.racedCalendars.size > 0)
    throw staleOf(late(guard.raced), late(guard.racedCalendars));
  return done;
}

type Wrong = readonly (readonly [name: string, why: string])[];

const CHANGED_LATE = "it changed while the plan was applied";

/** Lets through what is planned, and notes what changes at the last moment. */
class Guard implements Accepts {
  readonly raced = new Set<string>();
  readonly racedCalendars = new Set<string>();
  readonly #entries: ReadonlyMap<string, EntryChange>;
  readonly #calendars: ReadonlyMap<string, CalendarChange>;

  constructor({ changes, calendars }: Plan) {
    this.#entries = written(changes);
    this.#calendars = written(calendars);
  }

  /** No entry is written beside a calendar that is not as planned. */
  readonly accepts = (put: EntryPut, before: EntrySnapshot | null): boolean => {
    const each = this.#entries.get(put.name);
    if (each === undefined || this.racedCalendars.size > 0) return false;
    const isSame = (put.previousName ?? null) === each.from && isAsPlanned(each, before, put);
    if (isSame) this.raced.delete(put.name);
    else this.raced.add(put.name);
    return isSame;
  };

  readonly acceptsCalendar = ({ name, data }: CalendarPut, before: StoredCalendar | null): boolean => {
    const each = this.#calendars.get(name);
    if (each === undefined) return false;
    const isSame = each.revision === revisionOf(data) && each.before?.etag === before?.etag;
    if (!isSame) this.racedCalendars.add(name);
    return isSame;
  };
}

function written<T extends { readonly name: string; readonly writes: boolean }>(
  all: readonly T[],
): Map<string, T> {
  return new Map(all.filter(({ writes }) => writes).map((each) => [each.name, each]));
}

async function staleEntries(deps: PlanDeps, planned: Plan, fresh: Plan): Promise<Wrong> {
  const wanted = [...written(planned.changes).values()];
  const found = new Map(fresh.changes.map((each) => [each.name, each]));
  const names = wanted.flatMap(({ name, from }) => (from === null ? [name] : [name, from]));
  const stored = await readAll(deps, names);
  return wanted.flatMap((each) => {
    const why = whyStale(each, found.get(each.name), stored.get(each.name), deps);
    return why === null ? [] : [[each.name, why] as const];
  });
}

async function staleCalendars(
  { store, inTime, calendars }: PlanDeps,
  planned: Plan,
  fresh: Plan,
): Promise<Wrong> {
  const wanted = [...written(planned.calendars).values()];
  if (wanted.length === 0) return [];
  const stored = await inTime("calendars.get", store.calendars.get(wanted.map(({ name }) => name)));
  const found = new Map(fresh.calendars.map((each) => [each.name, each]));
  return wanted.flatMap((each, index) => {
    const declared = calendars.find(({ name }) => name === each.name);
    const present = stored[index] ?? null;
    const why = whyStaleCalendar(each, found.get(each.name), {
      declared: declared === undefined ? null : revisionOf(JSON.stringify(declared)),
      stored: present === null ? null : plannedCalendar(present),
    });
    return why === null ? [] : [[each.name, why] as const];
  });
}

/** Null: it can be written, or has been. */
function whyStaleCalendar(
  each: CalendarChange,
  fresh: CalendarChange | undefined,
  { declared, stored }: { readonly declared: string | null; readonly stored: PlannedCalendar | null },
): string | null {
  if (declared !== each.revision) return notDeclared(declared);
  if (fresh === undefined) return stored?.revision === each.revision ? null : "the store has something else";
  const isSame = fresh.action === each.action && fresh.before?.etag === each.before?.etag;
  if (isSame) return null;
  const text = ({ before }: CalendarChange): string =>
    before === null
      ? "nothing"
      : `revision ${before.revision.slice(0, 8)} of ${before.owner}, version ${before.version}`;
  return `stored was ${text(each)}, and ${text(each) === text(fresh) ? "has been written since" : `is ${text(fresh)}`}`;
}

function notDeclared(declared: string | null): string {
  return declared === null ? "the code declares it no more" : "the code declares something else";
}

async function readAll(
  { store, inTime }: Pick<PlanDeps, "store" | "inTime">,
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
  { entries }: Pick<PlanDeps, "entries">,
): string | null {
  const declared = entries.find(({ name }) => name === each.name)?.revision ?? null;
  if (declared !== each.revision) return notDeclared(declared);
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

function staleOf(entries: Wrong, calendars: Wrong): ConfigurationError {
  const reasons = [
    ...calendars.map(([name, why]) => `calendar ${quote(name)}: ${why}`),
    ...entries.map(([name, why]) => `${quote(name)}: ${why}`),
  ];
  const names = (wrong: Wrong): string[] => wrong.map(([name]) => name);
  return stale(reasons, { entries: names(entries), calendars: names(calendars) });
}

function stale(
  reasons: readonly string[],
  details: { readonly entries: readonly string[]; readonly calendars: readonly string[] },
): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_PLAN_STALE",
    `the plan is stale: ${reasons.join("; ")}; make a new one with sunbeat schedule plan --out`,
    { details },
  );
}
