/** Sets of ids in few bits: one that is in is found, and of those that are not one in a hundred seems to be. Base64. */
import { spreadHash } from "../../core/fnv.js";

const BITS_PER_ID = 10;
const PROBES = 7;

export function idFilter(ids: readonly string[]): string {
  const bits = new Uint8Array(Math.ceil((ids.length * BITS_PER_ID) / 8));
  for (const id of ids) for (const bit of probes(id, bits.length * 8)) bits[bit >> 3]! |= 1 << (bit & 7);
  return Buffer.from(bits).toString("base64");
}

export function isInFilter(filter: string, id: string): boolean {
  const bits = Buffer.from(filter, "base64");
  return probes(id, bits.length * 8).every((bit) => (bits[bit >> 3]! & (1 << (bit & 7))) !== 0);
}

function probes(id: string, size: number): number[] {
  const first = spreadHash(id);
  // Odd, and of no sign: `|` makes one of its highest bit.
  const second = (spreadHash(`${id}.`) | 1) >>> 0;
  return Array.from({ length: PROBES }, (_, index) => (first + index * second) % size);
}
