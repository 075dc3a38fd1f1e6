import type { Lint } from "../schedules/index.js";
import type { Terminal } from "./terminal.js";

/** The lint codes that say that a schedule does not do its work at all. */
const BROKEN = new Set(["never"]);

export function isBroken(lints: readonly Lint[]): boolean {
  return lints.some((lint) => BROKEN.has(lint.code));
}

/** "note both-days (dayOfWeek): ...", the suggestion on the next line. */
export function printLints(terminal: Terminal, lints: readonly Lint[], indent = ""): void {
  for (const lint of lints) {
    const broken = BROKEN.has(lint.code);
    const head = terminal.paint(broken ? "red" : "yellow", `${broken ? "error" : "note"} ${lint.code}`);
    terminal.line(`${indent}${head}: ${lint.message}`);
    if (lint.suggestion !== undefined) terminal.line(`${indent}  instead: ${lint.suggestion}`);
  }
}
