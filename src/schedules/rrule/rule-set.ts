import { isSunbeatError } from "../../core/errors.js";
import { linesOf, type Line } from "./lines.js";
import { recurOf, type Recur } from "./recur.js";
import { rruleInvalid, type Piece } from "./refusal.js";
import { stampsOf, type Stamp } from "./stamp.js";

/** The lines of a text, read. */
export interface RuleSet {
  readonly start: Stamp | undefined;
  readonly rules: readonly Recur[];
  readonly added: readonly Stamp[];
  readonly excepted: readonly Stamp[];
  /** The text as a whole, for what is wrong with no single part. */
  readonly whole: Piece;
}

const LONGEST_TEXT = 65_536;

const NO_VTIMEZONE =
  "leave it out and name a zone of IANA: DTSTART;TZID=Europe/Berlin:...; fromICS of sunbeat/calendar reads whole files";
const REFUSED: Readonly<Record<string, readonly [problem: string, instead: string]>> = {
  EXRULE: ["is refused (RFC 5545 has it no more)", "write .except(rrule(...)) after the rule"],
  BEGIN: ["is refused: the lines of a rule stand by themselves, and no VTIMEZONE is read", NO_VTIMEZONE],
};

/** Throws SUNBEAT_RRULE_INVALID. */
export function ruleSetOf(text: string): RuleSet {
  const whole = { part: "text", value: text.slice(0, 80), position: 0 };
  if (text.length > LONGEST_TEXT) {
    throw rruleInvalid(
      whole,
      `expected at most ${LONGEST_TEXT} characters, got ${text.length}`,
      "a long list of dates is a calendar of days off: holidays(name)",
    );
  }
  const lines = linesOf(text);
  const named = (name: string): Line[] => lines.filter((line) => line.name === name);
  const stranger = lines.find(({ name }) => !["DTSTART", "RRULE", "RDATE", "EXDATE"].includes(name));
  if (stranger !== undefined) {
    const piece = stranger.piece(stranger.name);
    const refused = REFUSED[stranger.name] ?? ["is no line of a rule", "leave it out"];
    throw rruleInvalid(piece, ...refused);
  }
  const [start, ...more] = named("DTSTART").flatMap((line) => {
    const stamps = stampsOf(line);
    if (stamps.length === 1) return stamps;
    throw rruleInvalid(line.piece("DTSTART"), "expected one date or time", "write further ones as RDATE");
  });
  if (more.length > 0)
    throw rruleInvalid(named("DTSTART")[1]!.piece("DTSTART"), "stands twice", "write it once");
  const rules = named("RRULE").map(recurOf);
  const added = named("RDATE").flatMap(stampsOf);
  const excepted = named("EXDATE").flatMap((line) => exceptedIn(line, start));
  if (rules.length + added.length > 0) return { start, rules, added, excepted, whole };
  throw rruleInvalid(
    whole,
    "expected a line RRULE:FREQ=..., got none",
    "write for instance DTSTART;TZID=Europe/Berlin:20270112T090000, and in the next line RRULE:FREQ=WEEKLY",
  );
}

/** A date says which day, and not which of its times: with times the two differ between programs. */
function exceptedIn(line: Line, start: Stamp | undefined): Stamp[] {
  const stamps = stampsOf(line);
  if (stamps.some(({ isDate }) => isDate) && start?.isDate === false) {
    throw rruleInvalid(
      line.piece("EXDATE"),
      "a date beside a DTSTART with a time says no instance",
      "write the time as well, or .except(dates([...])) after the rule",
    );
  }
  return stamps;
}

/** The set of a text that is known to be one; undefined for any other. */
export function ruleSetIn(text: string): RuleSet | undefined {
  try {
    return ruleSetOf(text);
  } catch (error) {
    if (isSunbeatError(error)) return undefined;
    throw error;
  }
}
