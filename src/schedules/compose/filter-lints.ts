import type { EpochMs } from "../../core/clock.js";
import type { Local } from "../local/local.js";
import { zoneLintsOf, type LocalParts } from "../local/parts.js";
import { ZONE_LINTS } from "../local/zone-lints.js";
import type { Lint, LintOptions, Schedule } from "../schedule.js";
import { ENGLISH } from "../telling/english.js";
import { tellGroup } from "../windows/describe.js";
import type { WindowSpec } from "../windows/spec.js";

/** How far ahead a restriction must change something. */
const HORIZON_MS = 5 * 366 * 86_400_000;

interface Search {
  readonly isNever: boolean;
  /** How far the last `next` looked when it gave up; Infinity: it did not. */
  readonly reached: EpochMs;
  next(after: EpochMs): EpochMs | null;
}

interface Filter extends Search {
  readonly of: Schedule;
  readonly keep: readonly (readonly WindowSpec[])[];
  readonly needsZone: boolean;
  readonly isAfterOffset: boolean;
  /** The local schedule that is searched, and its parts; null: none. */
  readonly local: { readonly local: Local; readonly parts: LocalParts } | null;
  without(index: number): Search;
}

/** What is allowed in a restriction, and probably not meant. */
export function filterLints(filter: Filter, options: LintOptions): Lint[] {
  const inner = filter.of.lints?.(options) ?? [];
  if (filter.isNever) {
    const message = "the restrictions leave nothing: this schedule never fires";
    const rest = inner.filter(({ code }) => code !== "never" && !ZONE_LINTS.has(code));
    return [...rest, { code: "never", field: "schedule", message }];
  }
  const { from } = options;
  const own = [...zoneLint(filter), ...orderLint(filter)];
  if (from === undefined) return [...inner, ...own];
  const nights = filter.local === null ? [] : zoneLintsOf(filter.local.parts, filter.local.local, from);
  // The nights of what is left are not those of the whole.
  const rest = filter.local === null ? inner : inner.filter(({ code }) => !ZONE_LINTS.has(code));
  return [...rest, ...own, ...nights, ...endedLint(filter, from), ...changesNothing(filter, from)];
}

function zoneLint({ needsZone }: Filter): Lint[] {
  if (!needsZone) return [];
  const message = "no zone is named and no app gives one: times of the window are in UTC";
  return [{ code: "utc-window", field: "timezone", message, suggestion: "{ timezone }" }];
}

function orderLint({ isAfterOffset }: Filter): Lint[] {
  if (!isAfterOffset) return [];
  const message =
    "days and hours after .offset are those of the moved instant; before it those of the schedule";
  return [{ code: "offset-order", field: "offset", message, suggestion: "put .offset last" }];
}

function endedLint(filter: Filter, from: EpochMs): Lint[] {
  if (filter.next(from) !== null || filter.reached === Infinity) return [];
  const until = new Date(filter.reached).toISOString().slice(0, 10);
  const message = `nothing was found up to ${until}, where the search ended: it may still come, or never`;
  return [{ code: "search-ended", field: "schedule", message }];
}

/** Each restriction that takes away nothing of what the others leave. */
function changesNothing(filter: Filter, from: EpochMs): Lint[] {
  const { keep } = filter;
  return keep.flatMap((group, index) => {
    const taken = filter.without(index);
    const first = taken.next(from);
    const looked = first ?? taken.reached;
    if (looked <= from + HORIZON_MS) return [];
    const text = tellGroup(group, ENGLISH);
    const message = `"${text}" takes nothing away in the next 5 years`;
    if (!group.every((spec) => spec.not === true)) return [{ code: "only-all", field: "keep", message }];
    const suggestion = "dates([...]) or a window, as an exception takes exactly its own instants";
    const isExact = group.some((spec) => "instants" in spec);
    return [{ code: "except-nothing", field: "keep", message, ...(isExact && { suggestion }) }];
  });
}
