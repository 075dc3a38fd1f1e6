import type { Ending, ForetoldRun } from "../beat/index.js";
import type { EpochMs } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import type { OpenApp } from "./app.js";
import { declaredEntries, failureOf, nextRun, type ListedEntry } from "./entries.js";
import { withoutTask } from "./entry-lints.js";
import { version } from "./version.js";

/** Names of a long list that are shown; the others are counted. */
const SHOWN = 30;

export interface BannerParts {
  readonly open: OpenApp;
  readonly now: EpochMs;
  /** Where log lines go: "[stderr]@INFO". */
  readonly log: string;
}

export interface WorkerBanner extends BannerParts {
  readonly hostname: string;
  /** "8 (async)". */
  readonly concurrency: string;
  readonly queues: readonly string[];
  /** Whether a beat runs in the same process. */
  readonly beat: boolean;
}

/** What a worker tells when it starts. The password of the broker is masked. */
export function workerBanner({ open, now, log, hostname, concurrency, queues, beat }: WorkerBanner): string {
  const { core, file } = open;
  const lines = [
    `sunbeat v${version} (${hostname})`,
    "",
    `. app:         ${core.name} (${file})`,
    `. broker:      ${core.brokerLabel}`,
    `. results:     ${core.brokerLabel}`,
    `. concurrency: ${concurrency}`,
    `. task events: OFF`,
    `. logfile:     ${log}`,
    ...(beat ? [`. beat:        ${beatSummary(open, now)}`] : []),
    ...section("queues", queues),
    ...section("tasks", core.registry.names()),
    ...(beat ? section("entries", entryLines(open, now)) : []),
    ...remarks(open),
    "",
  ];
  return lines.join("\n");
}

/** What a beat tells when it starts. */
export function beatBanner({ open, now, log }: BannerParts): string {
  const { core, file } = open;
  const lines = [
    `sunbeat beat v${version} (${core.name})`,
    "",
    `. broker -> ${core.brokerLabel}`,
    `. loader -> ${file}`,
    `. store -> ${core.brokerLabel}`,
    `. logfile -> ${log}`,
    `. ${beatSummary(open, now)}`,
    ...section("entries", entryLines(open, now)),
    ...remarks(open),
    "",
  ];
  return lines.join("\n");
}

function section(title: string, items: readonly string[]): string[] {
  const shown = items.slice(0, SHOWN).map((item) => `  . ${item}`);
  if (items.length > SHOWN) shown.push(`  and ${items.length - SHOWN} more`);
  return ["", `[${title}]`, ...(shown.length === 0 ? ["  none"] : shown)];
}

/** "lease 15s, entries 5, next: add-every-30-seconds in 12s". */
function beatSummary(open: OpenApp, now: EpochMs): string {
  const lease = formatDuration(open.core.config.beatLeaseMs);
  const upcoming = comingUp(open, now);
  const [first] = upcoming;
  const next =
    first === undefined || typeof first.next === "string"
      ? ""
      : `, next: ${first.entry.name} ${away(first.next.sentAt - now)}`;
  return `lease ${lease}, entries ${upcoming.length}${next}`;
}

function entryLines(open: OpenApp, now: EpochMs): string[] {
  const upcoming = comingUp(open, now);
  const width = Math.max(0, ...upcoming.slice(0, SHOWN).map(({ entry }) => entry.name.length));
  return upcoming.map(({ entry: { name, schedule }, next }) => {
    const what = schedule?.describe?.() ?? "a schedule of its own";
    // "@reboot" says itself when it is sent.
    if (next === "at-start") return `${name.padEnd(width)}  ${what}`;
    return `${name.padEnd(width)}  ${what}, ${typeof next === "string" ? whyNot(next) : away(next.sentAt - now)}`;
  });
}

/** Why no run of an entry comes. */
function whyNot(ending: Ending): string {
  return ending === "disabled" ? ending : (failureOf(ending) ?? "never");
}

interface Upcoming {
  readonly entry: ListedEntry;
  readonly next: ForetoldRun | Ending;
}

/** The entries in code with their next run, soonest first. Those added at run time come from the store later. */
function comingUp(open: OpenApp, now: EpochMs): Upcoming[] {
  const sentAt = ({ next }: Upcoming): number => (typeof next === "string" ? Infinity : next.sentAt);
  const upcoming = declaredEntries(open).map((entry) => ({ entry, next: nextRun(entry, now) }));
  // Infinity - Infinity is no order.
  return upcoming.sort((a, b) => (sentAt(a) === sentAt(b) ? 0 : sentAt(a) - sentAt(b)));
}

/** The entries whose task is not among those of this app. */
function remarks(open: OpenApp): string[] {
  const lines = withoutTask(open, declaredEntries(open));
  return lines.length === 0 ? [] : section("entries without a task here", lines);
}

function away(ms: number): string {
  return `in ${formatDuration(ms < 1_000 ? Math.max(1, Math.round(ms)) : Math.round(ms / 1_000) * 1_000)}`;
}
