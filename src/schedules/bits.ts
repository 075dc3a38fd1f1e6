/**
 * A set of numbers from 0 to 59 in two 30-bit halves: JavaScript's bit operators work on 32 bits, and 30 keeps
 * both halves free of sign.
 */
export interface Bits {
  readonly low: number;
  readonly high: number;
}

const HALF = 30;

export function bitsOf(values: Iterable<number>): Bits {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (value < HALF) low |= 1 << value;
    else high |= 1 << (value - HALF);
  }
  return { low, high };
}

/** The members in rising order. */
export function valuesOf(bits: Bits): number[] {
  const values: number[] = [];
  for (let value = firstFrom(bits, 0); value !== -1; value = firstFrom(bits, value + 1)) values.push(value);
  return values;
}

/** The smallest member at or above `from` (0-60), or -1. */
export function firstFrom(bits: Bits, from: number): number {
  if (from < HALF) {
    const low = bits.low >>> from;
    if (low !== 0) return from + lowestBit(low);
    return bits.high === 0 ? -1 : HALF + lowestBit(bits.high);
  }
  const high = bits.high >>> (from - HALF);
  return high === 0 ? -1 : from + lowestBit(high);
}

/** The largest member at or below `to` (0-59), or -1. */
export function lastUpTo(bits: Bits, to: number): number {
  if (to >= HALF) {
    const high = bits.high & ((2 << (to - HALF)) - 1);
    if (high !== 0) return HALF + highestBit(high);
    return bits.low === 0 ? -1 : highestBit(bits.low);
  }
  const low = bits.low & ((2 << to) - 1);
  return low === 0 ? -1 : highestBit(low);
}

/** Index of the lowest set bit of a number that is not 0. */
export function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** Index of the highest set bit of a number that is not 0. */
export function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}
