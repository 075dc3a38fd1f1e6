import { createInterface } from "node:readline/promises";
import { printable } from "../core/printable.js";
import type { Terminal } from "./terminal.js";
import { usageError } from "./usage.js";

/** So many tasks of a queue. */
export interface QueueCount {
  readonly queue: string;
  readonly count: number;
}

/** "3 tasks" */
export function tasks(count: number): string {
  return count === 1 ? "1 task" : `${count} tasks`;
}

export function sumOf(counts: readonly QueueCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}

/** "fast (2), slow (1)" */
export function placesOf(counts: readonly QueueCount[]): string {
  return counts.map(({ queue, count }) => `${queue} (${count})`).join(", ");
}

/** Asks before tasks are dropped. False: they stay, and that was told. Refuses where nobody can be asked. */
export async function mayDrop(terminal: Terminal, question: string): Promise<boolean> {
  const isMeant = await confirm(question);
  if (!isMeant) terminal.note("nothing was dropped");
  return isMeant;
}

/** The question goes to stderr, so that stdout keeps to the answer. */
async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw usageError(`${question} There is no terminal to ask at: give --force`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(printable(`${question} [y/N] `))).trim());
  } finally {
    terminal.close();
  }
}
