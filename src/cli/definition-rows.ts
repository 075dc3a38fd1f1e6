import { CANVAS_TASK } from "../app/index.js";
import { formatDuration } from "../core/duration.js";
import { formText } from "./form-text.js";
import { formatLocal } from "./local-time.js";

/** A stored definition, as far as it is read here; what has its default is left out of it. */
export interface Definition {
  readonly task?: string;
  readonly args?: unknown;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly misfire?: { readonly policy: string; readonly withinMs: number | null; readonly max: number };
  readonly overlap?: string;
  readonly overlapTimeoutMs?: number;
  readonly jitterMs?: number;
  readonly startAt?: number;
  readonly endAt?: number;
  readonly maxRuns?: number;
  readonly lock?: { readonly name: string; readonly capacity: number };
  readonly alert?: {
    readonly graceMs?: number;
    readonly runtimeMs?: number;
    readonly failures?: number;
    readonly mute?: boolean;
  };
}

/** Null for the text of a newer version that cannot be read here. */
export function readDefinition(text: string): Definition | null {
  try {
    return JSON.parse(text) as Definition;
  } catch {
    return null;
  }
}

/** What an entry sends: the name of its task, or its form. Null when only other code knows it. */
export function taskText(entry: {
  readonly task: string | null;
  readonly definition: string;
}): string | null {
  if (entry.task !== CANVAS_TASK) return entry.task;
  const args = readDefinition(entry.definition)?.args;
  return Array.isArray(args) ? formText(args[0]) : entry.task;
}

type Row = [label: string, value: string];

/** What an entry says besides task, schedule and description, where that is not the default. */
export function definitionRows(definition: Definition, timezone: string): Row[] {
  const { args, options = {}, misfire, overlap, overlapTimeoutMs, jitterMs, lock } = definition;
  const rows: Row[] = [];
  if (args !== undefined && definition.task !== CANVAS_TASK) rows.push(["args", JSON.stringify(args)]);
  for (const [name, value] of Object.entries(options)) rows.push([name, optionText(value, timezone)]);
  if (misfire !== undefined) rows.push(["misfire", misfireText(misfire)]);
  if (overlap !== undefined) rows.push(["overlap", overlap]);
  if (overlapTimeoutMs !== undefined) rows.push(["overlap timeout", formatDuration(overlapTimeoutMs)]);
  if (jitterMs !== undefined) rows.push(["jitter", formatDuration(jitterMs)]);
  if (lock !== undefined) rows.push(["lock", `${lock.name}, capacity ${lock.capacity}`]);
  for (const [label, at] of [["starts", definition.startAt] as const, ["ends", definition.endAt] as const]) {
    if (at !== undefined) rows.push([label, formatLocal(at, timezone, "seconds")]);
  }
  if (definition.maxRuns !== undefined) rows.push(["most runs", String(definition.maxRuns)]);
  if (definition.alert !== undefined) rows.push(["alert", alertText(definition.alert)]);
  return rows;
}

function misfireText({ policy, withinMs, max }: NonNullable<Definition["misfire"]>): string {
  const within = withinMs === null ? "" : ` within ${formatDuration(withinMs)}`;
  return `${policy}${within}${policy === "all" ? `, at most ${max} at once` : ""}`;
}

function alertText({ graceMs, runtimeMs, failures, mute }: NonNullable<Definition["alert"]>): string {
  return [
    graceMs !== undefined && `sent more than ${formatDuration(graceMs)} late`,
    runtimeMs !== undefined && `not ended ${formatDuration(runtimeMs)} after it was sent`,
    failures !== undefined && `${failures} ${failures === 1 ? "failure" : "failures in a row"}`,
    mute === true && "muted",
  ]
    .filter((text) => text !== false)
    .join(", ");
}

/** A definition writes durations as { milliseconds } and the instant of `expires` as { at }. */
function optionText(value: unknown, timezone: string): string {
  if (typeof value === "string") return value;
  const { milliseconds, at } = (value ?? {}) as { milliseconds?: unknown; at?: unknown };
  if (typeof milliseconds === "number") return formatDuration(milliseconds);
  if (typeof at === "number") return formatLocal(at, timezone, "seconds");
  return JSON.stringify(value);
}
