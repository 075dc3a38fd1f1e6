/** An entry as a form has it: its schedule as a form, durations as people write them; and back from what is stored. */
import type { EntryOptions } from "../beat/index.js";
import { assertObject, invalidOption } from "../core/options.js";
import {
  durationOf,
  instantOf,
  type ScheduleForm,
  scheduleFormOf,
  scheduleOf,
  textOf,
  zoneIn,
} from "./schedule-form.js";

export type { ScheduleForm } from "./schedule-form.js";

/** As `EntryOptions`, but for what JSON has no word for. */
export interface EntryForm extends Readonly<Record<string, unknown>> {
  readonly task?: string;
  readonly schedule: ScheduleForm;
}

type Json = Readonly<Record<string, unknown>>;

/** `keptArgs`: in the place of arguments that the asker does not see. Throws the codes of the schedule, SUNBEAT_OPTION_INVALID. */
export function entryOptionsOf(form: Json, keptArgs?: readonly unknown[]): EntryOptions {
  const { schedule, startAt, endAt, options, ...rest } = form;
  const asked = typeof schedule === "object" && schedule !== null ? (schedule as Json) : null;
  const timezone = asked === null ? undefined : zoneIn(asked);
  return {
    ...rest,
    schedule: asked === null ? schedule : scheduleOf(asked),
    ...(startAt !== undefined && { startAt: instantOf(startAt, timezone) }),
    ...(endAt !== undefined && { endAt: instantOf(endAt, timezone) }),
    ...(options !== undefined && { options: sendOptionsOf(options) }),
    ...(keptArgs !== undefined && { args: keptArgs }),
  } as unknown as EntryOptions;
}

function sendOptionsOf(options: unknown): unknown {
  assertObject(options, "options");
  const { expires, ...rest } = options as Json;
  const at = (expires as { readonly at?: unknown } | null | undefined)?.at;
  if (typeof at === "number") return { ...rest, expires: new Date(at) };
  return expires === undefined ? rest : { ...rest, expires: durationOf(expires) };
}

/** What would make a stored definition again. Throws SUNBEAT_OPTION_INVALID for what a form has no field for. */
export function formOf(definition: Json): EntryForm {
  const {
    schedule,
    args,
    argsFrom: _,
    misfire,
    overlapTimeoutMs,
    jitterMs,
    alert,
    options,
    ...rest
  } = definition;
  const { signature: __, ...plain } = rest;
  if (typeof schedule !== "object" || schedule === null)
    throw invalidOption("schedule", "an object", schedule);
  return {
    ...plain,
    schedule: scheduleFormOf(schedule as { readonly type: string } & Json),
    ...(Array.isArray(args) && { args }),
    ...(misfire !== undefined && { misfire: misfireFormOf(misfire as Json) }),
    ...(overlapTimeoutMs !== undefined && { overlapTimeout: textOf(overlapTimeoutMs) }),
    ...(jitterMs !== undefined && { jitter: textOf(jitterMs) }),
    ...(alert !== undefined && { alert: alertFormOf(alert as Json) }),
    ...(options !== undefined && { options: sendFormOf(options as Json) }),
  };
}

function misfireFormOf({ policy, withinMs, max }: Json): Json {
  return {
    policy,
    ...(withinMs !== null && policy !== "skip" && { within: textOf(withinMs) }),
    ...(policy === "all" && { max }),
  };
}

function alertFormOf({ graceMs, runtimeMs, ...rest }: Json): Json {
  return {
    ...rest,
    ...(graceMs !== undefined && { grace: textOf(graceMs) }),
    ...(runtimeMs !== undefined && { runtime: textOf(runtimeMs) }),
  };
}

function sendFormOf({ expires, ...rest }: Json): Json {
  const ms = (expires as { readonly milliseconds?: unknown } | undefined)?.milliseconds;
  return {
    ...rest,
    ...(expires !== undefined && { expires: typeof ms === "number" ? textOf(ms) : expires }),
  };
}
