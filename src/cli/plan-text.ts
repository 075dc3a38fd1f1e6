/** Changes of a plan as lines for people. */
import type { CalendarChange, EntryChange, Plan } from "../beat/index.js";
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
/** Days and entries that a line names. */
const MOST_NAMED = 3;

/** A line for each change and hint; those of which only the version is written have none. */
export function printChanges(terminal: Terminal, plan: Plan, timezone: string): void {
  const { changes, calendars, waiting, hints } = plan;
  const rows = [
    ...calendars
      .filter(({ action }) => action !== "unchanged")
      .map((change) => {
        const when = calendarWhen(change, plan, timezone);
        return row(terminal, SIGNS[change.action], change.name, calendarWhat(change), when);
      }),
    ...changes
      .filter(({ action }) => action !== "unchanged")
      .map((change) =>
        row(terminal, SIGNS[change.action], change.name, whatText(change), whenText(change, timezone)),
      ),
    ...waiting.map((name) =>
      row(
        terminal,
        SIGNS.conflict,
        name,
        "waits for a calendar that is not registered",
        "sunbeat calendar list",
      ),
    ),
    ...hints.map(({ from, to }) => {
      const what = `is gone, ${to} is new with the same work: renamedFrom: ${quote(from)} would keep its history`;
      return row(terminal, ["?", "cyan"], from, what, "");
    }),
  ];
  for (const line of table(terminal, rows)) terminal.line(line);
}

function calendarWhat({ action, before, added, removed, renamed, covers }: CalendarChange): string {
  const { from, to } = covers.after;
  switch (action) {
    case "conflict":
      return `calendar of ${quote(before!.owner.replace(/^code:/, ""))}: not touched`;
    case "newer":
      return `calendar, version ${before!.version} has written it: not touched`;
    case "add":
      return `calendar of ${added.length} ${added.length === 1 ? "day" : "days"} off, ${from} to ${to}`;
    case "change":
    case "unchanged": {
      const isLonger = covers.before?.from !== from || covers.before.to !== to;
      const days = [
        ...(added.length > 0 ? [`closed ${some(added)}`] : []),
        ...(removed.length > 0 ? [`open ${some(removed)}`] : []),
        ...(renamed.length > 0 ? [`renamed ${some(renamed)}`] : []),
        ...(isLonger ? [`covers ${from} to ${to}`] : []),
      ];
      return `calendar: ${days.length === 0 ? "another source" : days.join("; ")}`;
    }
  }
}

function calendarWhen({ action, before, moves }: CalendarChange, plan: Plan, timezone: string): string {
  if (action === "conflict")
    return before!.owner === "runtime"
      ? "rename it, or delete the stored one"
      : "rename it, or the other app's";
  if (action === "newer") return "deploy this code with a higher version, or leave it";
  if (moves.length === 0) return action === "change" ? "no entry moves" : "";
  const byName = new Map(plan.moves.map((move) => [move.entry, move]));
  const shown = moves.map((name) => {
    const { from, to } = byName.get(name)!;
    return `${name} ${instantText(from, timezone)} -> ${to === null ? "none" : instantText(to, timezone)}`;
  });
  return `moves ${some(shown)}`;
}

function some(texts: readonly string[]): string {
  const more = texts.length - MOST_NAMED;
  return texts.slice(0, MOST_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

const APART = "   ";

/** "= 37 unchanged   ^ 3 move by tz 2026a   lints: 2   peak 4,100/s at 00:00:00 -> 5,300/s". */
export function lastLine(plan: Plan, lints: number, timezone: string): string {
  const { unchanged, moves, peak } = plan;
  return [
    `= ${unchanged} unchanged`,
    ...(moves.length > 0 ? [movesText(moves)] : []),
    ...(lints > 0 ? [`lints: ${lints}`] : []),
    ...(peak === null || (peak.before === null && peak.after === null) ? [] : [peakText(peak, timezone)]),
  ].join(APART);
}

/** The data that move them: of the time zones only those of this process are named. */
function movesText(moves: Plan["moves"]): string {
  const causes = new Set(
    moves.flatMap(({ because }) => because.split(", ").map((one) => one.replace(/^tz .* -> /, "tz "))),
  );
  return `^ ${moves.length} ${moves.length === 1 ? "moves" : "move"} by ${some([...causes])}`;
}

function peakText({ before, after, isCoarse }: NonNullable<Plan["peak"]>, timezone: string): string {
  const about = isCoarse ? "at least " : "";
  const text = (peak: typeof before, told: string | null): string => {
    if (peak === null) return "none";
    const time = formatLocal(Date.parse(peak.at), timezone, "seconds").split(" ")[2]!;
    return `${peak.starts.toLocaleString("en-US")}/s${time === told ? "" : ` at ${time}`}`;
  };
  const time =
    before === null ? null : formatLocal(Date.parse(before.at), timezone, "seconds").split(" ")[2]!;
  const [was, is] = [text(before, null), text(after, time)];
  const isSame = before?.starts === after?.starts && before?.at === after?.at;
  return `peak ${about}${isSame ? was : `${was} -> ${is}`}`;
}

function instantText(at: string, timezone: string): string {
  const ms = Date.parse(at);
  return formatLocal(ms, timezone, precisionOf([ms]));
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

/** "1 calendar added, 2 added, 1 changed, 37 unchanged". */
export function countsText(
  { changes, calendars, unchanged }: Plan,
  verbs: Readonly<Record<string, string>>,
): string {
  const countsOf = (all: readonly { readonly action: string }[], what: string): string[] =>
    Object.entries(verbs).flatMap(([action, verb]) => {
      const count = all.filter((change) => change.action === action).length;
      return count === 0 ? [] : [`${count} ${what}${verb}`];
    });
  return [...countsOf(calendars, "calendar "), ...countsOf(changes, ""), `${unchanged} unchanged`].join(", ");
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
  const text = (at: string): string => instantText(at, timezone);
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
