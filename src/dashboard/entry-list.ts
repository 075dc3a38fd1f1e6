/** Entries as a list: what is looked for among all of them, in the order that is asked for. */
import type { AppCore } from "../app/index.js";
import type { DriftKind, EntryView } from "../beat/index.js";
import type { Fate } from "../monitor/index.js";
import { type Page, pageOf } from "./route.js";

export interface EntryListed {
  readonly name: string;
  readonly owner: string;
  readonly task: string | null;
  /** In words. */
  readonly schedule: string | null;
  readonly description: string | null;
  readonly timezone: string | null;
  readonly state: "active" | "paused" | "disabled";
  readonly disabled: string | null;
  readonly nextDue: Date | null;
  readonly lastScheduledFor: Date | null;
  readonly pausedAt: Date | null;
  readonly runs: number;
  readonly unfinished: number;
  readonly buffered: boolean;
  readonly problem: string | null;
  readonly revision: string;
  /** How it is stored otherwise than the code of this app declares it; null: it is as declared, or not of this code. */
  readonly drift: DriftKind | null;
}

export const ENTRY_SORTS = ["name", "task", "owner", "state", "zone", "next", "last", "runs"] as const;
export type EntrySort = (typeof ENTRY_SORTS)[number];

export interface EntryQuery {
  readonly q?: string | undefined;
  readonly state?: EntryListed["state"] | undefined;
  readonly owner?: string | undefined;
  readonly task?: string | undefined;
  readonly zone?: string | undefined;
  /** What became of the newest tick. */
  readonly fate?: Fate | undefined;
  readonly sort?: EntrySort | undefined;
  readonly descending?: boolean | undefined;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export type Schedules = Pick<AppCore["schedules"], "list" | "timelines" | "driftOf">;

/** Entries that one question looks at. */
const MOST_LISTED = 10_000;
/** Those whose newest tick is looked up for one question. */
const MOST_JUDGED = 1_000;
const PAGE = 500;
const TIMELINES = 50;

export async function listEntries(schedules: Schedules, query: EntryQuery): Promise<Page<EntryListed>> {
  const { sort = "name", descending = false, limit = 200, after, fate } = query;
  const isByName = sort === "name" && !descending;
  const found = (await allOf(schedules, isByName ? after : undefined)).filter((entry) =>
    isWanted(entry, query),
  );
  const ordered = isByName ? found : found.sort(orderBy(sort, descending));
  const from = isByName || after === undefined ? 0 : ordered.findIndex(({ name }) => name === after) + 1;
  const rest = ordered.slice(from);
  if (fate !== undefined) return judged(schedules, rest, fate, limit);
  const items = rest.slice(0, limit);
  return pageOf(items, rest.length > limit ? items.at(-1)!.name : null);
}

async function allOf(schedules: Schedules, after: string | undefined): Promise<EntryListed[]> {
  const all: EntryListed[] = [];
  for (let from = after; all.length < MOST_LISTED;) {
    const page = await schedules.list({ after: from, limit: PAGE });
    all.push(...page.map((view) => listedOf(view, schedules)));
    if (page.length < PAGE) break;
    from = page.at(-1)!.name;
  }
  return all;
}

/** Goes on until the page is full, or so many were looked at: `next` goes on then. */
async function judged(
  schedules: Schedules,
  entries: readonly EntryListed[],
  fate: Fate,
  limit: number,
): Promise<Page<EntryListed>> {
  const items: EntryListed[] = [];
  const last = Math.min(entries.length, MOST_JUDGED);
  for (let from = 0; from < last; from += TIMELINES) {
    const some = entries.slice(from, Math.min(last, from + TIMELINES));
    const ticks = await schedules.timelines(
      some.map(({ name }) => name),
      { count: 1 },
    );
    for (const entry of some) {
      if (ticks[entry.name]?.at(-1)?.fate !== fate) continue;
      items.push(entry);
      if (items.length === limit) return pageOf(items, entry === entries.at(-1) ? null : entry.name);
    }
  }
  return pageOf(items, last < entries.length ? entries[last - 1]!.name : null);
}

function isWanted(entry: EntryListed, { q = "", state, owner, task, zone }: EntryQuery): boolean {
  return (
    (state === undefined || entry.state === state) &&
    (owner === undefined || entry.owner === owner) &&
    (task === undefined || entry.task === task) &&
    (zone === undefined || entry.timezone === zone) &&
    [entry.name, entry.task, entry.schedule, entry.description]
      .join("\n")
      .toLowerCase()
      .includes(q.toLowerCase())
  );
}

type Key = string | number | null;

const KEYS: Readonly<Record<EntrySort, (entry: EntryListed) => Key>> = {
  name: ({ name }) => name,
  task: ({ task }) => task,
  owner: ({ owner }) => owner,
  state: ({ state }) => state,
  zone: ({ timezone }) => timezone,
  next: ({ nextDue }) => nextDue?.getTime() ?? null,
  last: ({ lastScheduledFor }) => lastScheduledFor?.getTime() ?? null,
  runs: ({ runs }) => runs,
};

/** What has no value comes last either way; of equals the name decides. */
function orderBy(sort: EntrySort, descending: boolean): (a: EntryListed, b: EntryListed) => number {
  const key = KEYS[sort];
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const [first, second] = [key(a), key(b)];
    if (first === second) return a.name < b.name ? -1 : 1;
    if (first === null) return 1;
    if (second === null) return -1;
    return (first < second ? -1 : 1) * sign;
  };
}

export function listedOf(view: EntryView, schedules: Pick<Schedules, "driftOf">): EntryListed {
  const { name, owner, task, schedule, disabled, nextDue, lastScheduledFor, pausedAt, description } = view;
  const { runs, unfinished, buffered, problem, revision } = view;
  const { timezone } = (schedule ?? {}) as { readonly timezone?: unknown };
  return {
    ...{ name, owner, task, schedule: schedule?.describe?.() ?? null, description },
    timezone: typeof timezone === "string" ? timezone : null,
    state: disabled !== null ? "disabled" : pausedAt !== null ? "paused" : "active",
    ...{ disabled, nextDue, lastScheduledFor, pausedAt, runs, unfinished, buffered, problem, revision },
    drift: schedules.driftOf(view),
  };
}
