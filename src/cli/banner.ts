import type { EpochMs } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import type { OpenApp } from "./app.js";
import { declaredEntries, type ListedEntry } from "./entries.js";
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
  readonly concurrency: number;
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
    `. concurrency: ${concurrency} (async)`,
    `. task events: OFF`,
    `. logfile:     ${log}`,
    ...(beat ? [`. beat:        ${beatSummary(open, now)}`] : []),
    ...section("queues", queues),
    ...section("tasks", core.registry.names()),
    ...(beat ? section("entries", entryLines(open, now)) : []),
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
  const next = first?.next == null ? "" : `, next: ${first.entry.name} ${away(first.next - now)}`;
  return `lease ${lease}, entries ${upcoming.length}${next}`;
}

function entryLines(open: OpenApp, now: EpochMs): string[] {
  const upcoming = comingUp(open, now);
  const width = Math.max(0, ...upcoming.slice(0, SHOWN).map(({ entry }) => entry.name.length));
  return upcoming.map(({ entry: { name, schedule, status }, next }) => {
    const what = schedule?.describe?.() ?? "a schedule of its own";
    const when = status === "disabled" ? "disabled" : next === null ? "never" : away(next - now);
    return `${name.padEnd(width)}  ${what}, ${when}`;
  });
}

/** The entries in code with their next due time, soonest first. Those added at run time come from the store later. */
function comingUp(open: OpenApp, now: EpochMs): { entry: ListedEntry; next: EpochMs | null }[] {
  return declaredEntries(open)
    .map((entry) => ({
      entry,
      next: entry.status === "disabled" ? null : (entry.schedule?.next(now) ?? null),
    }))
    .sort((a, b) => (a.next ?? Infinity) - (b.next ?? Infinity));
}

function away(ms: number): string {
  return `in ${formatDuration(ms < 1_000 ? Math.max(1, Math.round(ms)) : Math.round(ms / 1_000) * 1_000)}`;
}
