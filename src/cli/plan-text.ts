/** Changes of a plan as lines for people. */
import type { EntryChange, Plan } from "../beat/index.js";
import { quote } from "../core/quote.js";
import { formatLocal, precisionOf } from "./local-time.js";
import { type Cell, table, wrap } from "./table.js";
import type { Format, Terminal } from "./terminal.js";

type Action = EntryChange["action"];

const SIGNS: Readonly<Record<Action, readonly [sign: string, format: Format]>> = {
  add: ["+", "green"],
  change: ["~", "yellow"],
  rename: [">", "yellow"],
  return: ["+", "green"],
  remove: ["-", "red"],
  conflict: ["!", "red"],
  newer: ["!", "yellow"],
  unchanged: ["=", "dim"],
};

/** From this width on what changes and when stand side by side. */
const WIDE = 100;

/** A line for each change and hint; entries of which only the version is written have none. */
export function printChanges(terminal: Terminal, { changes, hints }: Plan, timezone: string): void {
  const shown = changes.filter(({ action }) => action !== "unchanged");
  const rows = [
    ...shown.map((change) =>
      row(terminal, SIGNS[change.action], change.name, whatText(change), whenText(change, timezone)),
    ),
    ...hints.map(({ from, to }) => {
      const what = `is gone, ${to} is new with the same work: renamedFrom: ${quote(from)} would keep its history`;
      return row(terminal, ["?", "cyan"], from, what, "");
    }),
  ];
  for (const line of table(terminal, rows)) terminal.line(line);
}

function row(
  terminal: Terminal,
  [sign, format]: readonly [string, Format],
  name: string,
  what: string,
  when: string,
): Cell[] {
  const head: Cell[] = [
    { text: sign, format },
    { text: name, format: "bold" },
  ];
  if (when !== "" && terminal.columns >= WIDE) return [...head, what, wrap(when)];
  return [...head, wrap([what, when].filter((text) => text !== "").join("; "))];
}

/** "2 to add, 1 to change, 37 unchanged". */
export function countsText({ changes, unchanged }: Plan, verbs: Readonly<Record<string, string>>): string {
  const counts = Object.entries(verbs).flatMap(([action, verb]) => {
    const count = changes.filter((change) => change.action === action).length;
    return count === 0 ? [] : [`${count} ${verb}`];
  });
  return [...counts, `${unchanged} unchanged`].join(", ");
}

function whatText({ action, from, before, schedule, fields }: EntryChange): string {
  switch (action) {
    case "add":
      return schedule.after ?? "a schedule of code";
    case "return":
      return `is in the code again: ${schedule.after ?? "a schedule of code"}`;
    case "remove":
      return "leaves the code: disabled";
    case "conflict":
      return `belongs to ${quote(before!.owner.replace(/^code:/, ""))}: not touched`;
    case "newer":
      return `version ${before!.version} has written it: not touched`;
    case "rename":
      return [`renamed from ${from}`, ...differences(schedule, fields)].join("; ");
    case "change":
    case "unchanged":
      return differences(schedule, fields).join("; ");
  }
}

function differences({ before, after }: EntryChange["schedule"], fields: EntryChange["fields"]): string[] {
  const isToldByWords = before !== after;
  const others = fields.map(({ field }) => field).filter((field) => field !== "schedule" || !isToldByWords);
  return [
    ...(isToldByWords ? [`${before ?? "a schedule of code"} -> ${after ?? "a schedule of code"}`] : []),
    ...(others.length > 0 ? [others.join(", ")] : []),
  ];
}

function whenText(change: EntryChange, timezone: string): string {
  const { action, next, runs, lastDue, before } = change;
  const text = (at: string): string => {
    const ms = Date.parse(at);
    return formatLocal(ms, timezone, precisionOf([ms]));
  };
  const [was, is] = [next.before[0], next.after[0]];
  const first = is === undefined ? "no run follows" : `first ${text(is)}`;
  switch (action) {
    case "add":
    case "return":
      return first;
    case "remove":
      return lastDue === null ? "it never ran" : `last due ${text(lastDue)}`;
    case "conflict":
      return before!.owner === "runtime"
        ? "rename it, or delete the stored one"
        : "rename it, or the other app's";
    case "newer":
      return "deploy this code with a higher version, or leave it";
    case "change":
    case "rename":
    case "unchanged": {
      const nextText =
        was === is
          ? "next unchanged"
          : `next ${was === undefined ? "none" : text(was)} -> ${is === undefined ? "none" : text(is)}`;
      return action === "rename" ? `keeps ${runs} ${runs === 1 ? "run" : "runs"}, ${nextText}` : nextText;
    }
  }
}
