import { assertKnownKeys } from "../../core/options.js";
import { refuseAs } from "../refuse-as.js";
import { DaySet } from "./day-set.js";
import { WEEKDAYS } from "./days-like.js";
import {
  businessDays,
  dates,
  holidays,
  weekdays,
  type BusinessDaysOptions,
  type DateLike,
} from "./makers.js";
import { daysInvalid } from "./refusal.js";
import { RULE_KEYS, ruleOf, type DaysRule } from "./rule-options.js";
import { treeIn, type DaysTree, type RuleTree, type WeekdayRange } from "./tree.js";

const DEEPEST = 16;
const KINDS = ["weekdays", "dates", "calendar", "business", "rule", "all", "any", "not"];

/** The tree that `toJSON` of days wrote; "business" is what the app means by it. Throws SUNBEAT_DAYS_INVALID, SUNBEAT_CALENDAR_INVALID. */
export function treeFromJSON(json: unknown, depth = 0): DaysTree {
  if (json === "business") return json;
  refuseAs("SUNBEAT_DAYS_INVALID", () => assertKnownKeys(json, KINDS, "days"));
  const [kind, ...more] = Object.keys(json as object);
  if (kind === undefined || more.length > 0 || depth >= DEEPEST) {
    throw daysInvalid("days", `one of ${KINDS.join(", ")}`, json);
  }
  const value = (json as Record<string, unknown>)[kind];
  const of = (part: unknown): DaysTree => treeFromJSON(part, depth + 1);
  switch (kind) {
    case "weekdays":
      return treeIn(weekdays(...listIn(value).map(weekdayFromJSON)))!;
    case "dates":
      return treeIn(dates(listIn(value).map(dateFromJSON)))!;
    case "calendar":
      return treeIn(holidays(value as string))!;
    case "business":
      return businessFromJSON(value, of);
    case "rule":
      return { rule: ruleFromJSON(value) };
    case "not":
      return { not: of(value) };
    default:
      return { [kind]: listIn(value).map(of) } as unknown as DaysTree;
  }
}

function listIn(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value as unknown[];
  throw daysInvalid("days", "a list", value);
}

function weekdayFromJSON(value: unknown): WeekdayRange {
  const name = typeof value === "number" ? WEEKDAYS[value] : undefined;
  if (name === undefined) throw daysInvalid("weekdays", "0 (Sunday) to 6", value);
  return name;
}

function dateFromJSON(value: unknown): DateLike {
  return (Array.isArray(value) ? { from: value[0] as unknown, to: value[1] as unknown } : value) as DateLike;
}

function businessFromJSON(value: unknown, of: (json: unknown) => DaysTree): DaysTree {
  refuseAs("SUNBEAT_DAYS_INVALID", () => assertKnownKeys(value, ["closed", "weekend"], "business"));
  const { closed, weekend } = value as { closed?: unknown; weekend?: unknown };
  const options = {
    ...(closed !== undefined && { closed: new DaySet(of(closed)) }),
    ...(weekend !== undefined && { weekend: listIn(weekend).map(weekdayFromJSON) }),
  };
  return treeIn(businessDays(options as BusinessDaysOptions))!;
}

/** A rule as JSON: `every` is a number and `unit` stands beside it. */
export function ruleFromJSON(json: unknown): RuleTree {
  refuseAs("SUNBEAT_CALENDAR_INVALID", () => assertKnownKeys(json, [...RULE_KEYS, "unit"], "calendar"));
  const { every, unit, business, ...rest } = json as Record<string, unknown>;
  return ruleOf({
    ...rest,
    every: `${String(every)} ${String(unit)}`,
    ...(business !== undefined && { business: new DaySet(treeFromJSON(business)) }),
  } as DaysRule);
}
