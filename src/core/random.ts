import { randomUUID } from "node:crypto";

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
