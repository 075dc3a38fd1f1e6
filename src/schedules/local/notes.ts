import type { EpochMs } from "../../core/clock.js";
import { CYCLE_DAYS, formatDay, formatMinute } from "../civil.js";
import { MAX_INSTANT, type Segment } from "../zone.js";
import type { ScheduleNote } from "../schedule.js";
import type { Local } from "./local.js";

const MINUTE_MS = 60_000;
const CYCLE_MINUTES = CYCLE_DAYS * 1440;

/** What one change of a zone's offset does to one local schedule. */
export interface CrontabNote extends ScheduleNote {
  readonly kind: "gap" | "fold" | "date-line";
  /** Local date and time of the first due time that is skipped or repeated, and how many others there are. */
  readonly date: string;
  readonly time: string;
  readonly others: number;
  /** Whether the date has no other runs than these. */
  readonly onlyRuns: boolean;
  /** The skipped or repeated stretch: "02:00-03:00". */
  readonly stretch: string;
  /** Local date and time at which a moved run goes: "2027-03-28", "03:00"; undefined for the other effects. */
  readonly runsOn?: string;
  readonly runsAt?: string;
}

/** A stretch of local minutes that a segment's start skips or repeats. */
interface Irregular {
  readonly kind: CrontabNote["kind"];
  readonly from: number;
  readonly to: number;
  readonly skipped: boolean;
}

/** What the start of a segment skips or repeats; undefined for a mere cut in a long stretch. */
function irregularAt(segment: Segment): Irregular | undefined {
  const { start, offset, previousOffset, fresh } = segment;
  const local = start + offset;
  const reached = start + previousOffset;
  const jump = offset - previousOffset;
  if (jump === 0) return undefined;
  if (Math.abs(jump) >= 1440) {
    return {
      kind: "date-line",
      from: Math.min(local, reached),
      to: Math.max(local, reached),
      skipped: jump > 0,
    };
  }
  if (fresh < local) return { kind: "gap", from: fresh, to: local, skipped: true };
  return fresh > local ? { kind: "fold", from: local, to: fresh, skipped: false } : undefined;
}

export function notesBetween(local: Local, from: EpochMs, to: EpochMs): CrontabNote[] {
  const notes: CrontabNote[] = [];
  if (local.never || !(Math.abs(from) <= MAX_INSTANT) || Number.isNaN(to)) return notes;
  const first = Math.floor(from / MINUTE_MS);
  const last = Math.min(to / MINUTE_MS, MAX_INSTANT / MINUTE_MS, first + CYCLE_MINUTES);
  for (let segment = local.zone.at(first); segment.end <= last;) {
    segment = local.zone.at(segment.end);
    const note = noteAt(local, segment);
    if (note !== undefined) notes.push(note);
  }
  return notes;
}

/** What the start of a segment does to the schedule, if anything. */
function noteAt(local: Local, segment: Segment): CrontabNote | undefined {
  const irregular = irregularAt(segment);
  if (irregular === undefined) return undefined;
  const matches = matchesIn(local, irregular.from, irregular.to);
  if (matches === undefined) return undefined;
  const { effect, runsAt } = effectOf(local, segment, irregular, matches.first);
  const note = {
    at: segment.start * MINUTE_MS,
    kind: irregular.kind,
    effect,
    date: dateOf(matches.first),
    time: timeOf(matches.first),
    others: matches.count - 1,
    onlyRuns: !matchesElsewhere(local, irregular, matches.first),
    stretch: `${timeOf(irregular.from)}-${timeOf(irregular.to)}`,
    ...(runsAt === undefined ? {} : { runsOn: dateOf(runsAt), runsAt: timeOf(runsAt) }),
  };
  return { ...note, message: sentence(note, local) };
}

function effectOf(
  { policy }: Local,
  segment: Segment,
  irregular: Irregular,
  match: number,
): { readonly effect: CrontabNote["effect"]; readonly runsAt?: number } {
  if (irregular.kind === "date-line") return { effect: irregular.skipped ? "dropped" : "both-passes" };
  if (irregular.kind === "fold") return { effect: FOLD_EFFECTS[policy.fold] };
  if (policy.gap === "skip") return { effect: "dropped" };
  const shift = policy.gap === "after" ? irregular.to - match : segment.offset - segment.previousOffset;
  return { effect: "moved", runsAt: match + shift };
}

const FOLD_EFFECTS = { first: "first-pass", second: "second-pass", both: "both-passes" } as const;

const EFFECTS: Readonly<
  Record<Exclude<CrontabNote["effect"], "moved">, readonly [one: string, several: string]>
> = {
  dropped: ["is left out", "are left out"],
  "first-pass": ["runs in the first pass only", "run in the first pass only"],
  "second-pass": ["runs in the second pass only", "run in the second pass only"],
  "both-passes": ["runs in both passes", "run in both passes"],
};

function sentence(note: Omit<CrontabNote, "message">, { zone, policy }: Local): string {
  const { kind, effect, others, time, date, runsOn, runsAt = "" } = note;
  const several = others > 0;
  const skipped = kind === "gap" || effect === "dropped";
  const subject = several ? `${time} and ${others} more` : time;
  const verb = skipped
    ? several
      ? "do not exist"
      : "does not exist"
    : several
      ? "come twice"
      : "comes twice";
  const fact = `${subject} ${verb} in ${zone.name} on ${date}`;
  if (effect !== "moved") return `${fact}; ${EFFECTS[effect][several ? 1 : 0]}`;
  const when = runTime(date, runsOn ?? date, runsAt);
  if (!several) return `${fact}; runs at ${when}, after the gap`;
  return `${fact}; run ${policy.gap === "after" ? `once, at ${when}` : `from ${when} on`}, after the gap`;
}

/** "03:00", or with its date where that is another one than that of the missed time. */
function runTime(missedOn: string, runsOn: string, runsAt: string): string {
  return runsOn === missedOn ? runsAt : `${runsAt} on ${runsOn}`;
}

/** The first matching minute in a stretch of local minutes, and how many minutes of it match. */
function matchesIn(
  { calendar }: Local,
  from: number,
  to: number,
): { first: number; count: number } | undefined {
  const scale = calendar.perMinute;
  let count = 0;
  let first = 0;
  for (let match = calendar.next(from * scale); match < to * scale;) {
    const minute = Math.floor(match / scale);
    if (count++ === 0) first = minute;
    match = calendar.next((minute + 1) * scale);
  }
  return count === 0 ? undefined : { first, count };
}

/** Whether the local date of a match in a stretch has matches outside it. */
function matchesElsewhere({ calendar }: Local, { from, to }: Irregular, match: number): boolean {
  const scale = calendar.perMinute;
  const day = Math.floor(match / 1440) * calendar.perDay;
  return calendar.previous(from * scale - 1) >= day || calendar.next(to * scale) < day + calendar.perDay;
}

/** See `CrontabSchedule.note`. */
export function noteOf(local: Local, instant: EpochMs): string | undefined {
  if (local.never || !(Math.abs(instant) <= MAX_INSTANT)) return undefined;
  const minute = Math.floor(instant / MINUTE_MS);
  const segment = local.zone.at(minute);
  const localMinute = minute + segment.offset;
  const name = local.zone.name;
  if (irregularAt(segment)?.kind === "gap") {
    const note = gapNote(local, segment, minute);
    if (note !== undefined) return note;
  }
  if (localMinute < segment.fresh)
    return passNote(
      localMinute,
      name,
      "second",
      local.policy.fold === "both" ? "the first runs too" : "the first is left out",
    );
  if (localMinute >= segment.echo)
    return passNote(
      localMinute,
      name,
      "first",
      local.policy.fold === "both" ? "the second runs too" : "the second is left out",
    );
  return undefined;
}

function gapNote(local: Local, segment: Segment, minute: number): string | undefined {
  const { policy } = local;
  if (policy.gap === "after" && minute === segment.start) return noteAt(local, segment)?.message;
  if (policy.gap !== "shift") return undefined;
  const missed = minute + segment.previousOffset;
  if (missed >= segment.start + segment.offset || matchesIn(local, missed, missed + 1) === undefined)
    return undefined;
  const fact = `${timeOf(missed)} does not exist in ${local.zone.name} on ${dateOf(missed)}`;
  const run = minute + segment.offset;
  return `${fact}; runs at ${runTime(dateOf(missed), dateOf(run), timeOf(run))}, after the gap`;
}

function passNote(local: number, zoneName: string, pass: "first" | "second", other: string): string {
  return `${timeOf(local)} comes twice in ${zoneName} on ${dateOf(local)}; this is the ${pass} pass, ${other}`;
}

/** The local date of a local minute. */
export function dateOf(minute: number): string {
  return formatDay(Math.floor(minute / 1440));
}

function timeOf(minute: number): string {
  return formatMinute(minute - Math.floor(minute / 1440) * 1440);
}
