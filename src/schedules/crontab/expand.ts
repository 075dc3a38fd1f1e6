import { spreadHash } from "../../core/fnv.js";
import { bitsOf, valuesOf, type Bits } from "../bits.js";
import type { FieldSpec } from "./fields.js";
import type { Field, Item } from "./syntax.js";

/**
 * The values that a field stands for, without the day items that depend on the month (L, W, #). H is the same
 * on every machine and version: FNV-1a, finished by fmix32, of the hash key, a zero byte and the field's name.
 */
export function expand(field: Field, hashKey: string): Bits {
  const values: number[] = [];
  for (const item of field.items) expandItem(item, field.spec, hashKey, values);
  return bitsOf(values);
}

/** The values of one range in the order in which its step counts them, which may wrap. */
export function rangeValues(item: Item & { readonly kind: "range" }, spec: FieldSpec): number[] {
  const values: number[] = [];
  const { to, step } = item;
  // Sunday as the start of a range that wraps is 0, as nothing comes after 7.
  const from = item.from > to && item.from === spec.min + spec.size ? spec.min : item.from;
  const count = from <= to ? to - from : to + spec.size - from;
  for (let i = 0; i <= count; i += step) values.push(spec.min + ((from - spec.min + i) % spec.size));
  return values;
}

function expandItem(item: Item, spec: FieldSpec, hashKey: string, into: number[]): void {
  if (item.kind === "range") {
    into.push(...rangeValues(item, spec));
  } else if (item.kind === "hash") {
    const size = item.to - item.from + 1;
    const step = item.step === 0 ? size : Math.min(item.step, size);
    const first = item.from + (spreadHash(`${hashKey}\0${spec.name}`) % step);
    for (let value = first; value <= item.to; value += step) into.push(value % (spec.min + spec.size));
  }
}

/** Whether a field's values are all that it can have. */
export function isComplete(bits: Bits, spec: FieldSpec): boolean {
  return valuesOf(bits).length === spec.size;
}
