import type { EpochMs } from "../../core/clock.js";
import { firstDayOf, formatDay, monthOf } from "../civil.js";
import { fullMask } from "../days/day-mask.js";
import { maskOfTree } from "../days/days-tree.js";
import { whyIn, whyNotIn } from "../days/reasons.js";
import { treeIn, type DaysDefaults, type DaysTree } from "../days/tree.js";
import type { Schedule } from "../schedule.js";
import type { WindowSpec } from "../windows/spec.js";
import { instantOf, localOf, zone } from "../zone.js";
import type { DayOff } from "./rule.js";

const DAY_MS = 86_400_000;

interface Filter {
  readonly keep: readonly (readonly WindowSpec[])[];
  readonly zone: string;
  readonly defaults: DaysDefaults;
  leftOutBy(index: number): Pick<Schedule, "next">;
}

/** Those with runs that would be in [`from`, `to`). A weekend is none: it is not listed by its date. */
export function daysOffOf(filter: Filter, from: EpochMs, to: EpochMs): DayOff[] {
  return filter.keep.flatMap((group, index) => {
    const [spec, ...more] = group;
    const isOfDays = spec?.days !== undefined && spec.hours === undefined && spec.from === undefined;
    return more.length === 0 && isOfDays ? daysOffBy(filter, spec, index, from, to) : [];
  });
}

function daysOffBy(
  filter: Filter,
  { days, not, timezone }: WindowSpec,
  index: number,
  from: EpochMs,
  to: EpochMs,
): DayOff[] {
  const own = zone(timezone ?? filter.zone);
  const { defaults } = filter;
  const leftOut = filter.leftOutBy(index);
  const found: DayOff[] = [];
  for (const day of listedOff(days!, not === true, defaults, dayOf(own, from), dayOf(own, to))) {
    const begin = Math.max(from, instantOf(own, day * DAY_MS));
    const at = leftOut.next(begin - 1);
    if (at === null || at >= Math.min(to, instantOf(own, (day + 1) * DAY_MS))) continue;
    const reason = not === true ? whyIn(days!, day, defaults) : whyNotIn(days!, day, defaults);
    found.push({ date: formatDay(day), at, reason });
  }
  return found;
}

const dayOf = (own: ReturnType<typeof zone>, at: EpochMs): number => Math.floor(localOf(own, at) / DAY_MS);

/** Days of [`first`, `last`] that a set leaves out, and would not if nothing were listed by its date. */
function* listedOff(
  tree: DaysTree,
  isNot: boolean,
  defaults: DaysDefaults,
  first: number,
  last: number,
): Generator<number> {
  const kept = maskOfTree(isNot ? { not: tree } : tree, defaults);
  const bare = unlisted(tree, defaults);
  if (bare === tree) return;
  const keptBare = maskOfTree(isNot ? { not: bare } : bare, defaults);
  for (let month = monthOf(first); month <= monthOf(last); month++) {
    const bits = keptBare.mask(month) & ~kept.mask(month) & fullMask(month);
    const begin = firstDayOf(month);
    for (let day = Math.max(begin, first); day <= last && day - begin < 31; day++) {
      if (((bits >>> (day - begin)) & 1) === 1) yield day;
    }
  }
}

const NO_DAY: DaysTree = { any: [] };

/** The set without the days that are listed by their dates; itself where none are. */
function unlisted(tree: DaysTree, defaults: DaysDefaults): DaysTree {
  const of = (part: DaysTree): DaysTree => unlisted(part, defaults);
  const all = (parts: readonly DaysTree[]): readonly DaysTree[] => {
    const changed = parts.map(of);
    return changed.every((part, index) => part === parts[index]) ? parts : changed;
  };
  if (tree === "business") {
    const meant = treeIn(defaults.business);
    return meant === undefined || of(meant) === meant ? tree : of(meant);
  }
  if ("calendar" in tree || "dates" in tree) return NO_DAY;
  if ("business" in tree) {
    const { closed, ...rest } = tree.business;
    const open = closed === undefined ? closed : of(closed);
    return open === undefined || open === closed ? tree : { business: { ...rest, closed: open } };
  }
  if ("not" in tree) {
    const inner = of(tree.not);
    return inner === tree.not ? tree : { not: inner };
  }
  if ("all" in tree) {
    const parts = all(tree.all);
    return parts === tree.all ? tree : { all: parts };
  }
  if ("any" in tree) {
    const parts = all(tree.any);
    return parts === tree.any ? tree : { any: parts };
  }
  // Of a rule, business days are a part of its counting: "the second business day" is moved by a day off, and never left out.
  return tree;
}
