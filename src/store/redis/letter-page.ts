/** Pages of dead letters, of as many scripts as they take. */
import {
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterQuery,
  MOST_LOOKED,
} from "../contracts/dead-letters.js";
import type { WireNumber } from "./script.js";

export interface Step<Letters> {
  readonly looked: number;
  /** "": all were seen. */
  readonly next: string;
  readonly letters: Letters;
}

export function letterStep([looked, next, letters]: [WireNumber, string, string[]]): Step<string[]> {
  return { looked: Number(looked), next, letters };
}

export async function letterPage(
  { after = "", limit }: DeadLetterQuery,
  read: (from: { readonly after: string; readonly limit: number }) => Promise<Step<readonly DeadLetter[]>>,
): Promise<DeadLetterPage> {
  const letters: DeadLetter[] = [];
  let [from, left] = [after, Math.max(MOST_LOOKED, limit)];
  while (left > 0 && letters.length < limit) {
    const step = await read({ after: from, limit: limit - letters.length });
    letters.push(...step.letters);
    if (step.next === "") return { letters, next: null };
    from = step.next;
    left -= step.looked;
  }
  return { letters, next: from };
}
