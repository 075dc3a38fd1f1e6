import { callText } from "../call-text.js";
import type { Refusal } from "./refusal.js";

/** A text that was refused. */
export interface Attempt {
  readonly text: string;
  /** What stands between the blanks. */
  readonly parts: readonly Part[];
  readonly extended: boolean;
  /** Whether the grammar takes a text. */
  readonly accepts: (text: string, extended: boolean) => boolean;
}

export interface Part {
  readonly text: string;
  readonly index: number;
}

/** What is wrong with the whole of a text. */
export type Misreading = Pick<Refusal, "value" | "position" | "problem" | "hint">;

/** `write crontab("...")`, or undefined when the grammar does not take the text. */
export function writeCrontab(
  { extended, accepts }: Attempt,
  text: string,
  options: Readonly<Record<string, string>> = {},
): string | undefined {
  const needsExtended = !extended && !accepts(text, false);
  if (!accepts(text, extended || needsExtended)) return undefined;
  const call = callText("crontab", text, needsExtended ? { extended: true, ...options } : options);
  return call === undefined ? undefined : `write ${call}`;
}

/** What stands between the blanks of a text. */
export function partsOf(text: string): Part[] {
  return Array.from(text.matchAll(/[^ \t]+/g), (match) => ({ text: match[0], index: match.index }));
}
