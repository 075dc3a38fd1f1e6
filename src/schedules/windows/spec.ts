import { ScheduleError } from "../../core/errors.js";
import { assertKnownKeys, booleanOption } from "../../core/options.js";
import { quote } from "../../core/quote.js";
import { knowsPast } from "../compose/rule.js";
import { treeOf } from "../days/days-like.js";
import { treeIn, type DaysLike, type DaysTree } from "../days/tree.js";
import { secondsOfTime } from "../local/time-of-day.js";
import { refuseAs } from "../refuse-as.js";
import type { Edge, Schedule, TimeWindow, WindowOptions } from "../schedule.js";
import { zone } from "../zone.js";
import { sunOf } from "./sun.js";

interface Judged {
  /** Everything but this. */
  readonly not?: true | undefined;
  readonly timezone?: string | undefined;
}

/** A window as data, its schedules as schedules. */
export type WindowSpec = Judged &
  (
    | { readonly days: DaysTree; readonly hours?: undefined; readonly from?: undefined }
    | {
        readonly hours: readonly [from: string, to: string];
        readonly days?: DaysTree | undefined;
        readonly inclusive?: true | undefined;
        readonly from?: undefined;
      }
    | {
        readonly from: Edge;
        readonly to: Edge;
        readonly days?: DaysTree | undefined;
        readonly hours?: undefined;
      }
    | {
        readonly instants: Schedule;
        readonly days?: undefined;
        readonly hours?: undefined;
        readonly from?: undefined;
      }
  );

/** Where a window keeps its spec. */
export const SPEC = Symbol("sunbeat.window");

export function windowInvalid(field: string, problem: string, value: unknown): ScheduleError {
  return new ScheduleError("SUNBEAT_WINDOW_INVALID", `window: ${field}: ${problem}`, {
    details: { field, value: quote(value) },
  });
}

/** The spec of a window, or of days as a window. Throws SUNBEAT_WINDOW_INVALID, SUNBEAT_DAYS_INVALID. */
export function specIn(window: TimeWindow | DaysLike | DaysTree, timezone?: string): WindowSpec {
  const spec =
    typeof window === "object" && window !== null ? (window as { [SPEC]?: WindowSpec })[SPEC] : undefined;
  if (spec !== undefined) return spec;
  if (timezone !== undefined) zone(timezone);
  const days = isTree(window) ? window : treeOf(window, "days");
  return { days, ...(timezone !== undefined && { timezone }) };
}

function isTree(value: unknown): value is Exclude<DaysTree, "business"> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    treeIn(value) === undefined &&
    ["weekdays", "dates", "calendar", "business", "rule", "all", "any", "not"].some((key) =>
      Object.hasOwn(value, key),
    )
  );
}

/** The schedules that a window asks. */
export function schedulesIn(spec: WindowSpec): Schedule[] {
  if ("instants" in spec) return [spec.instants];
  return [spec.from, (spec as { readonly to?: Edge }).to].filter((edge) => typeof edge === "object");
}

export function negated(spec: WindowSpec): WindowSpec {
  const { not, ...rest } = spec;
  return not === true ? rest : { ...rest, not: true };
}

/** The spec of `during(from, to, options)`. Codes: SUNBEAT_WINDOW_INVALID, SUNBEAT_DAYS_INVALID, SUNBEAT_TIMEZONE_INVALID. */
export function specOf(from: Edge, to: Edge, options: WindowOptions): WindowSpec {
  refuseAs("SUNBEAT_WINDOW_INVALID", () =>
    assertKnownKeys(options, ["timezone", "days", "inclusive"], "window: options"),
  );
  const { timezone, days, inclusive } = options;
  if (timezone !== undefined) zone(timezone);
  const isInclusive =
    inclusive !== undefined &&
    refuseAs("SUNBEAT_WINDOW_INVALID", () => booleanOption(inclusive, "window: inclusive"));
  const common = {
    ...(days !== undefined && { days: treeOf(days, "days") }),
    ...(timezone !== undefined && { timezone }),
  };
  if (typeof from === "string" && typeof to === "string") {
    checkTime("from", from, 24);
    if (to !== "24:00") checkTime("to", to, 24);
    return { hours: [from, to], ...common, ...(isInclusive && { inclusive: true as const }) };
  }
  if (isInclusive)
    throw windowInvalid(
      "inclusive",
      "expected two times of day beside it, got a schedule as an edge",
      inclusive,
    );
  checkEdge("from", from);
  checkEdge("to", to);
  for (const [clock, other] of [
    [from, to],
    [to, from],
  ] as const) {
    if (typeof clock === "string" && sunOf(other) === undefined) {
      throw windowInvalid(
        "edges",
        "expected two times, two schedules, or a time and an event of the Sun; a time cannot be paired with another schedule",
        clock,
      );
    }
  }
  return { from, to, ...common };
}

function checkTime(field: string, text: string, hours: number): void {
  if (secondsOfTime(text, hours) !== undefined) return;
  const most = hours === 24 ? '"23:59:59"' : '"47:59:59"';
  throw windowInvalid(
    field,
    `expected a time of day such as "09:30", up to ${most}, got ${quote(text)}`,
    text,
  );
}

function checkEdge(field: "from" | "to", edge: unknown): void {
  if (typeof edge === "string") return checkTime(field, edge, field === "to" ? 48 : 24);
  const schedule = edge as Partial<Schedule> | null;
  if (typeof schedule !== "object" || typeof schedule?.next !== "function") {
    throw windowInvalid(field, `expected a time of day or a schedule, got ${quote(edge)}`, edge);
  }
  if (!knowsPast(schedule as Schedule)) {
    throw windowInvalid(
      field,
      "expected a schedule with previous(before), as a window must know when it opened",
      edge,
    );
  }
  const { polar } = sunOf(edge as Edge) ?? {};
  if (polar !== undefined) {
    throw windowInvalid(
      field,
      'expected an event of the Sun with polar: "skip", as a day without it has no edge',
      polar,
    );
  }
}
