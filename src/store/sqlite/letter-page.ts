/** Pages of dead letters, from rows. */
import type { DeadLetter, DeadLetterPage } from "../contracts/dead-letters.js";

export type LetterRow = DeadLetter & { readonly seq: number };

export function letterOf({ seq: _, ...letter }: LetterRow): DeadLetter {
  return letter;
}

/** Of one row more than the page may have, newest first. `looked`: the last that was looked at; null: all were. */
export function letterPage(rows: readonly LetterRow[], limit: number, looked: number | null): DeadLetterPage {
  const page = rows.slice(0, limit);
  const end = rows.length > limit ? page.at(-1)!.seq : looked;
  return { letters: page.map(letterOf), next: end === null ? null : String(end) };
}
