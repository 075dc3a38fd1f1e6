import { didYouMean } from "../../core/nearest.js";
import type { Weekday } from "../days/tree.js";
import type { Line } from "./lines.js";
import { rruleInvalid, type Piece } from "./refusal.js";
import { stampOf, type Stamp } from "./stamp.js";

export type Frequency = "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY";

/** A weekday, or the n-th one of a month. */
export interface ByDay {
  readonly weekday: Weekday;
  readonly nth: number | undefined;
}

/** An RRULE, each part by itself checked. */
export interface Recur {
  readonly freq: Frequency;
  readonly interval: number;
  readonly count: number | undefined;
  readonly until: Stamp | undefined;
  readonly weekStart: Weekday;
  readonly months: readonly number[] | undefined;
  readonly monthDays: readonly number[] | undefined;
  readonly byDay: readonly ByDay[] | undefined;
  readonly positions: readonly number[] | undefined;
  readonly hours: readonly number[] | undefined;
  readonly minutes: readonly number[] | undefined;
  readonly seconds: readonly number[] | undefined;
  readonly clamp: boolean;
  /** A part as it is written; the whole rule where it is not. */
  readonly piece: (part: string) => Piece;
}

/** The longest INTERVAL that a calendar counts. */
const MOST: Readonly<Record<Frequency, number>> = {
  ...{ DAILY: 10_000, WEEKLY: 1_000, MONTHLY: 1_000, YEARLY: 400 },
};
const WEEKDAYS: Readonly<Record<string, Weekday>> = {
  ...{ SU: "sun", MO: "mon", TU: "tue", WE: "wed", TH: "thu", FR: "fri", SA: "sat" },
};
const PARTS = [
  ...["FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"],
  ...["BYHOUR", "BYMINUTE", "BYSECOND", "RSCALE", "SKIP"],
];

const STEPS = "their phase through a change of the clocks is disputed";
/** What is refused, why, and what to write instead. */
const REFUSED: Readonly<Record<string, readonly [problem: string, instead: string]>> = {
  HOURLY: [`is refused, as ${STEPS}`, 'write every("1h"), or calendar({ at: { every: "1h", from, to } })'],
  MINUTELY: [`is refused, as ${STEPS}`, 'write every("1m"), or calendar({ at: { every: "1m", from, to } })'],
  SECONDLY: [`is refused, as ${STEPS}`, 'write every("1s"), or calendar({ at: { every: "1s", from, to } })'],
  BYWEEKNO: ["is refused, as weeks of ISO cross the year", "write the days as dates([...])"],
  BYYEARDAY: ["is refused", "write the days as dates([...]), or BYMONTH and BYMONTHDAY"],
};

/** The parts of an RRULE line. Throws SUNBEAT_RRULE_INVALID. */
export function recurOf(line: Line): Recur {
  const pieces = new Map<string, Piece>();
  let index = 0;
  for (const text of line.value.split(";")) {
    if (text !== "" || index + 1 < line.value.length) {
      const piece = partOf(line, index, text);
      if (pieces.has(piece.part)) throw rruleInvalid(piece, "stands twice", "write it once");
      pieces.set(piece.part, piece);
    }
    index += text.length + 1;
  }
  const freq = pieces.get("FREQ");
  if (freq === undefined) {
    throw rruleInvalid(line.piece("RRULE"), "expected FREQ, got none", "write FREQ=WEEKLY, for instance");
  }
  const until = pieces.get("UNTIL");
  if (until !== undefined && pieces.has("COUNT")) {
    throw rruleInvalid(until, "stands beside COUNT", "write one of them");
  }
  const frequency = wordIn(freq, Object.keys(MOST)) as Frequency;
  return checked({
    freq: frequency,
    interval: one(pieces.get("INTERVAL"), 1, MOST[frequency]) ?? 1,
    count: one(pieces.get("COUNT"), 1, 100_000),
    until: until && stampOf(until),
    weekStart: weekStartOf(pieces.get("WKST")),
    months: numbers(pieces.get("BYMONTH"), 1, 12),
    monthDays: signed(pieces.get("BYMONTHDAY"), 31),
    byDay: byDayOf(pieces.get("BYDAY")),
    positions: signed(pieces.get("BYSETPOS"), 366),
    hours: numbers(pieces.get("BYHOUR"), 0, 23),
    minutes: numbers(pieces.get("BYMINUTE"), 0, 59),
    seconds: numbers(pieces.get("BYSECOND"), 0, 59),
    clamp: clampOf(pieces.get("RSCALE"), pieces.get("SKIP")),
    piece: (part) => pieces.get(part) ?? line.piece("RRULE"),
  });
}

function partOf(line: Line, index: number, text: string): Piece {
  const equals = text.indexOf("=");
  const part = (equals === -1 ? text : text.slice(0, equals)).toUpperCase();
  const piece = line.piece(part, index + equals + 1, text.length - equals - 1);
  const refused = REFUSED[part];
  if (refused !== undefined) throw rruleInvalid(piece, ...refused);
  if (part === "DTSTART" || part === "TZID") {
    throw rruleInvalid(piece, "is no part of a rule", "write DTSTART as a line of its own before RRULE");
  }
  if (equals === -1 || !PARTS.includes(part)) {
    const known = `expected parts such as FREQ=DAILY, got "${text}"${didYouMean(part, PARTS)}`;
    throw rruleInvalid({ ...piece, part: "RRULE" }, known);
  }
  return piece;
}

function wordIn(piece: Piece, words: readonly string[]): string {
  const word = piece.value.toUpperCase();
  if (words.includes(word)) return word;
  const refused = REFUSED[word];
  if (refused !== undefined) throw rruleInvalid(piece, `${word} ${refused[0]}`, refused[1]);
  throw rruleInvalid(piece, `expected ${words.join(", ")}, got "${piece.value}"${didYouMean(word, words)}`);
}

/** A list of numbers, sorted, each once. */
function numbers(
  piece: Piece | undefined,
  least: number,
  most: number,
  also = (_number: number): boolean => false,
): number[] | undefined {
  if (piece === undefined) return undefined;
  const list = piece.value.split(",").map((text) => {
    const number = /^[+-]?\d{1,6}$/.test(text) ? Number(text) : NaN;
    if ((number >= least && number <= most) || also(number)) return number;
    throw rruleInvalid(piece, `expected numbers from ${least} to ${most}, got "${text}"`);
  });
  return [...new Set(list)].sort((a, b) => a - b);
}

/** 1 to `most`, or from the end. */
function signed(piece: Piece | undefined, most: number): number[] | undefined {
  return numbers(piece, 1, most, (number) => number <= -1 && number >= -most);
}

function one(piece: Piece | undefined, least: number, most: number): number | undefined {
  const [number, ...more] = numbers(piece, least, most) ?? [];
  if (more.length > 0) throw rruleInvalid(piece!, `expected one number, got "${piece!.value}"`);
  return number;
}

function weekStartOf(piece: Piece | undefined): Weekday {
  return piece === undefined ? "mon" : WEEKDAYS[wordIn(piece, Object.keys(WEEKDAYS))]!;
}

function byDayOf(piece: Piece | undefined): ByDay[] | undefined {
  return piece?.value.split(",").map((text) => {
    const match = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/i.exec(text);
    const nth = match?.[1] === undefined ? undefined : Number(match[1]);
    if (match === null || nth === 0) {
      throw rruleInvalid(piece, `expected weekdays such as MO, 2TU or -1FR, got "${text}"`);
    }
    return { weekday: WEEKDAYS[match[2]!.toUpperCase()]!, nth };
  });
}

function clampOf(rscale: Piece | undefined, skip: Piece | undefined): boolean {
  if (rscale !== undefined && rscale.value.toUpperCase() !== "GREGORIAN") {
    throw rruleInvalid(rscale, `"${rscale.value}" is refused`, "write RSCALE=GREGORIAN, or leave it out");
  }
  if (skip === undefined) return false;
  if (rscale === undefined) throw rruleInvalid(skip, "needs RSCALE", "write RSCALE=GREGORIAN before it");
  if (skip.value.toUpperCase() === "FORWARD") {
    throw rruleInvalid(skip, "FORWARD is refused", "write SKIP=BACKWARD, or .shift after the rule");
  }
  return wordIn(skip, ["OMIT", "BACKWARD"]) === "BACKWARD";
}

/** What parts may not stand together. */
function checked(recur: Recur): Recur {
  const { freq, byDay, months, monthDays, positions, piece } = recur;
  const ordinal = byDay?.find(({ nth }) => nth !== undefined);
  if (ordinal !== undefined && (freq === "DAILY" || freq === "WEEKLY")) {
    throw rruleInvalid(
      piece("BYDAY"),
      `numbers of weekdays do not go with ${freq} (RFC 5545)`,
      "write FREQ=MONTHLY",
    );
  }
  if (ordinal !== undefined && freq === "YEARLY" && months === undefined) {
    throw rruleInvalid(
      piece("BYDAY"),
      "numbers of weekdays within a year are refused",
      "write BYMONTH as well, or the days as dates([...])",
    );
  }
  if (byDay?.some(({ nth }) => nth !== undefined && Math.abs(nth) > 5)) {
    throw rruleInvalid(
      piece("BYDAY"),
      "no month has more than five of a weekday",
      "write 1 to 5, or -1 to -5",
    );
  }
  if (freq === "WEEKLY" && monthDays !== undefined) {
    throw rruleInvalid(
      piece("BYMONTHDAY"),
      "days of the month do not go with WEEKLY (RFC 5545)",
      "write FREQ=DAILY",
    );
  }
  if (positions === undefined) return recur;
  const hasSet = [byDay, months, monthDays, recur.hours, recur.minutes, recur.seconds].some(Boolean);
  if (!hasSet) throw rruleInvalid(piece("BYSETPOS"), "needs another BY part (RFC 5545)", "leave it out");
  if (freq === "DAILY" && !positions.every((position) => Math.abs(position) === 1)) {
    throw rruleInvalid(piece("BYSETPOS"), "a day has one place here: 1, which is also -1", "leave it out");
  }
  if (freq === "WEEKLY" && months !== undefined) {
    throw rruleInvalid(
      piece("BYSETPOS"),
      "places in a week that BYMONTH cuts are refused",
      "leave BYMONTH out and write .onDays(days({ ... })) after the rule",
    );
  }
  return recur;
}
