import { calendarLints } from "../app/index.js";
import type { Entry } from "../beat/index.js";
import type { EpochMs } from "../core/clock.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import type { Lint, Schedule } from "../schedules/index.js";
import type { OpenApp } from "./app.js";
import { runsOf, type ListedEntry } from "./entries.js";
import { isBroken } from "./lints.js";
import { formatLocal, precisionOf } from "./local-time.js";

/** How far ahead schedules look at the changes of their zone. */
const HORIZON_MS = 2 * 366 * 86_400_000;

export interface Linting {
  /** Where the entry is asked for its runs: as the store has it, or (`from` is before now) as a new one. */
  readonly now: EpochMs;
  readonly from: EpochMs;
  /** In which instants are told. */
  readonly timezone: string;
}

/**
 * What is to be known of an entry: that it never runs, the remarks of its schedule about the time in which it does, and
 * that its task is not registered here.
 */
export function lintsOfEntry(open: OpenApp, listed: ListedEntry, linting: Linting): Lint[] {
  const { schedule, name, stored } = listed;
  const { core } = open;
  const definition = stored?.definition ?? core.entries.find((entry) => entry.name === name)?.definition;
  const calendars = definition === undefined ? [] : calendarLints(definition, core.book, linting.from);
  const tasks = [...calendars, ...unknownTaskLints(open, listed)];
  if (schedule === null) return tasks;
  const first = runsOf(listed, linting.now, linting.from).next();
  const ending = first.done === true ? first.value : null;
  if (ending === "ended" || ending === "max-runs") {
    const always = schedule.lints?.({}) ?? [];
    // What the store has ended has run, or was told of when it was set.
    const isTold = (listed.stored?.disabled ?? null) !== null || isBroken(always);
    if (isTold || ending === "max-runs") return [...always, ...tasks];
    return [neverLint(listed.prospect.entry!, linting), ...always, ...tasks];
  }
  const start = startOf(listed, linting);
  return [...lintsWithin(schedule, start, () => endOf(listed, linting, start)), ...tasks];
}

/** What is to be known of a schedule that stands for itself. */
export function lintsOfSchedule(schedule: Schedule, { from, timezone }: Omit<Linting, "now">): Lint[] {
  const lints = schedule.lints?.({ from }) ?? [];
  const isOver = schedule.next(from - 1) === null && schedule.toJSON?.().type !== "reboot";
  return isOver && !isBroken(lints)
    ? [never("schedule", overText(schedule, from, timezone)), ...lints]
    : lints;
}

function startOf({ prospect }: ListedEntry, { from }: Linting): EpochMs {
  return Math.max(from, (prospect.entry?.startAt ?? -Infinity) - 1);
}

/** From when on nothing is due any more, as far as that is near enough to matter. */
function endOf(listed: ListedEntry, { now, from }: Linting, start: EpochMs): EpochMs {
  const { endAt = null, maxRuns = null } = listed.prospect.entry ?? {};
  const end = endAt ?? Infinity;
  if (maxRuns === null) return end;
  const runs = runsOf(listed, now, from);
  let last = from;
  for (let step = runs.next(); ; step = runs.next()) {
    // A paused entry will have its runs in a time that nobody knows yet.
    if (step.done === true) return step.value === "max-runs" ? Math.min(end, last + 1) : end;
    last = step.value.due;
    if (last > start + HORIZON_MS) return end;
  }
}

/**
 * The remarks of a schedule about the time between two instants. Those that depend on the time tell of the first event
 * of their kind: what is the same as seen from the end on has not happened before it.
 */
function lintsWithin(schedule: Schedule, from: EpochMs, endOf: () => EpochMs): Lint[] {
  const lints = schedule.lints?.({ from }) ?? [];
  const always = new Set(schedule.lints?.({}).map(({ code }) => code));
  if (lints.every(({ code }) => always.has(code))) return lints;
  const end = endOf();
  if (end === Infinity) return lints;
  const beyond = new Set(schedule.lints?.({ from: end - 1 }).map(({ message }) => message));
  return lints.filter(({ code, message }) => always.has(code) || !beyond.has(message));
}

function never(field: string, why: string): Lint {
  return { code: "never", field, message: `it never runs: ${why}` };
}

function neverLint({ schedule, startAt, endAt }: Entry, { from, timezone }: Linting): Lint {
  const text = (at: EpochMs): string => instantText(at, timezone);
  if (endAt !== null && endAt <= from) return never("endAt", `its end, ${text(endAt)}, is over`);
  if (schedule.next(from - 1) === null) return never("schedule", overText(schedule, from, timezone));
  const start = startAt === null ? "" : `from its start, ${text(startAt)}, on`;
  if (endAt === null) return never("startAt", `nothing is due ${start}`);
  if (startAt === null) return never("endAt", `nothing is due before its end, ${text(endAt)}`);
  return never("endAt", `nothing is due between its start, ${text(startAt)}, and its end, ${text(endAt)}`);
}

function overText(schedule: Schedule, from: EpochMs, timezone: string): string {
  const last = schedule.previous?.(from) ?? null;
  return last === null
    ? "its schedule has no due time"
    : `its last due time was ${instantText(last, timezone)}`;
}

function instantText(at: EpochMs, timezone: string): string {
  return formatLocal(at, timezone, precisionOf([at]));
}

/** Another app may have the task, so it is a remark; an app without tasks only sends. */
function unknownTaskLints({ core }: OpenApp, { task, stored }: ListedEntry): Lint[] {
  const known = core.registry.names();
  const isOurs = stored === null || stored.owner === core.owner || stored.owner === "runtime";
  const isBuiltIn = task?.startsWith("sunbeat.") === true;
  if (task === null || known.length === 0 || known.includes(task) || isBuiltIn || !isOurs) return [];
  const message = `no task ${quote(task)} is registered here${didYouMean(task, known)}; workers without it cannot run it`;
  return [{ code: "unknown-task", field: "task", message }];
}

/** The entries that are switched on and whose task nobody registers here, with their task. */
export function withoutTask(open: OpenApp, entries: readonly ListedEntry[]): string[] {
  return entries
    .filter((entry) => entry.status !== "disabled")
    .flatMap((entry) => unknownTaskLints(open, entry).map(({ message }) => `${entry.name}: ${message}`));
}
