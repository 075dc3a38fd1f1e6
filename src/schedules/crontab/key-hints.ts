import { didYouMean } from "../../core/nearest.js";
import { FIELD_NAMES } from "./fields.js";

/** What people call a field elsewhere. */
const FIELDS_ELSEWHERE: ReadonlyMap<string, string> = new Map(
  (
    [
      ["second", "s sec secs"],
      ["minute", "m min mins"],
      ["hour", "h hr hrs"],
      ["dayOfMonth", "dom day days date mday monthday day_of_the_month"],
      ["monthOfYear", "mon month months"],
      ["dayOfWeek", "dow wday weekday weekdays day_of_the_week"],
    ] as const
  ).flatMap(([field, names]) => names.split(" ").map((name): [string, string] => [name, field])),
);

const OPTIONS_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["tz", "timezone"],
  ["zone", "timezone"],
  ["time_zone", "timezone"],
  ["day_match", "dayMatch"],
  ["hash_key", "hashKey"],
]);

export const OPTION_NAMES = ["timezone", "dayMatch", "dst", "class", "extended", "hashKey"] as const;

/** " (did you mean "dayOfWeek"?)", or what is known. `keys` are all the spellings of the fields. */
export function fieldHint(key: string, keys: Iterable<string>): string {
  const name = key.toLowerCase();
  const option = OPTIONS_ELSEWHERE.get(name) ?? OPTION_NAMES.find((known) => known.toLowerCase() === name);
  if (option !== undefined) return `; it is an option: crontab(fields, { ${option} })`;
  if (/^years?$/.test(name)) return "; leave the year out and give the entry startAt and endAt";
  return hint(key, keys, FIELDS_ELSEWHERE) || `; known are ${FIELD_NAMES.join(", ")}`;
}

export function optionHint(key: string): string {
  return hint(key, OPTION_NAMES, OPTIONS_ELSEWHERE) || `; known are ${OPTION_NAMES.join(", ")}`;
}

/** The values of `dayMatch` are two words so short that nearly every other word is near to one. */
export function dayMatchHint(value: string): string {
  const word = value.toLowerCase();
  if (["or", "any", "either", "||"].includes(word)) return ' (did you mean "or"?)';
  return ["and", "all", "both", "&&"].includes(word) ? ' (did you mean "and"?)' : "";
}

/** Two slips at most: three would make a day of the year one of the week. */
function hint(key: string, known: Iterable<string>, elsewhere: ReadonlyMap<string, string>): string {
  const name = elsewhere.get(key.toLowerCase());
  return name === undefined ? didYouMean(key, known, 2) : ` (did you mean ${JSON.stringify(name)}?)`;
}
