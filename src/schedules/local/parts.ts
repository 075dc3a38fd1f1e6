import type { EpochMs } from "../../core/clock.js";
import { allOf, anyOf, EVERY_DAY, type DayMask } from "../days/day-mask.js";
import type { Zone } from "../zone.js";
import { timesOfBlocks, withoutEmpty, type Block, type Cell } from "./block-times.js";
import { policyOf, type DstOption, type JobClass } from "./dst.js";
import type { Local } from "./local.js";
import { Occurrences } from "./occurrences.js";
import type { Lint } from "../schedule.js";
import { zoneLints } from "./zone-lints.js";

/** A local schedule taken apart: its days and times, before the rule of its zone is applied to them. */
export interface LocalParts {
  /** The union of all of them. */
  readonly blocks: readonly Block[];
  readonly zone: Zone;
  readonly dst: DstOption;
  readonly jobClass: JobClass;
  /** Nothing at or after this instant. */
  readonly end: EpochMs;
}

/**
 * The days and times that lie in one of the cells. Times that lie in the same cells stay together, so that there are never
 * more blocks than times.
 */
export function restricted(parts: LocalParts, cells: readonly Cell[]): LocalParts {
  return { ...parts, blocks: parts.blocks.flatMap((block) => cut(block, cells)) };
}

function cut({ days, seconds }: Block, cells: readonly Cell[]): Block[] {
  const together = new Map<string, { readonly held: readonly Cell[]; readonly seconds: number[] }>();
  // Between two edges of cells all times lie in the same ones.
  const edges = [...new Set(cells.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  let index = 0;
  for (let i = 0; i + 1 < edges.length; i++) {
    const [from, to] = [edges[i]!, edges[i + 1]!];
    while (index < seconds.length && seconds[index]! < from) index++;
    const start = index;
    while (index < seconds.length && seconds[index]! < to) index++;
    if (index === start) continue;
    const held = cells.filter((cell) => cell.from <= from && cell.to >= to);
    if (held.length === 0) continue;
    const key = held.map((cell) => cells.indexOf(cell)).join();
    const known = together.get(key) ?? { held, seconds: [] };
    for (let at = start; at < index; at++) known.seconds.push(seconds[at]!);
    together.set(key, known);
  }
  return [...together.values()].map((part) => {
    const held = part.held.length === 1 ? part.held[0]!.days : anyOf(part.held.map((cell) => cell.days));
    return { days: held === EVERY_DAY ? days : allOf([days, held]), seconds: part.seconds };
  });
}

/** The same times on other days. */
export function onOtherDays(parts: LocalParts, move: (days: DayMask) => DayMask): LocalParts {
  return { ...parts, blocks: parts.blocks.map(({ days, seconds }) => ({ days: move(days), seconds })) };
}

/** Ready to be searched. */
export interface Compiled {
  readonly local: Local;
  next(after: EpochMs): EpochMs | null;
  previous(before: EpochMs): EpochMs | null;
}

export function compileParts({ blocks, zone, dst, jobClass, end }: LocalParts): Compiled {
  const policy = policyOf(dst, jobClass);
  const some = withoutEmpty(blocks);
  const calendar = timesOfBlocks(some);
  const local = { calendar, zone, policy, never: some.length === 0 };
  if (local.never) return { local, next: () => null, previous: () => null };
  const occurrences = new Occurrences(calendar, zone, policy);
  return {
    local,
    next(after) {
      const due = occurrences.next(after);
      return due !== null && due < end ? due : null;
    },
    previous: (before) => occurrences.previous(Math.min(before, end)),
  };
}

/** What the coming changes of the zone do to it. */
export function zoneLintsOf({ blocks, dst, jobClass }: LocalParts, local: Local, from: EpochMs): Lint[] {
  const hours = new Set(blocks.flatMap(({ seconds }) => seconds.map((second) => Math.floor(second / 3_600))));
  return local.never ? [] : zoneLints({ local, dst, jobClass, isHourly: hours.size === 24 }, from);
}
