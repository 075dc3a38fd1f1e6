/** The language in which people search tasks: `task:mail.* state:failure,retry run:>5s after:2h "connection refused"`. */
import type { EpochMs } from "../core/clock.js";
import { durationMs } from "../core/duration.js";
import { ConfigurationError, isSunbeatError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import { clocked } from "../schedules/index.js";
import type { RecordQuery, RecordState } from "../store/contracts/history.js";

/** What is looked for, without where to begin and how much to give. */
export type TaskQuery = Omit<RecordQuery, "cursor" | "limit">;

export const RECORD_STATES = [
  ...([
    "success",
    "failure",
    "retry",
    "revoked",
    "expired",
    "ignored",
    "skipped",
    "rejected",
    "dead",
  ] as const),
  "upstream",
] as const satisfies readonly RecordState[];

const KEYS = ["task", "state", "queue", "worker", "entry", "root", "id", "run", "after", "before"] as const;
type Key = (typeof KEYS)[number];

const MOST_TEXT = 100;
const MOST_QUERY = 2_000;

/**
 * Fields are parted by blanks, values of one field by commas; whatever is no field is text, quoted where it has blanks or colons.
 * `now` and `timezone`: of what `after` and `before` count from. Throws SUNBEAT_OPTION_INVALID.
 */
export function parseTaskQuery(text: string, now: EpochMs, timezone: string): TaskQuery {
  if (typeof text !== "string" || text.length > MOST_QUERY) {
    throw invalid(
      `a text of at most ${MOST_QUERY} characters`,
      typeof text === "string" ? `${text.length}` : text,
    );
  }
  const fields = new Map<Key, string[]>();
  const texts: string[] = [];
  for (const word of wordsOf(text)) {
    const field = word.isQuoted ? null : fieldOf(word.text);
    if (field === null) texts.push(word.text);
    else fields.set(field.key, [...(fields.get(field.key) ?? []), ...field.values]);
  }
  const query: { -readonly [Name in keyof TaskQuery]: TaskQuery[Name] } = {};
  for (const key of ["task", "queue", "worker", "entry", "root", "id"] as const) {
    const values = fields.get(key);
    if (values) query[key] = values;
  }
  const states = fields.get("state");
  if (states) query.state = states.map(stateOf);
  const run = fields.get("run");
  if (run) query.minRunMs = Math.max(...run.map(runTimeOf));
  const after = fields.get("after");
  if (after) query.after = Math.max(...after.map((value) => instantOf("after", value, now, timezone)));
  const before = fields.get("before");
  if (before) query.before = Math.min(...before.map((value) => instantOf("before", value, now, timezone)));
  const wanted = texts.join(" ").trim();
  if (wanted.length > MOST_TEXT) throw invalid(`a text of at most ${MOST_TEXT} characters`, wanted);
  if (wanted !== "") query.text = wanted;
  return query;
}

interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Words, and texts between double quotes. */
function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let from = 0;
  while (from < text.length) {
    if (text[from] === " " || text[from] === "\t") from++;
    else if (text[from] === '"') {
      const end = text.indexOf('"', from + 1);
      if (end < 0) throw invalid("a closing quotation mark", text.slice(from));
      words.push({ text: text.slice(from + 1, end), isQuoted: true });
      from = end + 1;
    } else {
      let end = from;
      let isQuoted = false;
      // A value may be quoted, too: entry:"night report".
      while (end < text.length && (isQuoted || (text[end] !== " " && text[end] !== "\t"))) {
        if (text[end] === '"') isQuoted = !isQuoted;
        end++;
      }
      if (isQuoted) throw invalid("a closing quotation mark", text.slice(from));
      words.push({ text: text.slice(from, end), isQuoted: false });
      from = end;
    }
  }
  return words;
}

/** Null: text. A URL is text, and so is what begins with a colon. */
function fieldOf(word: string): { readonly key: Key; readonly values: string[] } | null {
  const colon = word.indexOf(":");
  if (colon <= 0 || word.startsWith("//", colon + 1)) return null;
  const key = word.slice(0, colon);
  if (!/^[A-Za-z_]+$/.test(key)) return null;
  const values = valuesOf(word.slice(colon + 1));
  if (!(KEYS as readonly string[]).includes(key)) {
    throw invalid(
      `one of the fields ${KEYS.map((name) => `${name}:`).join(" ")}, or text in quotation marks`,
      `${key}:`,
      didYouMean(key, KEYS),
    );
  }
  if (values.length === 0) throw invalid(`a value behind ${key}:`, word);
  return { key: key as Key, values };
}

function valuesOf(text: string): string[] {
  const values: string[] = [];
  let value = "";
  let isQuoted = false;
  let depth = 0;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === "," && !isQuoted && depth === 0) {
      values.push(value);
      value = "";
    } else {
      if (character === "{") depth++;
      if (character === "}") depth = Math.max(0, depth - 1);
      value += character;
    }
  }
  return [...values, value].filter((each) => each !== "");
}

function stateOf(value: string): RecordState {
  const state = RECORD_STATES.find((each) => each === value.toLowerCase());
  if (state) return state;
  throw invalid(`state: ${RECORD_STATES.join(", ")}`, value, didYouMean(value, RECORD_STATES, 4));
}

function runTimeOf(value: string): number {
  const text = value.replace(/^>=?/, "");
  return durationOf("run", text, value);
}

function durationOf(field: string, text: string, given: string): number {
  let ms = NaN;
  try {
    ms = durationMs(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text, field);
  } catch {
    // Told below.
  }
  if (ms >= 0) return ms;
  throw invalid(`${field}: a length of time such as >5s or 2h`, given);
}

function instantOf(field: "after" | "before", value: string, now: EpochMs, timezone: string): EpochMs {
  if (!/^\d{4}-/.test(value)) return now - durationOf(field, value, value);
  try {
    return clocked(value, { timezone }).at;
  } catch (error) {
    if (!isSunbeatError(error)) throw error;
    throw invalid(`${field}: a length of time (2h) or an instant (2027-03-28T03:00)`, value);
  }
}

function invalid(expected: string, got: unknown, hint = ""): ConfigurationError {
  return new ConfigurationError(
    "SUNBEAT_OPTION_INVALID",
    `query: expected ${expected}, got ${quote(got)}${hint}`,
    {
      details: { option: "query" },
    },
  );
}
