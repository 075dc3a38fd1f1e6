/**
 * What compositions mean, by looking at one moment of real time after the other over the offsets of Intl. Knows nothing
 * of masks, leaps and segments.
 */
import type { Node, WindowNode } from "./composition-arbitraries.js";

const MINUTE = 60_000;
const DAY = 1440;
/** Every change of an offset that is still in use falls on such a minute. */
const QUARTER = 15;
/** What lies further outside of a stretch cannot reach into it: offsets and windows that are open. */
const MARGIN = 5 * DAY;

const formats = new Map<string, Intl.DateTimeFormat>();
const known = new Map<string, Map<number, number>>();

/** The local minute that clocks of a zone show at a minute, both counted from the epoch. */
function localAt(timezone: string, minute: number): number {
  if (timezone === "UTC") return minute;
  const quarter = Math.floor(minute / QUARTER) * QUARTER;
  let offsets = known.get(timezone);
  if (offsets === undefined) known.set(timezone, (offsets = new Map<number, number>()));
  let offset = offsets.get(quarter);
  if (offset === undefined) offsets.set(quarter, (offset = shownAt(timezone, quarter) - quarter));
  return minute + offset;
}

function shownAt(timezone: string, minute: number): number {
  let format = formats.get(timezone);
  if (format === undefined) {
    const fields = {
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, hourCycle: "h23", ...fields });
    formats.set(timezone, format);
  }
  const part = Object.fromEntries(
    format.formatToParts(minute * MINUTE).map(({ type, value }) => [type, Number(value)]),
  );
  const shown = Date.UTC(part["year"]!, part["month"]! - 1, part["day"], part["hour"], part["minute"]);
  return shown / MINUTE;
}

/** Minutes of real time from `from` to before `to`, in steps of `step`. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Local times in a zone, by a question about each; they become instants last. */
interface LocalSet {
  readonly kind: "local";
  readonly has: (local: number) => boolean;
  readonly timezone: string;
  readonly followsTime: boolean;
}

interface InstantSet {
  readonly kind: "instants";
  readonly minutes: ReadonlySet<number>;
  /** In which restrictions are judged. */
  readonly timezone: string;
}

type Part = LocalSet | InstantSet;

const dayOf = (local: number): number => (((Math.floor(local / DAY) + 4) % 7) + 7) % 7;
const timeOf = (local: number): number => local - Math.floor(local / DAY) * DAY;

function holds({ from, to, days, not }: WindowNode, local: number): boolean {
  const time = timeOf(local);
  const isDay = (day: number): boolean => days?.includes((day + 7) % 7) ?? true;
  const today = dayOf(local);
  const inside =
    to > from
      ? time >= from && time < to && isDay(today)
      : (time >= from && isDay(today)) || (time < to && time < from && isDay(today - 1));
  return inside !== not;
}

function instantsOf(part: Part, { from, to, step }: Span): ReadonlySet<number> {
  if (part.kind === "instants") return part.minutes;
  const found = new Set<number>();
  let reached = -Infinity;
  for (let minute = from; minute < to; minute += step) {
    const local = localAt(part.timezone, minute);
    if (part.followsTime) {
      if (part.has(local)) found.add(minute);
      continue;
    }
    // What was shown already is past; what was jumped over is made up now.
    const start = reached === -Infinity ? local : reached + step;
    for (let each = start; each <= local; each += step) if (part.has(each)) found.add(minute);
    reached = Math.max(reached, local);
  }
  return found;
}

function partsOf(node: Node, span: Span): Part[] {
  const each = (of: Node, change: (part: Part) => Part): Part[] => partsOf(of, span).map(change);
  const keep = (part: Part, has: (minute: number) => boolean): InstantSet => ({
    kind: "instants",
    minutes: new Set([...instantsOf(part, span)].filter(has)),
    timezone: part.timezone,
  });
  const judged = (part: Part, has: (local: number) => boolean, timezone = part.timezone): Part =>
    part.kind === "local" && timezone === part.timezone
      ? { ...part, has: (local) => part.has(local) && has(local) }
      : keep(part, (minute) => has(localAt(timezone, minute)));
  switch (node.kind) {
    case "interval": {
      const minutes = new Set<number>();
      for (let minute = span.from; minute < span.to; minute += span.step) {
        if ((minute - node.offset) % node.minutes === 0) minutes.add(minute);
      }
      return [{ kind: "instants", minutes, timezone: "UTC" }];
    }
    case "times": {
      const has = (local: number): boolean =>
        node.times.includes(timeOf(local)) && node.days.includes(dayOf(local));
      return [{ kind: "local", has, timezone: node.timezone, followsTime: false }];
    }
    case "steps": {
      const has = (local: number): boolean => {
        const time = timeOf(local);
        return time >= node.from && time <= node.to && (time - node.from) % node.step === 0;
      };
      return [{ kind: "local", has, timezone: node.timezone, followsTime: true }];
    }
    case "days":
      return each(node.of, (part) => judged(part, (local) => node.days.includes(dayOf(local)) !== node.not));
    case "window": {
      const { window } = node;
      return each(node.of, (part) => judged(part, (local) => holds(window, local), window.timezone));
    }
    case "between": {
      const [opens, closes] = [node.from, node.to].map((edge) => minutesOf(edge, span));
      const open = new Set<number>();
      let isOpen = false;
      for (let minute = span.from; minute < span.to; minute += span.step) {
        if (closes!.has(minute)) isOpen = false;
        if (opens!.has(minute)) isOpen = true;
        if (isOpen) open.add(minute);
      }
      return each(node.of, (part) => keep(part, (minute) => open.has(minute) !== node.not));
    }
    case "except": {
      const what = minutesOf(node.what, span);
      return each(node.of, (part) => keep(part, (minute) => !what.has(minute)));
    }
    case "offset":
      return each(node.of, (part) =>
        node.minutes === 0
          ? part
          : {
              kind: "instants",
              minutes: new Set([...instantsOf(part, span)].map((minute) => minute + node.minutes)),
              timezone: part.timezone,
            },
      );
    case "bounds":
      return each(node.of, (part) =>
        keep(part, (minute) => minute * MINUTE >= node.startAt && minute * MINUTE < node.endAt),
      );
    case "union":
      return node.of.flatMap((member) => partsOf(member, span));
  }
}

function minutesOf(node: Node, span: Span): ReadonlySet<number> {
  return new Set(partsOf(node, span).flatMap((part) => [...instantsOf(part, span)]));
}

/** The minutes of a span at which a node is due, in order. */
export function dueMinutes(node: Node, { from, to, step }: Span): number[] {
  const wide = { from: from - MARGIN, to: to + MARGIN, step };
  return [...minutesOf(node, wide)].filter((minute) => minute >= from && minute < to).sort((a, b) => a - b);
}
