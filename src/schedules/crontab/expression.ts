import { didYouMean } from "../../core/nearest.js";
import { quote } from "../../core/quote.js";
import { FIELD_NAMES, FIELDS, NICKNAMES, REBOOT, type FieldName } from "./fields.js";
import { refusal } from "./refusal.js";
import { parseField, type Field } from "./syntax.js";

/** A crontab as it was written, checked and split, before any rule is applied to it. */
export interface Expression {
  /** The text form as written; absent for the object form. */
  readonly text?: string;
  /** `second` is absent in crontabs of five fields. */
  readonly fields: Readonly<Record<Exclude<FieldName, "second">, Field>> & { readonly second?: Field };
}

export type CrontabValue = number | string;

/** One field of the object form: a value, the grammar's text, or a list of either. Missing means `*`. */
export type CrontabField =
  CrontabValue | readonly CrontabValue[] | ReadonlySet<CrontabValue> | null | undefined;

/** The object form of a crontab. Each missing field is `*`, except that without `second` it is 0. */
export interface CrontabFields {
  readonly second?: CrontabField | undefined;
  readonly minute?: CrontabField | undefined;
  readonly hour?: CrontabField | undefined;
  readonly dayOfMonth?: CrontabField | undefined;
  readonly monthOfYear?: CrontabField | undefined;
  readonly dayOfWeek?: CrontabField | undefined;
  readonly day_of_month?: CrontabField | undefined;
  readonly month_of_year?: CrontabField | undefined;
  readonly day_of_week?: CrontabField | undefined;
}

export const LONGEST_TEXT = 1024;

const SNAKE_KEYS: ReadonlyMap<string, FieldName> = new Map([
  ["day_of_month", "dayOfMonth"],
  ["month_of_year", "monthOfYear"],
  ["day_of_week", "dayOfWeek"],
]);
const FIELD_KEYS: ReadonlyMap<string, FieldName> = new Map([
  ...FIELD_NAMES.map((name): [string, FieldName] => [name, name]),
  ...SNAKE_KEYS,
]);

/** Whether the text is "@reboot", which is no rule of instants. */
export function isReboot(source: unknown): boolean {
  return typeof source === "string" && source.length <= LONGEST_TEXT && trimBlanks(source) === REBOOT;
}

/** Reads the text form: five fields, six with seconds first, or a nickname. */
export function parseText(text: string, extended: boolean): Expression {
  if (text.length > LONGEST_TEXT) {
    throw refuseWhole(text, `the text has ${text.length} characters, more than ${LONGEST_TEXT}`);
  }
  const trimmed = trimBlanks(text);
  if (!trimmed.startsWith("@")) return { text, fields: parseFields(text, extended) };
  const plain = NICKNAMES.get(trimmed);
  if (plain === undefined) {
    const hint = didYouMean(trimmed, [...NICKNAMES.keys(), REBOOT]);
    throw refuseWhole(
      text,
      `${quote(trimmed)} is not a nickname${hint}`,
      `known are ${[...NICKNAMES.keys(), REBOOT].join(" ")}`,
    );
  }
  return { text, fields: parseFields(plain, extended) };
}

function parseFields(text: string, extended: boolean): Expression["fields"] {
  const parts = [...text.matchAll(/[^ \t]+/g)];
  if (/^(?:CRON_)?TZ=/.test(parts[0]?.[0] ?? "")) {
    throw refuseWhole(text, "the text names a time zone", "use the timezone option");
  }
  if (parts.length !== 5 && parts.length !== 6) {
    const hint = /[^\S \t]/.test(text) ? "only spaces and tabs separate fields" : undefined;
    throw refuseWhole(text, `expected 5 fields (or 6, seconds first), got ${parts.length}`, hint);
  }
  const names = FIELD_NAMES.slice(6 - parts.length);
  const fields = parts.map((part, i) =>
    parseField(FIELDS[names[i]!], part[0], extended, { expression: text, offset: part.index }),
  );
  return byName(fields);
}

/** Reads the object form. The text of a list is its items joined with commas. */
export function parseObject(source: object, extended: boolean): Expression {
  const texts = new Map<FieldName, string>();
  for (const [key, value] of Object.entries(source)) {
    const name = FIELD_KEYS.get(key);
    if (name === undefined) {
      throw refuseKey(key, `unknown field ${quote(key)}${didYouMean(key, FIELD_KEYS.keys())}`);
    }
    if (value === undefined || value === null) continue;
    if (texts.has(name)) throw refuseKey(key, `${name} is given twice`, "write one of the two spellings");
    texts.set(name, fieldText(name, value));
  }
  const names = texts.has("second") ? FIELD_NAMES : FIELD_NAMES.slice(1);
  const fields = names.map((name) => {
    const text = texts.get(name) ?? "*";
    return parseField(FIELDS[name], text, extended, { expression: text, offset: 0 });
  });
  return { fields: byName(fields) };
}

function fieldText(name: FieldName, value: unknown): string {
  const isList = Array.isArray(value) || value instanceof Set;
  const values: unknown[] = isList ? [...(value as Iterable<unknown>)] : [value];
  if (values.length === 0) throw refuseValue(name, value, "an empty list never matches");
  if (values.length > LONGEST_TEXT)
    throw refuseValue(name, value, `a list of ${values.length} items is too long`);
  const text = values.map((item) => itemText(name, item)).join(",");
  if (text.length > LONGEST_TEXT)
    throw refuseValue(name, value, `its text is longer than ${LONGEST_TEXT} characters`);
  if (/[ \t]/.test(text)) throw refuseValue(name, value, `${quote(text)} holds a blank`);
  return text;
}

function itemText(name: FieldName, item: unknown): string {
  if (typeof item === "string") return item;
  if (Number.isInteger(item)) return String(item);
  throw refuseValue(name, item, `${quote(item)} is not a whole number or a text`);
}

function byName(fields: readonly Field[]): Expression["fields"] {
  return Object.fromEntries(
    fields.map((field) => [field.spec.name, field]),
  ) as unknown as Expression["fields"];
}

function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

function isBlank(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === 0x20 || code === 0x09;
}

function refuseWhole(text: string, problem: string, hint?: string): Error {
  const value = text;
  return refusal({
    field: null,
    value,
    position: 0,
    expression: text,
    problem,
    ...(hint === undefined ? {} : { hint }),
  });
}

function refuseKey(key: string, problem: string, hint?: string): Error {
  return refusal({
    field: key.slice(0, LONGEST_TEXT),
    value: key,
    position: null,
    expression: null,
    problem,
    ...(hint === undefined ? {} : { hint }),
  });
}

function refuseValue(name: FieldName, value: unknown, problem: string): Error {
  return refusal({
    field: name,
    label: FIELDS[name].label,
    value: quote(value),
    position: null,
    expression: null,
    problem,
  });
}
