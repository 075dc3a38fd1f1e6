import { boundTree, maskOfTree } from "../days/days-tree.js";
import { EVERY_DAY, fullMask, notOf, type DayMask } from "../days/day-mask.js";
import type { DaysDefaults } from "../days/tree.js";
import { lengthOf } from "../civil.js";
import { WHOLE_DAY, type Cell } from "../local/block-times.js";
import { secondsOfTime } from "../local/time-of-day.js";
import type { WindowSpec } from "./spec.js";

/** What makes a time that is included itself the last one: a thousandth of a second, the finest that instants have. */
const INSTANT = 0.001;

/** The parts of the local week in which a window of days or hours holds; undefined: it is another window. */
export function cellsOf(spec: WindowSpec, defaults: DaysDefaults): readonly Cell[] | undefined {
  const cells = holding(spec, defaults);
  return cells !== undefined && spec.not === true ? complement(cells) : cells;
}

function holding(spec: WindowSpec, defaults: DaysDefaults): Cell[] | undefined {
  if (spec.from !== undefined || "instants" in spec) return undefined;
  const days = spec.days === undefined ? EVERY_DAY : maskOfTree(spec.days, defaults);
  if (spec.hours === undefined) return [{ days, ...WHOLE_DAY }];
  const from = secondsOfTime(spec.hours[0])!;
  const to = secondsOfTime(spec.hours[1], 25)!;
  const end = to + (spec.inclusive === true ? INSTANT : 0);
  if (to > from) {
    const midnight = to === WHOLE_DAY.to && spec.inclusive === true;
    return [
      { days, from, to: Math.min(end, WHOLE_DAY.to) },
      ...(midnight ? [{ days: dayAfter(days), from: 0, to: INSTANT }] : []),
    ];
  }
  // From midnight on nothing is left for the day after.
  const night = from > 0 ? [{ days: dayAfter(days), from: 0, to: Math.min(end, from) }] : [];
  return [{ days, from, to: WHOLE_DAY.to }, ...night];
}

/** The times between the cells, and theirs on other days. No two of them share a time of day. */
function complement(cells: readonly Cell[]): Cell[] {
  const sorted = [...cells].sort((a, b) => a.from - b.from);
  const outside: Cell[] = [];
  let time = 0;
  for (const { days, from, to } of sorted) {
    if (from > time) outside.push({ days: EVERY_DAY, from: time, to: from });
    if (days !== EVERY_DAY) outside.push({ days: notOf(days), from, to });
    time = to;
  }
  if (time < WHOLE_DAY.to) outside.push({ days: EVERY_DAY, from: time, to: WHOLE_DAY.to });
  return outside;
}

/** The days after days of the set. */
function dayAfter(days: DayMask): DayMask {
  if (days === EVERY_DAY) return days;
  return {
    mask(month) {
      const last = days.mask(month - 1) >>> (lengthOf(month - 1) - 1);
      return ((days.mask(month) << 1) | last) & fullMask(month);
    },
    period: days.period,
    since: days.since,
    settled: days.settled + 1,
    first: days.first + 1,
    last: days.last + 1,
  };
}

/** The spec with what the app means by "business" in it. */
export function boundSpec(spec: WindowSpec, defaults: DaysDefaults): WindowSpec {
  return spec.days === undefined ? spec : { ...spec, days: boundTree(spec.days, defaults) };
}
