import { formatDuration } from "../core/duration.js";
import { quote } from "../core/quote.js";
import { type Findings, type ImportedParts, Refusal } from "./findings.js";
import { linesOf } from "./lines.js";
import { slug } from "./names.js";
import { calendarExpression } from "./on-calendar.js";
import { type Written, writtenClocked, writtenCrontab, writtenEvery, writtenUnion } from "./written.js";
import { boundByYears, type YearBounds } from "./years.js";

interface Setting {
  readonly line: number;
  readonly key: string;
  readonly value: string;
}

/** One timer, with what names it. */
interface Timer {
  readonly settings: Setting[];
  /** From a line such as "# /etc/systemd/system/backup.timer", as `systemctl cat` writes it. */
  file: string | undefined;
  description: string | undefined;
}

const COMMENT_OF_FILE = /^[#;]\s*(?:\S*\/)?([\w@:.-]+)\.timer\s*$/;

/** Timer units one after the other, or expressions of OnCalendar, one a line. */
export function readSystemd(text: string, found: Findings): void {
  if (!/^[ \t]*\[\w+\][ \t\r]*$/m.test(text)) {
    for (const line of linesOf(text, "#;"))
      readBare(line.number, line.text.replace(/^OnCalendar\s*=\s*/, ""), found);
    return;
  }
  for (const timer of timersOf(text, found)) readTimer(timer, found);
}

function readBare(line: number, text: string, found: Findings): void {
  const expression = text.replace(/^(["'])(.*)\1$/, "$2");
  found.attempt(line, () => {
    const { written, ...bounds } = calendarOf(line, expression, found);
    return { name: `line-${line}`, task: `line-${line}`, lines: [line], written, parts: partsOf(bounds) };
  });
}

function timersOf(text: string, found: Findings): Timer[] {
  const timers: Timer[] = [];
  let section = "";
  let file: string | undefined;
  let description: string | undefined;
  for (const { number, text: line } of linesOf(text, "")) {
    file = COMMENT_OF_FILE.exec(line)?.[1] ?? file;
    if (/^[#;]/.test(line)) continue;
    const [, name] = /^\[([\w-]+)\]$/.exec(line) ?? [];
    if (name !== undefined) {
      section = name;
      if (name === "Timer") {
        timers.push({ settings: [], file, description });
        file = description = undefined;
      }
      continue;
    }
    const [, key, value] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section === "Timer" && key !== undefined)
      timers.at(-1)!.settings.push({ line: number, key, value: value! });
    else if (section === "Timer" || key === undefined)
      found.refuse(number, `expected Key=value, got ${quote(line)}`);
    else if (key === "Description") description = value;
  }
  return timers;
}

const MONOTONIC = new Set([
  "OnActiveSec",
  "OnBootSec",
  "OnStartupSec",
  "OnUnitActiveSec",
  "OnUnitInactiveSec",
]);

function readTimer({ settings, file, description }: Timer, found: Findings): void {
  const triggers = settings.reduce<Setting[]>((all, setting) => {
    if (setting.key !== "OnCalendar" && !MONOTONIC.has(setting.key)) return all;
    // An empty value forgets those of its key that stand above.
    return setting.value === "" ? all.filter(({ key }) => key !== setting.key) : [...all, setting];
  }, []);
  const first = triggers[0] ?? settings[0];
  if (first === undefined) return;
  const unit = settings.find(({ key }) => key === "Unit")?.value.replace(/\.\w+$/, "");
  const name = slug(file ?? unit ?? description ?? "") || `timer-${first.line}`;
  const cyclic = triggers.filter(({ key }) => key === "OnCalendar" || /^OnUnit/.test(key));
  const once = triggers.filter(({ key }) => !cyclic.some((trigger) => trigger.key === key));
  found.attempt(first.line, () => {
    if (triggers.length === 0) throw new Refusal("it has no OnCalendar and no On...Sec: it never elapses");
    if (cyclic.length === 0) return atStart(name, once, settings, found);
    const members = cyclic.map((trigger) => memberOf(trigger, found));
    const bounded = members.filter(({ startAt, endAt }) => startAt !== undefined || endAt !== undefined);
    if (bounded.length > 0 && members.length > 1) {
      throw new Refusal("one of several OnCalendar is bound to years: make a timer of each");
    }
    const written = writtenUnion(members.map((member) => member.written));
    for (const { line, key } of once) found.note(line, `${key}: nothing is made of the run after a start`);
    const lines = cyclic.map(({ line }) => line);
    const waits = cyclic.some(({ key }) => key === "OnUnitInactiveSec") ? { overlap: "skip" as const } : {};
    return {
      name,
      task: name,
      lines,
      written,
      parts: { ...waits, ...partsOf(members[0]!), ...besides(settings, cyclic, found) },
    };
  });
}

function atStart(name: string, once: readonly Setting[], settings: readonly Setting[], found: Findings) {
  const [{ line, key, value }] = once as [Setting];
  if (once.length > 1)
    throw new Refusal(`several starts without a schedule: ${once.map((start) => start.key).join(", ")}`);
  const countdown = formatDuration(spanOf(value));
  found.doubt(
    line,
    `${key} -> "@reboot": once, ${countdown} after the first beat leads, not after a machine starts`,
  );
  const parts = { options: { countdown }, ...besides(settings, [], found) };
  return { name, task: name, lines: [line], written: writtenCrontab("@reboot", {}), parts };
}

function memberOf({ line, key, value }: Setting, found: Findings): YearBounds {
  if (key === "OnCalendar") return calendarOf(line, value, found);
  const everyMs = spanOf(value);
  const from = key === "OnUnitActiveSec" ? "start" : "end";
  found.doubt(
    line,
    `${key} counts from the ${from} of the last run, every(...) from 1970: the phase differs; set offset`,
  );
  return { written: writtenEvery(everyMs) };
}

function calendarOf(line: number, text: string, found: Findings): YearBounds {
  const rule = calendarExpression(text);
  const timezone = rule.timezone ?? found.timezone;
  if ("at" in rule) {
    if (timezone === undefined && !rule.at.endsWith("Z"))
      throw new Refusal("one local time needs a zone: give timezone");
    return { written: writtenClocked(rule.at, timezone) };
  }
  const written = writtenCrontab(rule.text, {
    ...(rule.isBoth && { dayMatch: "and" as const }),
    ...(rule.isExtended && { extended: true }),
    ...(timezone !== undefined && { timezone }),
  });
  const bounds = rule.years === undefined ? { written } : boundByYears(written, rule.years, timezone);
  if (bounds.message !== undefined) found.note(line, bounds.message);
  if (timezone === undefined) found.zoneless(line, "systemd");
  else remarksOfNights(line, written, found);
  return bounds;
}

const TWO_YEARS_MS = 2 * 366 * 86_400_000;

/** systemd never runs in a gap, and in a fold in the first pass alone, whatever the rule. */
function remarksOfNights(line: number, written: Written, found: Findings): void {
  found.gap(line, written, "systemd runs nothing then");
  const notes = written.schedule.notes(found.now, found.now + TWO_YEARS_MS);
  const fold = notes.find(({ effect }) => effect === "both-passes");
  if (fold === undefined) return;
  found.once("fold", () =>
    found.doubt(line, `${fold.message}; systemd runs in the first pass alone, as dst: "skip" does`),
  );
}

function partsOf({ startAt, endAt }: Omit<YearBounds, "written">): ImportedParts {
  return { ...(startAt !== undefined && { startAt }), ...(endAt !== undefined && { endAt }) };
}

const SILENT = new Set(["Unit", ...MONOTONIC, "OnCalendar"]);

/** What stands beside the triggers of a timer. */
function besides(settings: readonly Setting[], cyclic: readonly Setting[], found: Findings): ImportedParts {
  const isCalendar = cyclic.some(({ key }) => key === "OnCalendar");
  let parts: ImportedParts = isCalendar ? { misfire: "skip" } : {};
  let persistent: Setting | undefined;
  for (const setting of settings) {
    const { line, key, value } = setting;
    if (key === "RandomizedDelaySec") {
      const jitter = formatDuration(spanOf(value));
      parts = { ...parts, ...(jitter !== "0s" && { jitter }) };
      found.note(line, `RandomizedDelaySec -> jitter of ${jitter}: a fixed share of it by name`);
    } else if (key === "Persistent") {
      persistent = setting;
    } else if (key === "AccuracySec") {
      found.note(
        line,
        "AccuracySec: nothing is made of it, runs are sent at their second; jitter spreads them",
      );
    } else if (!SILENT.has(key)) {
      found.note(line, `${key}: nothing is made of it`);
    }
  }
  if (persistent !== undefined && !isCalendar)
    found.note(persistent.line, "Persistent says nothing without OnCalendar");
  else if (persistent !== undefined && /^(?:yes|true|on|1)$/i.test(persistent.value)) {
    parts = { ...parts, misfire: { policy: "latest", within: "400d" } };
    found.note(
      persistent.line,
      'Persistent -> misfire "latest" within 400 days: one run makes up for those that were missed',
    );
  } else if (persistent !== undefined) found.note(persistent.line, 'Persistent=false -> misfire "skip"');
  else if (isCalendar)
    found.note(cyclic[0]!.line, 'no Persistent -> misfire "skip": what is missed is not made up');
  return parts;
}

/** Seconds by the names that systemd has for its units. */
const UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(?:msec|ms)$/, 0.001],
  [/^(?:seconds?|sec|s|)$/, 1],
  [/^(?:minutes?|min|m)$/, 60],
  [/^(?:hours?|hr|h)$/, 3_600],
  [/^(?:days?|d)$/, 86_400],
  [/^(?:weeks?|w)$/, 604_800],
  [/^(?:months?|M)$/, 2_629_800],
  [/^(?:years?|y)$/, 31_557_600],
];

const LONGEST_SPAN = 256;

/** A time span, "1h 30min", in milliseconds; a bare number is seconds. Throws `Refusal`. */
function spanOf(text: string): number {
  if (text.length > LONGEST_SPAN) throw new Refusal("a time span is too long");
  const parts = [...text.matchAll(/(\d{1,12}(?:\.\d{1,6})?)\s*([A-Za-z]*)\s*/g)];
  let seconds = 0;
  for (const [, count, name = ""] of parts) {
    const unit = UNITS.find(([names]) => names.test(name))?.[1];
    if (unit === undefined) throw new Refusal(`${quote(name)} is no unit of a time span in ${quote(text)}`);
    seconds += Number(count) * unit;
  }
  if (
    parts.length === 0 ||
    parts
      .map(([part]) => part)
      .join("")
      .trim() !== text.trim()
  ) {
    throw new Refusal(`expected a time span such as 1h 30min, got ${quote(text)}`);
  }
  return Math.round(seconds * 1_000);
}
