import type { EpochMs } from "../../core/clock.js";
import { lengthOf } from "../civil.js";
import { dayOfText } from "../days/day-mask.js";
import type { RuleTree } from "../days/tree.js";
import type { Local } from "../local/local.js";
import { zoneLintsOf, type LocalParts } from "../local/parts.js";
import type { Lint, LintOptions } from "../schedule.js";
import { formatDay } from "../civil.js";
import { meaningOf } from "../zone-names.js";

const DAY_MS = 86_400_000;
const RARE_DAYS = 370;

interface Linted {
  readonly timezone: string;
  readonly made: { readonly rule: RuleTree; readonly text?: string | undefined };
  readonly parts: LocalParts;
  next(after: EpochMs): EpochMs | null;
}

let lintsOfText: (text: string, timezone: string) => Lint[] = () => [];

/** The reader of RRULEs builds upon calendars: it says how their texts are judged, when it is loaded. */
export function judgeTextsBy(lints: (text: string, timezone: string) => Lint[]): void {
  lintsOfText = lints;
}

/** Everything that is allowed in a calendar but probably not meant. */
export function calendarLints(schedule: Linted, local: Local, { from, runTimeP95Ms }: LintOptions): Lint[] {
  const { rule } = schedule.made;
  const meaning = meaningOf(schedule.timezone);
  if (local.never)
    return [{ code: "never", field: "on", message: "no such day ever comes: this schedule never fires" }];
  return [
    ...shortMonths(rule),
    ...(meaning === undefined ? [] : [{ code: "zone-name", field: "timezone", ...meaning }]),
    ...(schedule.made.text === undefined
      ? later(schedule, local)
      : lintsOfText(schedule.made.text, schedule.timezone)),
    ...(from === undefined ? [] : [...rare(schedule, from), ...zoneLintsOf(schedule.parts, local, from)]),
    ...(runTimeP95Ms === undefined || from === undefined ? [] : overlap(schedule, from, runTimeP95Ms)),
  ];
}

/** Only days of which some months have none. */
function shortMonths({ unit, on, in: months, missing, position }: RuleTree): Lint[] {
  if ((unit !== "month" && unit !== "year") || missing === "clamp" || position !== undefined) return [];
  const numbers = on?.filter((item): item is number => typeof item === "number") ?? [];
  if (numbers.length === 0 || numbers.length < on!.length) return [];
  const least = Math.min(...numbers.map(Math.abs));
  const year = 2027 * 12;
  const wanted = months ?? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  if (wanted.every((month) => lengthOf(year + month - 1) >= least)) return [];
  const message = `months without day ${least} are left out; missing: "clamp" takes their last day instead`;
  return [{ code: "short-months", field: "on", message, suggestion: 'missing: "clamp"' }];
}

function later(schedule: Linted, local: Local): Lint[] {
  const { from } = schedule.made.rule;
  if (from === undefined) return [];
  const first = local.calendar.next(dayOfText(from)! * local.calendar.perDay);
  const day = Math.floor(first / local.calendar.perDay);
  if (!Number.isFinite(day) || formatDay(day) === from) return [];
  const message = `${from} is no day of the rule: the first run is on ${formatDay(day)}`;
  return [{ code: "from-later", field: "from", message }];
}

function rare(schedule: Linted, from: EpochMs): Lint[] {
  const first = schedule.next(from);
  const second = first === null ? null : schedule.next(first);
  if (first === null || second === null || second - first <= RARE_DAYS * DAY_MS) return [];
  const years = Math.round((second - first) / (365.25 * DAY_MS));
  const message = `${years} years pass between the next two runs, the first is ${new Date(first).toISOString().slice(0, 10)}`;
  return [{ code: "rare", field: "every", message }];
}

function overlap(schedule: Linted, from: EpochMs, runTimeMs: number): Lint[] {
  let last = schedule.next(from);
  for (let i = 0; i < 64 && last !== null; i++) {
    const next = schedule.next(last);
    if (next !== null && next - last < runTimeMs) {
      const message = `takes ${Math.round(runTimeMs / 1_000)} s (p95) but is due again after ${(next - last) / 1_000} s`;
      return [
        { code: "overlap-risk", field: "schedule", message, suggestion: 'overlap: "skip" or "queue-one"' },
      ];
    }
    last = next;
  }
  return [];
}
