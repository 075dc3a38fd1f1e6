import { isSunbeatError } from "../../core/errors.js";
import { dayNumber, lengthOf } from "../civil.js";
import { zone } from "../zone.js";
import type { Line } from "./lines.js";
import { rruleInvalid, type Piece } from "./refusal.js";

/** A date or a local time of the text, and the zone in which it is read. */
export interface Stamp {
  readonly day: number;
  /** Seconds since midnight; 0 of a date. */
  readonly second: number;
  readonly isDate: boolean;
  /** "UTC" of a time with `Z`, the name of a TZID, undefined where the text names none. */
  readonly zone: string | undefined;
  readonly piece: Piece;
}

const FORM = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/i;

/** "20270112", "20270112T090000", "20270112T090000Z". Throws SUNBEAT_RRULE_INVALID. */
export function stampOf(piece: Piece, tzid?: string): Stamp {
  const match = FORM.exec(piece.value);
  if (match === null) throw rruleInvalid(piece, `expected ${FORMS}, got "${piece.value}"`, hintOf(piece));
  const [year, month, date] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const isTime = match[4] !== undefined;
  const [hour, minute, second] = [Number(match[4] ?? 0), Number(match[5] ?? 0), Number(match[6] ?? 0)];
  const isDay =
    year >= 1 && month >= 1 && month <= 12 && date >= 1 && date <= lengthOf(year * 12 + month - 1);
  if (!isDay || hour > 23 || minute > 59 || second > 59) {
    throw rruleInvalid(piece, `there is no ${isDay ? "time" : "date"} ${piece.value}`);
  }
  const isUtc = match[7] !== undefined && match[7] !== "";
  if (isUtc && tzid !== undefined) {
    throw rruleInvalid(
      piece,
      `Z is UTC, and TZID=${tzid} names another zone`,
      "leave out the Z, or the TZID",
    );
  }
  return {
    day: dayNumber(year, month, date),
    second: (hour * 60 + minute) * 60 + second,
    isDate: !isTime,
    zone: isUtc ? "UTC" : tzid,
    piece,
  };
}

const FORMS = "a date (20270112) or a time (20270112T090000, with Z for UTC)";

function hintOf({ value }: Piece): string {
  if (/RRULE|RDATE|EXDATE|DTSTART/.test(value)) {
    return "a line that begins with a space continues the line before it: begin each line in the first column";
  }
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?)?/.exec(value);
  if (iso === null) return "";
  const [, year, month, day, hour, minute, second = "00"] = iso;
  return `write ${year}${month}${day}${hour === undefined ? "" : `T${hour}${minute}${second}`}`;
}

/** The dates and times of a DTSTART, RDATE or EXDATE line. Throws SUNBEAT_RRULE_INVALID. */
export function stampsOf(line: Line): Stamp[] {
  const { name, params, value } = line;
  const tzid = params.get("TZID");
  if (tzid !== undefined) assertZone(tzid);
  const type = params.get("VALUE")?.value.toUpperCase();
  if (type !== undefined && type !== "DATE" && type !== "DATE-TIME") {
    throw rruleInvalid(
      line.piece(name),
      `VALUE=${type} is refused`,
      "write the time at which each of them begins",
    );
  }
  let index = 0;
  return value.split(",").map((text) => {
    const piece = line.piece(name, index, text.length);
    index += text.length + 1;
    const stamp = stampOf(piece, tzid?.value);
    if (type === undefined || (type === "DATE") === stamp.isDate) return stamp;
    throw rruleInvalid(piece, `VALUE=${type} stands before "${text}"`, "make one say what the other does");
  });
}

/** A zone of a text is one of IANA's: what a VTIMEZONE says is not read. */
function assertZone(tzid: Piece): void {
  try {
    zone(tzid.value);
  } catch (error) {
    if (!isSunbeatError(error)) throw error;
    // "/example.org/20050126_1/Europe/Berlin" ends in what is meant.
    const end = /(?<![A-Za-z_])[A-Za-z_]+\/[A-Za-z_]+$/.exec(tzid.value.slice(-64))?.[0];
    const { nearest } = error.details;
    const meant = end !== undefined && end !== tzid.value ? end : nearest;
    const instead =
      typeof meant === "string" ? `TZID=${meant}` : "the name of IANA, such as TZID=Europe/Berlin";
    const problem = `"${tzid.value}" is no time zone of IANA, and no VTIMEZONE is read`;
    throw rruleInvalid(tzid, problem, `write ${instead}`);
  }
}
