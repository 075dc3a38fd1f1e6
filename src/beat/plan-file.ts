import { ConfigurationError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { CALENDAR_ACTIONS, type CalendarChange } from "./calendar-changes.js";
import { CHANGE_ACTIONS, type EntryChange } from "./changes.js";
import type { Plan } from "./plan.js";

/** A plan that was kept as JSON. Throws SUNBEAT_PLAN_INVALID. */
export function readPlan(json: unknown): Plan {
  const { plan, owner, version, changes, calendars } = objectOf("plan", json);
  if (plan !== 1) throw invalid('"plan": 1, the version of the form', plan);
  if (typeof owner !== "string") throw invalid('"owner", a text', owner);
  if (!Number.isSafeInteger(version)) throw invalid('"version", a whole number', version);
  if (!Array.isArray(changes)) throw invalid('"changes", a list', changes);
  for (const [index, change] of (changes as readonly unknown[]).entries())
    assertChange(`changes[${index}]`, change);
  if (!Array.isArray(calendars)) throw invalid('"calendars", a list', calendars);
  for (const [index, change] of (calendars as readonly unknown[]).entries())
    assertCalendarChange(`calendars[${index}]`, change);
  return json as Plan;
}

function assertChange(field: string, json: unknown): void {
  const { action, name, from, revision, before, writes } = objectOf(field, json);
  if (!(CHANGE_ACTIONS as readonly unknown[]).includes(action))
    throw invalid(`${field}.action, a known one`, action);
  if (typeof name !== "string") throw invalid(`${field}.name, a text`, name);
  for (const [key, value] of Object.entries({ from, revision })) {
    if (value !== null && typeof value !== "string") throw invalid(`${field}.${key}, a text or null`, value);
  }
  if (typeof writes !== "boolean") throw invalid(`${field}.writes, true or false`, writes);
  if (before !== null) objectOf(`${field}.before`, before);
}

function assertCalendarChange(field: string, json: unknown): void {
  const { action, name, revision, before, writes } = objectOf(field, json);
  if (!(CALENDAR_ACTIONS as readonly unknown[]).includes(action))
    throw invalid(`${field}.action, a known one`, action);
  for (const [key, value] of Object.entries({ name, revision })) {
    if (typeof value !== "string") throw invalid(`${field}.${key}, a text`, value);
  }
  if (typeof writes !== "boolean") throw invalid(`${field}.writes, true or false`, writes);
  if (before !== null) objectOf(`${field}.before`, before);
}

type Fields = Readonly<Record<keyof Plan | keyof EntryChange | keyof CalendarChange, unknown>>;

function objectOf(field: string, json: unknown): Fields {
  if (typeof json === "object" && json !== null) return json as Fields;
  throw invalid(`${field}, an object`, json);
}

function invalid(expected: string, got: unknown): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_PLAN_INVALID",
    `a plan: expected ${expected}, got ${quote(got)}; sunbeat schedule plan --out makes one`,
    { details: { value: quote(got) } },
  );
}
