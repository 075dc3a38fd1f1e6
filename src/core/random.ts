import { randomBytes, randomUUID } from "node:crypto";

/** The one door through which randomness enters. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A unique id of 36 characters. */
  uuid(): string;
}

export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
};

/** Bytes that nobody can guess and that never repeat: for what encryption needs, also where everything else is seeded. */
export function secureBytes(count: number): Uint8Array {
  return randomBytes(count);
}

/** The same sequence for the same seed (32 bits): for tests and simulations. Not for ids that strangers may guess. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  // "splitmix" over 32 bits: one addition and two mixing rounds a number.
  const bits = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const hex = (): string => bits().toString(16).padStart(8, "0");
  return {
    next: () => bits() / 2 ** 32,
    uuid: () => {
      const digits = hex() + hex() + hex() + hex();
      return [0, 8, 12, 16, 20].map((from, i) => digits.slice(from, [8, 12, 16, 20, 32][i])).join("-");
    },
  };
}
