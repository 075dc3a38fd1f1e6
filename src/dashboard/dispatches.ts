/** How the beat has done its work, as far as the ledger of the newest ticks says. */
import type { AppCore } from "../app/index.js";

export interface Dispatch {
  readonly entry: string;
  readonly at: number;
  /** After its due time and its jitter. */
  readonly lateMs: number;
}

/** What one leader has sent, of the ticks that were looked at. */
export interface TermView {
  readonly term: string;
  readonly from: number;
  readonly to: number;
  readonly sent: number;
}

export interface Dispatches {
  /** Oldest first. */
  readonly ticks: readonly Dispatch[];
  readonly terms: readonly TermView[];
  /** Entries that were looked at, those that were due last, of so many. */
  readonly entries: number;
  readonly of: number;
}

/** Entries that one call of timelines takes. */
const ENTRIES = 50;
const TICKS_EACH = 60;
const LISTED = 1_000;

export async function readDispatches({ schedules }: Pick<AppCore, "schedules">): Promise<Dispatches> {
  const listed = await schedules.list({ limit: LISTED });
  const names = listed
    .filter(({ lastScheduledFor }) => lastScheduledFor !== null)
    .sort((a, b) => Number(b.lastScheduledFor) - Number(a.lastScheduledFor))
    .slice(0, ENTRIES)
    .map(({ name }) => name);
  const timelines = await schedules.timelines(names, { count: TICKS_EACH });
  const sent = Object.entries(timelines)
    .flatMap(([entry, items]) => items.map((item) => ({ entry, ...item })))
    .flatMap(({ entry, at, lateMs, term }) =>
      at === null || lateMs === null || term === null ? [] : [{ entry, at: at.getTime(), lateMs, term }],
    )
    .sort((a, b) => a.at - b.at);
  return {
    ticks: sent.map(({ term: _, ...tick }) => tick),
    terms: termsOf(sent),
    ...{ entries: names.length, of: listed.length },
  };
}

/** In order of their first ticks. */
export function termsOf(sent: readonly { readonly at: number; readonly term: string }[]): TermView[] {
  const terms = new Map<string, TermView>();
  for (const { at, term } of sent) {
    const known = terms.get(term);
    terms.set(term, { term, from: known?.from ?? at, to: at, sent: (known?.sent ?? 0) + 1 });
  }
  return [...terms.values()];
}
