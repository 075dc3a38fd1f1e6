import { formatDay } from "../civil.js";
import { calendar, CalendarSchedule, type CalendarOptions } from "../calendar/calendar.js";
import { ClockedSchedule } from "../clocked.js";
import { joined, type Composable } from "../compose/composable.js";
import { dates, days } from "../days/makers.js";
import type { LocalDate } from "../days/tree.js";
import { policyOf, type DstOption } from "../local/dst.js";
import { formatTime, type TimeOfDay } from "../local/time-of-day.js";
import type { TimeWindow } from "../schedule.js";
import { during } from "../windows/window.js";
import { instantOf, localOf, zone, type Zone } from "../zone.js";
import type { Recur } from "./recur.js";
import { daysOfRecur } from "./recur-days.js";
import { rruleInvalid } from "./refusal.js";
import type { RuleSet } from "./rule-set.js";
import type { Stamp } from "./stamp.js";

const DAY_SECONDS = 86_400;
const DAY_MS = 86_400_000;

/** What is read into the lines of a set: the zone of its local times, its rule for changes of the clocks, its text. */
export interface Reading {
  readonly timezone: string | undefined;
  readonly dst: DstOption;
  readonly text: string | undefined;
}

/** What all schedules of a set have in common. */
type Place = Pick<CalendarOptions, "timezone" | "dst">;

/** The schedule that a set means. Throws SUNBEAT_RRULE_INVALID. */
export function scheduleOf(set: RuleSet, { timezone, dst, text }: Reading): Composable {
  const place: Place = { ...(timezone !== undefined && { timezone }), dst };
  const clock = timezone === undefined ? undefined : zone(timezone);
  if (clock !== undefined && policyOf(dst, "fixed").gap === "skip") refuseSkipped(set.added, clock);
  const added = labelsOf(set.added, clock, set);
  const makers = [
    ...set.rules.map((recur) => (kept?: string) => ruleSchedule(recur, set, place, kept)),
    ...bySecond(added.labels).map(
      ([second, listed]) =>
        (kept?: string) =>
          noted(calendar({ every: "day", at: formatTime(second), ...place }), kept).onDays(dates(listed)),
    ),
    ...added.instants.map((at) => () => new ClockedSchedule(at)),
  ];
  // The first calendar keeps the text of all.
  const members = makers.map((make, i) => make(i === 0 ? text : undefined));
  const times = new Set([...set.rules.flatMap((recur) => timesOf(recur, set)), ...added.seconds]);
  return without(joined(members), set, clock, times);
}

function noted(schedule: CalendarSchedule, text: string | undefined): CalendarSchedule {
  return text === undefined ? schedule : new CalendarSchedule({ ...schedule.made, text });
}

/** RFC 5545 moves a named time that does not exist (3.3.5) and leaves out one that a rule gives (3.3.10). */
function refuseSkipped(stamps: readonly Stamp[], clock: Zone): void {
  for (const { day, second, zone: other, piece } of stamps) {
    const local = day * DAY_MS + second * 1_000;
    if ((other !== undefined && other !== clock.name) || localOf(clock, instantOf(clock, local)) === local)
      continue;
    throw rruleInvalid(piece, `there is no ${piece.value} in ${clock.name}`, "write the time after the gap");
  }
}

/** Local times of the rule's own zone, and instants that no local time of it names. */
interface Labels {
  readonly labels: readonly { readonly day: number; readonly second: number }[];
  readonly seconds: readonly number[];
  readonly instants: readonly number[];
}

/** A time in another zone than the rule's becomes a local time of that, where it is one. */
function labelsOf(stamps: readonly Stamp[], clock: Zone | undefined, set: RuleSet): Labels {
  const labels: { day: number; second: number }[] = [];
  const instants: number[] = [];
  for (const { day, second, zone: other } of stamps) {
    if (other === undefined || (set.start === undefined && clock === undefined) || other === clock?.name) {
      labels.push({ day, second });
      continue;
    }
    const at = instantOf(zone(other), day * DAY_MS + second * 1_000);
    const local = clock === undefined ? undefined : localOf(clock, at);
    if (local === undefined || instantOf(clock!, local) !== at) instants.push(at);
    else labels.push({ day: Math.floor(local / DAY_MS), second: (local / 1_000) % DAY_SECONDS });
  }
  return { labels, instants, seconds: labels.map(({ second }) => second) };
}

/** The dates of each time of day. */
function bySecond(labels: Labels["labels"]): [second: number, dates: LocalDate[]][] {
  const found = new Map<number, LocalDate[]>();
  for (const { day, second } of labels) {
    const listed = found.get(second) ?? [];
    if (listed.length === 0) found.set(second, listed);
    listed.push(dateOf(day));
  }
  return [...found].sort(([a], [b]) => a - b);
}

function dateOf(day: number): LocalDate {
  return formatDay(day) as LocalDate;
}

/** Without the instances of EXDATE. Where the set has one time of day they are days. */
function without(
  schedule: Composable,
  set: RuleSet,
  clock: Zone | undefined,
  times: ReadonlySet<number>,
): Composable {
  const { labels, instants } = labelsOf(set.excepted, clock, set);
  const what = bySecond(labels).map(([second, listed]) =>
    times.size === 1 && times.has(second)
      ? dates(listed)
      : during(formatTime(second), endOf(second), { days: dates(listed) }),
  );
  const kept = what.length === 0 ? schedule : schedule.except(...what);
  return instants.length === 0 ? kept : kept.except(joined(instants.map((at) => new ClockedSchedule(at))));
}

/** The second after a time of day. */
function endOf(second: number): TimeOfDay {
  return formatTime((second + 1) % DAY_SECONDS);
}

function ruleSchedule(recur: Recur, set: RuleSet, place: Place, text: string | undefined): Composable {
  const { start } = set;
  if (start === undefined && (recur.interval > 1 || recur.count !== undefined)) {
    throw needsStart(recur, recur.interval > 1 ? "INTERVAL" : "COUNT", "is counted from DTSTART");
  }
  const { rule, limits } = daysOfRecur(recur, (wanting) => {
    if (start !== undefined) return start.day;
    throw needsStart(recur, "FREQ", `${wanting} is taken from DTSTART`);
  });
  if (start === undefined && recur.freq === "YEARLY" && rule.in === undefined && rule.every === "year") {
    throw needsStart(recur, "FREQ", "the month is taken from DTSTART");
  }
  const seconds = timesOf(recur, set);
  const from = start === undefined ? {} : { from: dateOf(start.day) };
  const options = { ...rule, ...from, at: seconds.map(formatTime), ...place };
  const { until, cut: end } = untilOf(recur, seconds, start);
  const before = seconds.filter((second) => start !== undefined && second < start.second);
  const isCutAtStart = before.length > 0 && days({ ...rule, ...from }).has(dateOf(start!.day));
  const cuts = [...end, ...(isCutAtStart ? [beforeStart(start!)] : [])];
  const isWhole = limits.length === 0 && cuts.length === 0;
  const counted = recur.count !== undefined && isWhole ? { count: recur.count } : {};
  let schedule: Composable = noted(calendar({ ...options, ...until, ...counted }), text);
  for (const limit of limits) schedule = schedule.onDays(limit);
  if (cuts.length > 0) schedule = schedule.except(...cuts);
  return recur.count === undefined || isWhole ? schedule : firstOf(schedule, recur, start!, place);
}

function needsStart(recur: Recur, part: string, problem: string): Error {
  return rruleInvalid(
    recur.piece(part),
    problem,
    "write a line DTSTART;TZID=Europe/Berlin:20270112T090000 before it",
  );
}

/** Times of day, rising. */
function timesOf(recur: Recur, { start }: RuleSet): number[] {
  const { hours, minutes, seconds } = recur;
  if (start?.isDate === true && (hours ?? minutes ?? seconds) !== undefined) {
    const part = hours ? "BYHOUR" : minutes ? "BYMINUTE" : "BYSECOND";
    throw rruleInvalid(
      recur.piece(part),
      "does not go with a DTSTART that is a date",
      "write DTSTART with a time",
    );
  }
  if (start === undefined && (hours === undefined || minutes === undefined)) {
    const missing = hours === undefined ? "BYHOUR" : "BYMINUTE";
    throw needsStart(recur, missing, "the time of day is taken from DTSTART");
  }
  const of = start?.second ?? 0;
  const times = (hours ?? [Math.floor(of / 3_600)]).flatMap((hour) =>
    (minutes ?? [Math.floor(of / 60) % 60]).flatMap((minute) =>
      (seconds ?? [of % 60]).map((second) => (hour * 60 + minute) * 60 + second),
    ),
  );
  if (recur.positions === undefined || times.length === 1) return times;
  throw rruleInvalid(
    recur.piece("BYSETPOS"),
    "with several times of day it counts instants, and is refused",
    "write a rule for each time, or calendar({ position }), which counts days",
  );
}

/** The instants before DTSTART on its day are no instances. */
function beforeStart({ day, second }: Stamp): TimeWindow {
  return during("00:00", formatTime(second), { days: dates([dateOf(day)]) });
}

/** UNTIL as the last day, and what of that day comes after it; with `Z` it is an instant. */
function untilOf(
  recur: Recur,
  seconds: readonly number[],
  start: Stamp | undefined,
): { readonly until: Pick<CalendarOptions, "until">; readonly cut: readonly TimeWindow[] } {
  const { until } = recur;
  if (until === undefined) return { until: {}, cut: [] };
  const { day, second, isDate } = until;
  const isInstant = until.zone !== undefined && start?.zone !== until.zone;
  if (isInstant) return { until: { until: day * DAY_MS + (second + 1) * 1_000 }, cut: [] };
  const last = isDate ? DAY_SECONDS : second;
  const lastDay = seconds[0]! > last ? day - 1 : day;
  if (start !== undefined && lastDay < start.day) {
    throw rruleInvalid(
      recur.piece("UNTIL"),
      "ends the rule before its first time of day",
      "write a later one",
    );
  }
  const isCut = lastDay === day && seconds.at(-1)! > last;
  const cut = isCut ? [during(endOf(last), "24:00", { days: dates([dateOf(day)]) })] : [];
  return { until: { until: dateOf(lastDay) }, cut };
}

/** COUNT of what restrictions left: the end is an instant, so the zone must be known. */
function firstOf(schedule: Composable, recur: Recur, start: Stamp, { timezone }: Place): Composable {
  if (timezone === undefined) {
    throw rruleInvalid(
      recur.piece("COUNT"),
      "with these BY parts instances are counted in a zone, and none is named",
      "write DTSTART;TZID=Europe/Berlin:..., or give { timezone }",
    );
  }
  let last = schedule.next((start.day - 3) * DAY_MS);
  for (let i = 1; i < recur.count! && last !== null; i++) last = schedule.next(last);
  return last === null ? schedule : schedule.endAt(last + 1_000);
}
