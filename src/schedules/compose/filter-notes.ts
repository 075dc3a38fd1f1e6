import type { EpochMs } from "../../core/clock.js";
import { whyIn, whyNotIn } from "../days/reasons.js";
import type { DaysDefaults } from "../days/tree.js";
import type { Schedule, ScheduleNote } from "../schedule.js";
import { ENGLISH } from "../telling/english.js";
import { tellGroup, tellSpec } from "../windows/describe.js";
import type { WindowSpec } from "../windows/spec.js";
import { localOf, zone } from "../zone.js";

const DAY_MS = 86_400_000;
export const MOST_NOTES = 1_000;
/** So many occurrences are looked at for the notes of one restriction. */
const MOST_LOOKED_AT = 20_000;

type Group = readonly WindowSpec[];

interface Filter {
  readonly keep: readonly Group[];
  readonly zone: string;
  readonly defaults: DaysDefaults;
  next(after: EpochMs): EpochMs | null;
  leftOutBy(index: number): Pick<Schedule, "next">;
}

interface LeftOut {
  readonly at: EpochMs;
  readonly reason: string;
}

/**
 * What the restrictions leave out in (`from`, `to`], with the reason; what is left out in a row for one reason is one
 * note.
 */
export function leftOutNotes(filter: Filter, from: EpochMs, to: EpochMs): ScheduleNote[] {
  const notes: ScheduleNote[] = [];
  let row: LeftOut | undefined;
  let last = from;
  let count = 0;
  const end = (): void => {
    if (row === undefined) return;
    const more = count === 1 ? "" : ` and ${count - 1} more, up to ${isoOf(last)}`;
    notes.push({
      at: row.at,
      kind: "left-out",
      effect: "dropped",
      message: `left out${more}; ${row.reason}`,
    });
  };
  for (const left of leftOut(filter, from, to)) {
    const isSameRow = row?.reason === left.reason && (filter.next(last) ?? Infinity) > left.at;
    if (!isSameRow) {
      end();
      if (notes.length === MOST_NOTES) return notes;
      row = left;
      count = 0;
    }
    last = left.at;
    count++;
  }
  end();
  return notes;
}

/** In the order of time, each occurrence once, for the first restriction that leaves it out. */
function* leftOut(filter: Filter, from: EpochMs, to: EpochMs): Generator<LeftOut> {
  const sources = filter.keep.map((_, index) => filter.leftOutBy(index));
  const heads = sources.map((source) => source.next(from) ?? Infinity);
  for (let looked = 0; looked < MOST_LOOKED_AT; looked++) {
    const at = Math.min(...heads);
    if (!(at <= to)) return;
    const index = heads.indexOf(at);
    // A gap may bring a run to this instant that stays.
    if (filter.next(at - 1) !== at) yield { at, reason: reasonOf(filter, filter.keep[index]!, at) };
    for (const [i, source] of sources.entries()) {
      if (heads[i] === at) heads[i] = source.next(at) ?? Infinity;
    }
  }
}

function reasonOf({ zone: own, defaults }: Filter, group: Group, at: EpochMs): string {
  const [spec, ...more] = group;
  if (more.length > 0) return `outside: ${tellGroup(group, ENGLISH)}`;
  const { hours, days, not, timezone } = spec!;
  if (days !== undefined && hours === undefined && spec!.from === undefined) {
    const day = Math.floor(localOf(zone(timezone ?? own), at) / DAY_MS);
    return not === true ? whyIn(days, day, defaults) : whyNotIn(days, day, defaults);
  }
  const text = tellSpec(spec!, ENGLISH);
  return not === true ? text : `outside: ${text}`;
}

function isoOf(at: EpochMs): string {
  return new Date(at).toISOString().replace(/(?::00)?\.000Z$/, "Z");
}
