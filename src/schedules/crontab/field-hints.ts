import type { FieldSpec } from "./fields.js";

/** What to write instead of an item that is refused. */
export interface Proposal {
  readonly text: string;
  /** Whether it is of the extended syntax. */
  readonly extended: boolean;
}

const plain = (text: string): Proposal => ({ text, extended: false });
const extended = (text: string): Proposal => ({ text, extended: true });

/**
 * What an item of a field means in another cron, or in capitals. The proposal may still be refused, as its numbers
 * are not looked at.
 */
export function itemMeant(spec: FieldSpec, item: string): Proposal | undefined {
  if (/^h(?:\(\d+-\d+\))?(?:\/\d+)?$/.test(item)) return extended(item.toUpperCase());
  // OpenBSD: a chance value of a range.
  const random = /^(\d*)~(\d*)(\/\d+)?$/.exec(item);
  if (random !== null) {
    const [, low = "", high = "", step = ""] = random;
    const range = low === "" && high === "" ? "" : `(${low || spec.min}-${high || spec.min + spec.size - 1})`;
    return extended(`H${range}${step}`);
  }
  if (spec.name === "dayOfMonth") return dayMeant(item);
  return spec.name === "dayOfWeek" ? weekdayMeant(item) : undefined;
}

function dayMeant(item: string): Proposal | undefined {
  if (/^(?:last|-1)$/i.test(item)) return extended("L");
  if (/^(?:l|lw|wl)$/i.test(item)) return extended(item.length === 1 ? "L" : "LW");
  return /^(?:l-\d+|\d+w)$/.test(item) ? extended(item.toUpperCase()) : undefined;
}

function weekdayMeant(item: string): Proposal | undefined {
  if (/^(?:week|work)days?$/i.test(item)) return plain("1-5");
  if (/^weekends?$/i.test(item)) return plain("6-7");
  const last = /^([a-z]+|\d+)(?:l|#(?:-1|l|last))$/i.exec(item);
  return last === null ? undefined : extended(`${last[1]}L`);
}

/** The three letters of a weekday or month that `word` is the beginning or the plural of. */
export function nameMeant({ names }: FieldSpec, word: string): string | undefined {
  const singular = word.toLowerCase().replace(/(?<=..)s$/, "");
  if (singular.length < 2) return undefined;
  const found = new Set([...names].filter(([name]) => name.startsWith(singular)).map(([, value]) => value));
  const [value, ...others] = found;
  return value === undefined || others.length > 0
    ? undefined
    : [...names].find(([name, its]) => its === value && name.length === 3)?.[0];
}

/**
 * A start with a step, as other crons write a range that goes on to the end of the field. From the low end on it is
 * `*`, which follows real time when clocks change; not in a day field, where a star makes both day fields count.
 */
export function steppedRange(
  { name, min, max }: FieldSpec,
  start: string,
  value: number,
  step: string,
): string {
  if (value === max) return start;
  const isDay = name === "dayOfMonth" || name === "dayOfWeek";
  return value === min && !isDay ? `*/${step}` : `${start}-${max}/${step}`;
}
