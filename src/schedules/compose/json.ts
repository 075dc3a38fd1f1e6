import { ScheduleError } from "../../core/errors.js";
import { integerOption } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { treeFromJSON } from "../days/days-json.js";
import { refuseAs } from "../refuse-as.js";
import type { Schedule, ScheduleJSON } from "../schedule.js";
import { MAX_INSTANT } from "../zone.js";
import { specFromJSON } from "../windows/json.js";
import type { WindowSpec } from "../windows/spec.js";
import { Composed, joined } from "./composable.js";
import { FilterRule } from "./filter.js";
import { OffsetRule } from "./offset.js";
import { ROLLS, ShiftRule } from "./shift.js";

type Decode = (json: unknown) => Schedule;

function invalid(problem: string, value: unknown): ScheduleError {
  return new ScheduleError("SUNBEAT_SCHEDULE_INVALID", `schedule: ${problem}, got ${quote(value)}`, {
    details: { value: quote(value) },
  });
}

function listIn(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw invalid(`${field}: expected a list`, value);
}

function instantIn(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined;
  return refuseAs("SUNBEAT_SCHEDULE_INVALID", () =>
    integerOption(value, `schedule: ${field}`, -MAX_INSTANT, MAX_INSTANT),
  );
}

/** The inverses of `toJSON`. Throw SUNBEAT_SCHEDULE_INVALID, SUNBEAT_WINDOW_INVALID, SUNBEAT_DAYS_INVALID. */
export const decoders = {
  union: (json: ScheduleJSON, decode: Decode): Schedule => joined(listIn(json.of, "of").map(decode)),

  filter(json: ScheduleJSON, decode: Decode): Schedule {
    const keep = listIn(json.keep, "keep").map((group) => groupFromJSON(group, decode));
    const startAt = instantIn(json.startAt, "startAt");
    const endAt = instantIn(json.endAt, "endAt");
    const bounds = { ...(startAt !== undefined && { startAt }), ...(endAt !== undefined && { endAt }) };
    return new Composed(FilterRule.on(decode(json.of), keep, bounds));
  },

  offset(json: ScheduleJSON, decode: Decode): Schedule {
    const offsetMs = instantIn(json.offsetMs, "offsetMs");
    if (offsetMs === undefined) throw invalid("offsetMs: expected whole milliseconds", offsetMs);
    return new Composed(new OffsetRule(decode(json.of), offsetMs));
  },

  shift(json: ScheduleJSON, decode: Decode): Schedule {
    const roll = Object.values(ROLLS).find((name) => name === json.to);
    if (roll === undefined) throw invalid(`to: expected ${Object.values(ROLLS).join(", ")}`, json.to);
    const by = refuseAs("SUNBEAT_SCHEDULE_INVALID", () =>
      integerOption(json.by ?? 0, "schedule: by", -366, 366),
    );
    const days = json.days === undefined ? "business" : treeFromJSON(json.days);
    return new Composed(new ShiftRule(decode(json.of), roll, days, by));
  },
};

function groupFromJSON(group: unknown, decode: Decode): readonly WindowSpec[] {
  const { any } = (group ?? {}) as { any?: unknown };
  return any === undefined
    ? [specFromJSON(group, decode)]
    : listIn(any, "any").map((each) => specFromJSON(each, decode));
}
