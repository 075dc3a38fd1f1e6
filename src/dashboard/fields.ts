/** What routes take: read with the errors of options, and told to machines as JSON Schema. */
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  choiceOption,
  integerOption,
  invalidOption,
} from "../core/options.js";

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Field<T> {
  readonly schema: JsonSchema;
  readonly isOptional: boolean;
  /** Of a query its text. Throws SUNBEAT_OPTION_INVALID. */
  read(value: unknown, what: string): T;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
export type ValuesOf<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

export function text(most = 255): Field<string> {
  return {
    schema: { type: "string", maxLength: most },
    isOptional: false,
    read: (value, what) => {
      if (typeof value !== "string" || value.length > most) {
        throw invalidOption(what, `text of at most ${most} characters`, value);
      }
      return value;
    },
  };
}

export function integer(min: number, max: number): Field<number> {
  return {
    schema: { type: "integer", minimum: min, maximum: max },
    isOptional: false,
    read: (value, what) => integerOption(numberOf(value), what, min, max),
  };
}

export function flag(): Field<boolean> {
  return {
    schema: { type: "boolean" },
    isOptional: false,
    read: (value, what) => booleanOption(value === "true" ? true : value === "false" ? false : value, what),
  };
}

export function choice<const T extends string>(choices: readonly T[]): Field<T> {
  return {
    schema: { type: "string", enum: choices },
    isOptional: false,
    read: (value, what) => choiceOption(value, what, choices),
  };
}

/** Milliseconds since 1970. */
export function instant(): Field<Date> {
  return {
    schema: { type: "integer", description: "milliseconds since 1970" },
    isOptional: false,
    read: (value, what) => new Date(integerOption(numberOf(value), what, -8.64e15, 8.64e15)),
  };
}

export function list<T>(field: Field<T>, most: number): Field<readonly T[]> {
  return {
    schema: { type: "array", items: field.schema, maxItems: most },
    isOptional: false,
    read: (value, what) => {
      const items: unknown = typeof value === "string" ? [value] : value;
      if (!Array.isArray(items) || items.length > most) {
        throw invalidOption(what, `a list of at most ${most}`, value);
      }
      return items.map((item) => field.read(item, what));
    },
  };
}

/** An object that somebody else judges. */
export function object(): Field<Readonly<Record<string, unknown>>> {
  return {
    schema: { type: "object" },
    isOptional: false,
    read: (value, what) => {
      assertObject(value, what);
      return value as Readonly<Record<string, unknown>>;
    },
  };
}

export function anything(): Field<unknown> {
  return { schema: {}, isOptional: false, read: (value) => value };
}

export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    schema: field.schema,
    isOptional: true,
    read: (value, what) => (value === undefined ? undefined : field.read(value, what)),
  };
}

/** Throws SUNBEAT_OPTION_UNKNOWN for one that is not among them, SUNBEAT_OPTION_INVALID for one that is wrong or missing. */
export function readFields<F extends Fields>(fields: F, given: unknown, what: string): ValuesOf<F> {
  assertObject(given, what);
  assertKnownKeys(given, Object.keys(fields), what);
  const values = given as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.read(values[name], `${what}: ${name}`)]),
  ) as ValuesOf<F>;
}

export function schemaOf(fields: Fields): JsonSchema {
  const required = Object.keys(fields).filter((name) => !fields[name]!.isOptional);
  return {
    type: "object",
    properties: Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** Of a query all is text. */
function numberOf(value: unknown): unknown {
  return typeof value === "string" && /^-?\d{1,17}$/.test(value) ? Number(value) : value;
}
