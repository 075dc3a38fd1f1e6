import { didYouMean } from "../../core/nearest.js";
import { quote } from "../../core/quote.js";
import { zone } from "../zone.js";
import type { DayMatch } from "./days.js";
import { DST_NAMES, FOLD_POLICIES, GAP_POLICIES, type DstOption, type JobClass } from "../local/dst.js";
import { LONGEST_TEXT } from "./expression.js";
import { dayMatchHint, OPTION_NAMES, optionHint } from "./key-hints.js";
import { refusal } from "./refusal.js";

export interface CrontabOptions {
  /** IANA name in any letter case. Default the app's; "UTC" for a crontab used on its own. */
  readonly timezone?: string | undefined;
  /**
   * How the day fields combine. "or": either matches, unless one of them starts with `*`; the default of the text
   * form, as in Vixie cron. "and": both match; the default of the object form, as in Celery.
   */
  readonly dayMatch?: DayMatch | undefined;
  /** What happens when the zone's offset changes. Default the app's; "vixie" on its own. */
  readonly dst?: DstOption | undefined;
  /** Overrides what the text says about the job's class. Default "auto": wildcard when minute or hour starts with `*`. */
  readonly class?: "auto" | JobClass | undefined;
  /** Whether `L`, `W`, `#`, `?` and `H` are understood. Default false. */
  readonly extended?: boolean | undefined;
  /** What `H` is computed from. Default the entry's name; until that is known, the empty text. */
  readonly hashKey?: string | undefined;
}

/** What an app or an entry supplies where the crontab says nothing. */
export type CrontabDefaults = Pick<CrontabOptions, "timezone" | "dst" | "hashKey">;

/** The options with every default filled in. */
export interface Settings {
  readonly timezone: string;
  readonly dayMatch: DayMatch;
  readonly dst: DstOption;
  readonly class: "auto" | JobClass;
  readonly extended: boolean;
  readonly hashKey: string;
}

/** Checks options; SUNBEAT_CRONTAB_INVALID or SUNBEAT_TIMEZONE_INVALID when one is wrong. */
export function checkOptions(options: CrontabOptions): CrontabOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw refuseOption("options", options, "options must be an object");
  }
  onlyKnown(options, OPTION_NAMES, "option", optionHint);
  const { timezone, dayMatch, dst, class: jobClass, extended, hashKey } = options;
  if (timezone !== undefined) zone(timezone);
  if (dayMatch !== undefined) oneOf("dayMatch", dayMatch, ["or", "and"]);
  if (jobClass !== undefined) oneOf("class", jobClass, ["auto", "fixed", "wildcard"]);
  if (extended !== undefined && typeof extended !== "boolean") {
    throw refuseOption("extended", extended, `extended: ${quote(extended)} is not true or false`);
  }
  if (hashKey !== undefined && (typeof hashKey !== "string" || hashKey.length > LONGEST_TEXT)) {
    throw refuseOption("hashKey", hashKey, `hashKey: expected a text of at most ${LONGEST_TEXT} characters`);
  }
  return dst === undefined ? options : { ...options, dst: checkDst(dst) };
}

/** The same rule has one spelling, so that equal schedules have equal JSON. */
function checkDst(dst: DstOption): DstOption {
  if (typeof dst !== "object" || dst === null) {
    oneOf("dst", dst, DST_NAMES);
    return dst;
  }
  onlyKnown(
    dst,
    ["gap", "fold"],
    "dst key",
    (key) => didYouMean(key, ["gap", "fold"]) || "; known are gap, fold",
  );
  const { gap = "after", fold = "first" } = dst;
  oneOf("dst.gap", gap, GAP_POLICIES);
  oneOf("dst.fold", fold, FOLD_POLICIES);
  return gap === "after" && fold === "first" ? "vixie" : { gap, fold };
}

function oneOf(option: string, value: unknown, known: readonly string[]): void {
  if (typeof value === "string" && known.includes(value)) return;
  const near = option === "dayMatch" ? dayMatchHint : (text: string) => didYouMean(text, known);
  const hint = typeof value === "string" ? near(value) : "";
  const names = known.map((name) => JSON.stringify(name)).join(", ");
  throw refuseOption(option, value, `${option}: ${quote(value)} is not one of ${names}${hint}`);
}

function onlyKnown(
  options: object,
  known: readonly string[],
  what: string,
  hintFor: (key: string) => string,
): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    throw refuseOption(key, key, `unknown ${what} ${quote(key)}${hintFor(key)}`);
  }
}

function refuseOption(option: string, value: unknown, problem: string): Error {
  const field = option.slice(0, LONGEST_TEXT);
  return refusal({ field, value: quote(value), position: null, expression: null, problem });
}
