/**
 * What is kept of a value that somebody threw: plain data of a bounded size, whatever the value is. Nothing here throws,
 * though the value may be a hostile Proxy or have getters that throw.
 */

const MAX_DEPTH = 4;
const MAX_MEMBERS = 50;
const MAX_TEXT = 1_000;
/** Characters of all texts and names together, about. */
const MAX_SIZE = 8_000;
const CUT = "...";

/** What is done to a value on the way: `text` to each text and name, and what a key holds that `hides` names is "**". */
export interface Reading {
  readonly text: (text: string) => string;
  readonly hides: (key: string) => boolean;
}

const AS_IT_IS: Reading = { text: (text) => text, hides: () => false };

/** One walk: what is left of the size, and the objects from the root to where the walk is. */
interface Walk {
  left: number;
  readonly above: Set<object>;
  readonly reading: Reading;
}

/** One property of an object, or undefined where reading it throws. */
export function propertyOf(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

/** Both in one object; the second goes before the first. A property that throws says so. */
export function merged(below: object | undefined, above: object | undefined): Record<string, unknown> {
  try {
    return { ...below, ...above };
  } catch {
    const all: Record<string, unknown> = {};
    for (const from of [below, above]) {
      for (const key of Object.keys(from ?? {})) all[key] = propertyOf(from!, key) ?? "[cannot be read]";
    }
    return all;
  }
}

/**
 * `value` as JSON can hold it: cut in depth, breadth and length, with a mark where something was cut. A Date is its ISO
 * text, a BigInt its digits, an error its line; what has no JSON form is left out.
 */
export function plainData(value: unknown, reading = AS_IT_IS): unknown {
  return plain(value, { left: MAX_SIZE, above: new Set(), reading });
}

/** The value itself where nothing in it has a name that hides it, else what may be shown of it. */
export function withoutSecrets(value: unknown, hides: (name: string) => boolean): unknown {
  if (typeof value !== "object" || value === null) return value;
  let isSecret = false;
  const watched = plainData(value, {
    text: (text) => text,
    hides: (name) => {
      const isHidden = hides(name);
      isSecret ||= isHidden;
      return isHidden;
    },
  });
  return isSecret ? watched : value;
}

function plain(value: unknown, walk: Walk): unknown {
  switch (typeof value) {
    case "string":
      return cut(value, walk);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return cut(value.toString(), walk);
    case "object":
      return value === null ? null : plainObject(value, walk);
    case "undefined":
    case "function":
    case "symbol":
      return undefined;
  }
}

function cut(given: string, walk: Walk): string {
  const text = walk.reading.text(given);
  const limit = Math.max(0, Math.min(MAX_TEXT, walk.left));
  walk.left -= Math.min(text.length, limit);
  return text.length > limit ? text.slice(0, limit) + CUT : text;
}

function plainObject(value: object, walk: Walk): unknown {
  if (walk.above.has(value)) return "[circular]";
  if (walk.above.size >= MAX_DEPTH || walk.left <= 0) return CUT;
  try {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid Date" : value.toISOString();
    if (value instanceof Error) return cut(`${value.name}: ${value.message}`, walk);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    walk.above.add(value);
    return Array.isArray(value) ? plainList(value, walk) : plainMembers(value, walk);
  } catch {
    return "[cannot be read]";
  } finally {
    walk.above.delete(value);
  }
}

function plainList(values: readonly unknown[], walk: Walk): unknown[] {
  const list: unknown[] = [];
  for (let index = 0; index < values.length; index++) {
    if (index >= MAX_MEMBERS || walk.left <= 0) return [...list, CUT];
    walk.left -= 2;
    list.push(plain(values[index], walk) ?? null);
  }
  return list;
}

function plainMembers(value: object, walk: Walk): Record<string, unknown> {
  const members: [string, unknown][] = [];
  for (const key of Object.keys(value)) {
    if (members.length >= MAX_MEMBERS || walk.left <= 0) {
      members.push([CUT, CUT]);
      break;
    }
    const name = cut(key, walk);
    const member = walk.reading.hides(key) ? "**" : plain(propertyOf(value, key), walk);
    if (member !== undefined) members.push([name, member]);
  }
  return Object.fromEntries(members);
}
