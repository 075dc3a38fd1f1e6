/** Forms as data: rows of fields, texts for them, and what these texts mean. */

/** A text for each field; "true" and "" for what is on or off. */
export type Texts = Readonly<Record<string, string>>;

export type Options = readonly (readonly [value: string, words: string])[];

export interface FieldRow {
  readonly field: string;
  readonly label: string;
  /** An example, in the empty field. */
  readonly hint?: string;
  /** Default a line of text. */
  readonly input?: "lines" | "check" | "zone" | "calendar";
  /** One of these. */
  readonly options?: Options;
  /** Stands only where the other fields ask for it. */
  readonly where?: (texts: Texts) => boolean;
  /** Default "". */
  readonly initial?: string;
}

export class Wrong extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

export const initialOf = (rows: readonly FieldRow[]): Texts =>
  Object.fromEntries(rows.map(({ field, initial = "" }) => [field, initial]));

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Without what is not said. */
export function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== undefined && !(isObject(value) && Object.keys(value).length === 0),
    ),
  );
}

export function jsonIn(
  field: string,
  text: string,
  isRight: (value: unknown) => boolean,
  wanted: string,
): unknown {
  if (text.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Wrong(field, `this is not JSON: ${(error as Error).message}`);
  }
  if (!isRight(value)) throw new Wrong(field, `JSON is expected to be ${wanted}`);
  return value;
}

/** Undefined where nothing is written. */
export const textIn = (texts: Texts, field: string): string | undefined => texts[field]?.trim() || undefined;

export function wholeIn(texts: Texts, field: string): number | undefined {
  const text = textIn(texts, field);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}$/.test(text)) throw new Wrong(field, "a whole number is expected");
  return Number(text);
}

/** Parted by commas; numbers are numbers. Undefined where nothing is written. */
export function listIn(texts: Texts, field: string): (string | number)[] | undefined {
  const items = (texts[field] ?? "").split(",").flatMap((item) => item.trim() || []);
  if (items.length === 0) return undefined;
  return items.map((item) => (/^-?\d{1,4}$/.test(item) ? Number(item) : item));
}

export function degreesIn(texts: Texts, field: string): number {
  const text = textIn(texts, field);
  if (text === undefined || Number.isNaN(Number(text)))
    throw new Wrong(field, "degrees are expected, such as 48.85");
  return Number(text);
}

/** A value in a field: lists by commas, all that is no plain value as JSON. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && !value.some((item) => typeof item === "object")) return value.join(", ");
  return JSON.stringify(value);
}

/** A text, or JSON where it is an object. */
export function choiceIn(texts: Texts, field: string): unknown {
  const text = textIn(texts, field);
  return text?.startsWith("{") === true ? jsonIn(field, text, isObject, "an object") : text;
}
