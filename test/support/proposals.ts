/** Does what a message or lint proposes, as a reader would, so that tests can see whether it is taken and what it means. */
import { isSunbeatError } from "../../src/core/errors.js";
import {
  clocked,
  crontab,
  every,
  scheduleFromJSON,
  solar,
  type CrontabOptions,
  type Schedule,
} from "../../src/schedules/index.js";

/** What the reader fills in where a proposal leaves a name. */
export const FILLED_IN = { timezone: "Europe/Paris", latitude: 48.85, longitude: 2.35 };

const CALL = /\b(crontab|every|clocked|solar|scheduleFromJSON)\((?=["\d{lJ])/g;
const FUNCTIONS = { crontab, every, clocked, solar } as const;

/** The calls that stand in a text, made. `written` is what the reader had: its options stay. */
export function callsIn(text: string, written: { text?: string; options?: CrontabOptions } = {}): Schedule[] {
  return [...text.matchAll(CALL)].map(({ index, 0: head, 1: name }) => {
    const source = text.slice(index + head.length, closingOf(text, index + head.length));
    if (name === "scheduleFromJSON") return scheduleFromJSON(JSON.parse(written.text!));
    const args = argumentsOf(source);
    if (name === "crontab") args[1] = { ...written.options, ...(args[1] as object | undefined) };
    return (FUNCTIONS[name as keyof typeof FUNCTIONS] as (...args: unknown[]) => Schedule)(...args);
  });
}

function argumentsOf(source: string): unknown[] {
  const json = source
    .replace(/\{ timezone \}/, `{ timezone: "${FILLED_IN.timezone}" }`)
    .replace("latitude, longitude", `${FILLED_IN.latitude}, ${FILLED_IN.longitude}`)
    .replace(/(\w+): (?=["\w])/g, '"$1": ');
  return JSON.parse(`[${json}]`) as unknown[];
}

/** The index of the bracket that ends a call, brackets inside of texts not counted. */
function closingOf(text: string, from: number): number {
  let isText = false;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') isText = !isText;
    else if (text[i] === ")" && !isText) return i;
  }
  throw new Error(`no end of a call in ${text}`);
}

/** The refusal of a call, or undefined when it is taken. */
export function refusalOf(make: () => unknown): ReturnType<typeof asRefusal> | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    return asRefusal(error);
  }
}

function asRefusal(error: unknown) {
  if (!isSunbeatError(error)) throw error;
  const { message, code, details } = error;
  const hint = typeof details["hint"] === "string" ? details["hint"] : undefined;
  return { message, code, details, hint };
}

/** A text and its options after one proposal; or the schedule of a call that was proposed. */
type Step = { readonly text: string; readonly options: CrontabOptions } | Schedule;

function step(text: string, options: CrontabOptions): Step | undefined {
  const refusal = refusalOf(() => crontab(text, options));
  const [, proposal] = /\bwrite (.+)$/s.exec(refusal?.hint ?? "") ?? [];
  if (refusal === undefined || proposal === undefined) return undefined;
  const [call] = callsIn(proposal, { text, options });
  if (call !== undefined) return call;
  if (proposal.startsWith("{ extended: true }")) return { text, options: { ...options, extended: true } };
  const [, field = "", more = ""] = /^(\S+?)(?:,? |$)(.*)/s.exec(proposal) ?? [];
  const { position, value } = refusal.details as { position: number; value: string };
  return {
    text: text.slice(0, position) + field + text.slice(position + value.length),
    options: more.startsWith("with { extended: true }") ? { ...options, extended: true } : options,
  };
}

/**
 * The schedule that comes of doing what refusals propose, one after the other; undefined where one proposes nothing to
 * write. Throws when a proposal is refused at its own place.
 */
export function mended(text: string, options: CrontabOptions = {}): Schedule | undefined {
  const refusal = refusalOf(() => crontab(text, options));
  if (refusal === undefined) return crontab(text, options);
  const next = step(text, options);
  if (next === undefined || "next" in next) return next;
  const position = refusal.details["position"] as number;
  const later = refusalOf(() => crontab(next.text, next.options));
  if (later !== undefined && (later.details["position"] as number) <= position) {
    throw new Error(`${text}: ${refusal.message}; then ${later.message}`);
  }
  return mended(next.text, next.options);
}

const FROM = [
  "2027-01-01T00:00:00Z",
  "2027-03-27T20:00:00Z", // Paris goes forward
  "2027-10-30T20:00:00Z", // and back
  "2028-02-27T00:00:00Z",
  "2027-12-28T00:00:00Z",
];

/** Some hundred instants in stretches of every kind: two schedules that share them mean the same. */
export function meaningOf(schedule: Schedule): string[] {
  return FROM.flatMap((from) => {
    const instants: string[] = [];
    for (let at = schedule.next(Date.parse(from) - 1); at !== null && instants.length < 60;) {
      instants.push(new Date(at).toISOString());
      at = schedule.next(at);
    }
    return instants;
  });
}
