/**
 * Rules R1 to R7 of docs/crontab-semantics.md by stepping real minutes, slow and plain on purpose. It shares
 * nothing with the engine: it reads the fields itself, and takes offsets from Intl. Plain syntax, no seconds.
 */
export interface ReferenceOptions {
  readonly timezone: string;
  readonly dayMatch?: "or" | "and";
  readonly dst?: ReferenceDst;
  readonly class?: "auto" | "fixed" | "wildcard";
}

export type ReferenceDst =
  | "vixie"
  | "skip"
  | "wall"
  | { readonly gap: "after" | "skip" | "shift"; readonly fold: "first" | "second" | "both" };

const MINUTE = 60_000;
const DAY = 1440;
const NAMES = "sun mon tue wed thu fri sat jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const LIMITS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

interface Fields {
  readonly texts: readonly string[];
  readonly sets: readonly ReadonlySet<number>[];
}

function readFields(expression: string): Fields {
  const texts = expression.split(" ");
  const sets = texts.map((text, i) => {
    const [min, max] = LIMITS[i]!;
    const last = i === 4 ? 6 : max;
    const members = new Set<number>();
    for (const item of text.split(",")) {
      const [range = "", step = "1"] = item.split("/");
      let low: number = min;
      let high: number = last;
      if (range !== "*") {
        const [a = "", b = a] = range.split("-");
        [low, high] = [readValue(a), readValue(b)];
      }
      // Walk upwards, over the end if need be, and take every step-th value.
      if (low > high && low > last) low = min;
      for (let value = low, n = 0; ; value++, n++) {
        const wrapped = value > Math.max(last, high) ? value - (last - min + 1) : value;
        if (n % Number(step) === 0) members.add(i === 4 ? wrapped % 7 : wrapped);
        if (wrapped === high) break;
      }
    }
    return members;
  });
  return { texts, sets };
}

function readValue(text: string): number {
  const index = NAMES.indexOf(text.toLowerCase());
  return index === -1 ? Number(text) : index < 7 ? index : index - 6;
}

function matches({ texts, sets }: Fields, local: number, dayMatch: "or" | "and"): boolean {
  const date = new Date(local * MINUTE);
  const [minutes, hours, days, months, weekdays] = sets;
  if (!minutes!.has(date.getUTCMinutes()) || !hours!.has(date.getUTCHours())) return false;
  if (!months!.has(date.getUTCMonth() + 1)) return false;
  const day = days!.has(date.getUTCDate());
  const weekday = weekdays!.has(date.getUTCDay());
  const either = dayMatch === "or" && !texts[2]!.startsWith("*") && !texts[4]!.startsWith("*");
  return either ? day || weekday : day && weekday;
}

function isWildcard({ texts, sets }: Fields): boolean {
  return [0, 1].some((i) => texts[i]!.startsWith("*") || sets[i]!.size === LIMITS[i]![1] + 1);
}

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

/** The offset in whole minutes, rounded down. */
export function referenceOffset(timezone: string, minute: number): number {
  const key = `${timezone} ${minute}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, timeZoneName: "longOffset" });
    formats.set(timezone, format);
  }
  const text = format.formatToParts(minute * MINUTE).find((part) => part.type === "timeZoneName")!.value;
  const [, sign = "+", hours = "0", minutes = "0", seconds = "0"] =
    /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(text) ?? [];
  const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) / 60;
  const offset = Math.floor(sign === "-" ? -size : size);
  if (offsets.size > 2_000_000) offsets.clear();
  offsets.set(key, offset);
  return offset;
}

/** The offset of every minute in [from, to), taken to stand still through an hour whose ends agree. */
function offsetsBetween(timezone: string, from: number, to: number): number[] {
  const list: number[] = [];
  for (let minute = from; minute < to; minute += 60) {
    const first = referenceOffset(timezone, minute);
    const same = first === referenceOffset(timezone, minute + 60);
    for (let i = 0; i < 60; i++) list.push(same ? first : referenceOffset(timezone, minute + i));
  }
  return list;
}

/** Every occurrence in [from, to), both in whole minutes from the epoch. */
export function referenceOccurrences(
  expression: string,
  options: ReferenceOptions,
  from: number,
  to: number,
): number[] {
  const { timezone, dayMatch = "or", dst = "vixie", class: jobClass = "auto" } = options;
  const fields = readFields(expression);
  const wildcard = jobClass === "auto" ? isWildcard(fields) : jobClass === "wildcard";
  const policy = policyFor(dst, wildcard);
  // Two days to either side: what was reached before `from`, and what comes again after `to`.
  const start = from - 2 * DAY;
  const offset = offsetsBetween(timezone, start, to + 2 * DAY);
  const found = new Set<number>();
  const isMatch = (local: number): boolean => matches(fields, local, dayMatch);
  const reached = new Set<number>();
  let frontier = start + offset[0]! - 1;
  const comesAgain = (i: number): boolean => {
    const local = start + i + offset[i]!;
    for (let j = i + 1; j < Math.min(i + DAY, offset.length); j++) {
      if (Math.abs(offset[j]! - offset[j - 1]!) >= DAY) return false;
      if (start + j + offset[j]! === local) return true;
    }
    return false;
  };
  const changes = offset.flatMap((value, i) => (i > 0 && value !== offset[i - 1] ? [i] : []));
  for (let i = 0; i < offset.length; i++) {
    const now = start + i;
    const local = now + offset[i]!;
    const jump = i === 0 ? 0 : offset[i]! - offset[i - 1]!;
    if (Math.abs(jump) >= DAY) {
      frontier = local - 1; // R4
      reached.clear();
    }
    for (let missed = frontier + 1; missed < local; missed++) {
      if (!isMatch(missed) || policy.gap === "skip") continue;
      found.add(policy.gap === "after" ? now : missed - offset[i - 1]!);
    }
    if (isMatch(local)) {
      const again = reached.has(local);
      const nearChange = changes.some((change) => change > i && change - i <= DAY);
      if (policy.fold === "both") found.add(now);
      else if (policy.fold === "first" && !again) found.add(now);
      else if (policy.fold === "second" && !(nearChange && comesAgain(i))) found.add(now);
    }
    reached.add(local);
    frontier = Math.max(frontier, local);
  }
  return [...found].filter((minute) => minute >= from && minute < to).sort((a, b) => a - b);
}

function policyFor(dst: ReferenceDst, wildcard: boolean): Exclude<ReferenceDst, string> {
  if (dst === "skip") return { gap: "skip", fold: "first" };
  if (dst === "wall" || wildcard) return { gap: "skip", fold: "both" };
  return dst === "vixie" ? { gap: "after", fold: "first" } : dst;
}
