import { messageOf, SunbeatError } from "./errors.js";

function refuseUnfaithful(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  return value;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  // fromEntries makes own properties of every name, "__proto__" too.
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * JSON with sorted keys and no blanks: equal data gives equal text, whatever the order in which it was built.
 * `toJSON` is honoured and undefined properties are left out, as JSON.stringify does. Throws
 * SUNBEAT_PAYLOAD_INVALID for what JSON cannot hold: cycles, bigints, NaN, infinities, a function as the value.
 */
export function canonicalJSON(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, refuseUnfaithful);
  } catch (error) {
    throw new SunbeatError("SUNBEAT_PAYLOAD_INVALID", `JSON: expected plain data: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (text === undefined) {
    throw new SunbeatError("SUNBEAT_PAYLOAD_INVALID", `JSON: expected plain data, got ${typeof value}`);
  }
  // Through text first: what is sorted is plain data without cycles, every toJSON called once.
  return JSON.stringify(JSON.parse(text), sortKeys);
}
