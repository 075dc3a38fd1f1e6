/** `-d`, `-t` and `--kind` of commands that ask nodes. */
import type { Command } from "commander";
import type { AskOptions } from "../index.js";
import { readDuration } from "./local-time.js";
import { usageError } from "./usage.js";

export interface AskFlags {
  readonly destination?: string;
  readonly timeout?: string;
  readonly kind?: string;
}

export function addAskFlags(command: Command): Command {
  return command
    .option(
      "-d, --destination <nodes>",
      "ask these: names with commas between, or a pattern such as 'batch@*'",
    )
    .option("-t, --timeout <time>", "wait for replies so long (a number is seconds; default 1, of SQLite 2)")
    .option("--kind <kind>", "ask nodes with a worker, or with a beat");
}

export function askOptions({ destination, timeout, kind }: AskFlags): AskOptions {
  if (kind !== undefined && kind !== "worker" && kind !== "beat") {
    throw usageError("--kind: expected worker or beat");
  }
  return {
    ...(destination !== undefined && whom(destination)),
    ...(timeout !== undefined && { timeout: { milliseconds: readDuration("--timeout", timeout) } }),
    ...(kind !== undefined && { kind }),
  };
}

function whom(text: string): AskOptions {
  if (/[*?]/.test(text)) return { pattern: text };
  const nodes = text.split(",").map((name) => name.trim());
  if (nodes.includes("")) throw usageError("--destination: expected names with commas between");
  return { destination: nodes };
}
