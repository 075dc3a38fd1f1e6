/** Replies of nodes as Celery prints them. */
import { largestUnits } from "../core/units.js";
import { printableJson, printableLine } from "../core/printable.js";
import type { MissingNode, NodeReply, Replies, StoreReply } from "../index.js";
import type { OpenApp } from "./app.js";
import type { Cli } from "./cli.js";
import { formatLocal } from "./local-time.js";
import type { Terminal } from "./terminal.js";

interface View {
  readonly terminal: Terminal;
  readonly timezone: string;
}

const INDENT = "    ";

/** Prints them; gives the exit code: 1 where no node is alive, one is missing, or one refused. */
export function printReplies(cli: Cli, open: OpenApp, { replies, missing }: Replies, now: number): number {
  const { terminal } = cli;
  const isGood =
    replies.length > 0 && missing.length === 0 && replies.every(({ error }) => error === undefined);
  if (terminal.json) {
    for (const reply of replies) terminal.row(reply);
    for (const { node, lastSeen, lagMs } of missing) terminal.row({ node, missing: true, lastSeen, lagMs });
    return isGood ? 0 : 1;
  }
  const view = viewOf(cli, open);
  for (const reply of replies) printReply(view, reply);
  for (const node of missing) {
    terminal.line(`-> ${node.node}: ${terminal.paint("red", "MISSING")}  ${missingText(node, now)}`);
  }
  const { length: online } = replies;
  if (online + missing.length === 0) {
    terminal.problem("no node is alive that this could be asked of");
    return 1;
  }
  const gone = missing.length === 0 ? "" : `, ${missing.length} did not answer`;
  terminal.line();
  terminal.line(`${online} node${online === 1 ? "" : "s"} online${gone}.`);
  return isGood ? 0 : 1;
}

/** What the store has answered. */
export function printPage(cli: Cli, open: OpenApp, page: StoreReply<unknown>): void {
  const { terminal } = cli;
  if (terminal.json) return terminal.row(page);
  const { node, ok, next } = page;
  printReply(viewOf(cli, open), { node, ok });
  if (next !== null) terminal.note(`there is more: --cursor ${quoteForShell(next)}`);
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function viewOf({ terminal, options }: Cli, { core }: OpenApp): View {
  return { terminal, timezone: options.timezone ?? core.config.timezone };
}

function missingText({ lastSeen, lagMs }: MissingNode, now: number): string {
  if (lastSeen === null) return "it was never seen";
  const lag = lagMs !== null && lagMs >= 1_000 ? `; its event loop was ${largestUnits(lagMs)} late then` : "";
  return `seen ${largestUnits(Math.max(0, now - lastSeen))} ago${lag}`;
}

function printReply(view: View, { node, ok, error, truncated }: NodeReply): void {
  const { terminal } = view;
  if (error !== undefined) {
    terminal.line(`-> ${node}: ${terminal.paint("red", "ERROR")}  ${error.message} [${error.code}]`);
    return;
  }
  terminal.line(`-> ${node}: ${terminal.paint("green", "OK")}`);
  for (const line of valueLines(localized(ok, view.timezone), terminal.columns)) {
    terminal.line(`${INDENT}${line}`);
  }
  if (truncated === true) terminal.line(`${INDENT}... there is more than a reply may hold`);
}

function valueLines(value: unknown, columns: number): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return ["- empty -"];
    return value.flatMap((item) => {
      const [first = "", ...rest] = wrapped(fieldsOf(item), columns - INDENT.length - 2);
      return [`* ${first}`, ...rest.map((line) => `  ${line}`)];
    });
  }
  if (typeof value !== "object" || value === null) return [textOf(value)];
  const rows = Object.entries(value);
  const width = Math.max(0, ...rows.map(([key]) => key.length));
  return rows.flatMap(([key, each]) => {
    const [first = "", ...rest] = wrapped(partsOf(each), columns - INDENT.length - width - 2);
    return [`${key.padEnd(width)}  ${first}`, ...rest.map((line) => `${" ".repeat(width)}  ${line}`)];
  });
}

/** Of an item of a list its fields, without those that say nothing. */
function fieldsOf(item: unknown): string[] {
  if (typeof item !== "object" || item === null || Array.isArray(item)) return [textOf(item)];
  return Object.entries(item)
    .filter(([, value]) => value !== null)
    .flatMap(([key, value]) =>
      hasObjects(value)
        ? Object.entries(value).map(([name, each]) => `${key} ${name}: ${textOf(each)}`)
        : [`${key}: ${textOf(value)}`],
    );
}

/** Whether it is a table, with an object in each row. */
function hasObjects(value: unknown): value is Readonly<Record<string, object>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const all: unknown[] = Object.values(value);
  return all.length > 0 && all.every((each) => typeof each === "object" && each !== null);
}

/** What is in it, where a line may end between them. */
function partsOf(value: unknown): string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return value.length === 0
      ? ["-"]
      : value.map((each, index) => each + (index < value.length - 1 ? "," : ""));
  }
  return typeof value === "object" ? fieldsOf(value) : [textOf(value)];
}

/** As many in a line as fit. One that is longer than a line stays whole. */
function wrapped(parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const gap = last?.endsWith(",") === true ? " " : "  ";
    if (last !== undefined && last.length + gap.length + part.length <= columns) {
      lines[lines.length - 1] = `${last}${gap}${part}`;
    } else lines.push(part);
  }
  return lines;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? printableLine(value) : printableJson(value);
}

/** Fields of answers that are instants of the store. */
const INSTANTS: ReadonlySet<string> = new Set([
  ...["at", "enqueuedAt", "eta", "expires", "lastClaimAt", "loopAt", "nextDue", "outage", "seenAt", "since"],
  ...["startedAt", "until"],
]);

/** The same with instants as people read them. */
function localized(value: unknown, timezone: string): unknown {
  if (Array.isArray(value)) return value.map((each) => localized(each, timezone));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      typeof each === "number" && INSTANTS.has(key)
        ? formatLocal(each, timezone, "seconds")
        : localized(each, timezone),
    ]),
  );
}
