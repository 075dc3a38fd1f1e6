/** Clocks of a zone over a stretch of time: offsets, the nights on which they change, and local days. */

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** No zone changes its clocks twice in so long. */
const PROBE_MS = 3 * DAY_MS;

/** The clocks change at an instant: by so much they are ahead of UTC before and after. */
export interface ZoneChange {
  readonly at: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

export interface ZoneSpan {
  readonly zone: string;
  readonly changes: readonly ZoneChange[];
  /** Milliseconds that the zone is ahead of UTC. */
  readonly offsetAt: (at: number) => number;
  /** Local time as though it were UTC. */
  readonly localOf: (at: number) => number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function probe(at: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      ...({ timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" } as const),
      ...({ hour: "numeric", minute: "numeric", second: "numeric" } as const),
    });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000;
}

/** Of the time from `from` to `to`, and a day on either side. */
export function zoneSpan(from: number, to: number, zone: string): ZoneSpan {
  const changes: ZoneChange[] = [];
  const begin = Math.floor((from - DAY_MS) / MINUTE_MS) * MINUTE_MS;
  const first = probe(begin, zone);
  let [at, before] = [begin, first];
  for (const end = to + DAY_MS; at < end;) {
    const next = at + PROBE_MS;
    const after = probe(next, zone);
    if (after !== before)
      changes.push({ at: changeIn(at, next, before, zone), beforeMs: before, afterMs: after });
    [at, before] = [next, after];
  }
  const offsetAt = (instant: number): number =>
    changes.findLast((change) => change.at <= instant)?.afterMs ?? first;
  return { zone, changes, offsetAt, localOf: (instant) => instant + offsetAt(instant) };
}

/** The first minute of another offset. */
function changeIn(from: number, to: number, before: number, zone: string): number {
  let [low, high] = [from / MINUTE_MS, to / MINUTE_MS];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (probe(middle * MINUTE_MS, zone) === before) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}

/** Local times that are skipped ("gap") or come twice ("fold") where the clocks change, as though they were UTC. */
export interface Stretch {
  readonly kind: "gap" | "fold";
  readonly at: number;
  readonly fromLocal: number;
  readonly toLocal: number;
}

export function stretchOf({ at, beforeMs, afterMs }: ZoneChange): Stretch {
  const [reached, goesOn] = [at + beforeMs, at + afterMs];
  return afterMs > beforeMs
    ? { kind: "gap", at, fromLocal: reached, toLocal: goesOn }
    : { kind: "fold", at, fromLocal: goesOn, toLocal: reached };
}

/** The first instant of a local time; of one that is skipped the first after the gap. */
export function instantOf(local: number, span: ZoneSpan): number {
  const edges = [-Infinity, ...span.changes.map(({ at }) => at), Infinity];
  for (let index = 0; index + 1 < edges.length; index++) {
    const [from, to] = [edges[index]!, edges[index + 1]!];
    const offset = index === 0 ? span.offsetAt(-Infinity) : span.changes[index - 1]!.afterMs;
    const at = local - offset;
    if (at < to) return Math.max(at, from);
  }
  return local;
}

export interface LocalDay {
  /** "2027-03-28". */
  readonly date: string;
  readonly from: number;
  /** Not among it. */
  readonly to: number;
  /** Its midnight, as though it were UTC. */
  readonly local: number;
}

export function dayOf(at: number, span: ZoneSpan): LocalDay {
  return localDay(Math.floor(span.localOf(at) / DAY_MS) * DAY_MS, span);
}

function localDay(local: number, span: ZoneSpan): LocalDay {
  const date = new Date(local).toISOString().slice(0, 10);
  return { date, local, from: instantOf(local, span), to: instantOf(local + DAY_MS, span) };
}

/** All local days that meet the time from `from` to `to`. */
export function daysOf(from: number, to: number, span: ZoneSpan): LocalDay[] {
  const days: LocalDay[] = [];
  for (let day = dayOf(from, span); day.from < to; day = localDay(day.local + DAY_MS, span)) days.push(day);
  return days;
}

/** The midnight of a date, as though it were UTC; null: it is none. */
export function localDate(date: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return null;
  const local = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(local) ? null : local;
}

/** "02:30", with seconds where they are wanted. */
export function timeOfDay(local: number, withSeconds = false): string {
  return new Date(local).toISOString().slice(11, withSeconds ? 19 : 16);
}

/** "+02:00". */
export function offsetText(offsetMs: number): string {
  const minutes = Math.abs(Math.round(offsetMs / MINUTE_MS));
  const pad = (value: number): string => String(value).padStart(2, "0");
  return `${offsetMs < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
