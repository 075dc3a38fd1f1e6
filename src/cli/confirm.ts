import { createInterface } from "node:readline/promises";
import { usageError } from "./usage.js";

/** The question goes to stderr, so that stdout keeps to the answer. Refuses where nobody can be asked. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw usageError(`${question} There is no terminal to ask at: give --force`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
