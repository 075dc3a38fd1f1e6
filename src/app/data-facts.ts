/** The outside data that entries are computed with, here and elsewhere: what `sunbeat doctor` judges. */
import { type CalendarBook, daysLeft, isAhead, mayDepend, walkPlace, wholeBasis } from "../beat/index.js";
import { systemTzVersion, tzVersion } from "../core/tz-data.js";
import type { EntryRecord, UpcomingPlace } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import { calendarsIn } from "./calendars.js";

export interface DataFacts {
  readonly tz: string;
  readonly systemTz: string | null;
  readonly beats: readonly { readonly node: string; readonly tz: string | null }[];
  readonly calendars: readonly {
    readonly name: string;
    readonly to: string;
    readonly days: number;
    readonly entries: readonly string[];
  }[];
  readonly unwalked: number;
}

const PAGE = 1_000;

/** Rejects with the store's error. */
export async function dataFacts(
  store: Pick<Store, "entries" | "calendars" | "presence" | "now">,
  book: CalendarBook,
): Promise<DataFacts> {
  await book.refresh(store);
  const [now, systemTz, nodes, users] = await Promise.all([
    store.now(),
    systemTzVersion(),
    store.presence.nodes(),
    calendarUsers(store),
  ]);
  const alive = nodes.filter(({ status }) => status === "alive");
  return {
    ...{ tz: tzVersion(), systemTz },
    beats: alive.flatMap(({ node, beat }) => (beat === null ? [] : [{ node, tz: beat.tz ?? null }])),
    calendars: book.list().map(({ data: { name, covers } }) => {
      return { name, to: covers.to, days: daysLeft(covers.to, now), entries: users.get(name) ?? [] };
    }),
    unwalked: await unwalkedOf(store, wholeBasis(book, tzVersion())),
  };
}

/** Entries that run, by the calendars that they name. */
async function calendarUsers({
  entries,
}: Pick<Store, "entries">): Promise<ReadonlyMap<string, readonly string[]>> {
  const users = new Map<string, string[]>();
  for (let after: string | undefined; ;) {
    const page = await entries.list({ ...(after !== undefined && { after }), limit: PAGE });
    for (const { name, definition, disabled } of page) {
      if (disabled !== null) continue;
      for (const calendar of calendarsIn(definition))
        users.set(calendar, [...(users.get(calendar) ?? []), name]);
    }
    if (page.length < PAGE) return users;
    after = page.at(-1)!.name;
  }
}

/** How many entries the walk to the `present` basis has not reached, where one is due. */
async function unwalkedOf({ entries }: Pick<Store, "entries">, present: string): Promise<number> {
  const { basis, walk } = await entries.basisWalk();
  // Nobody has walked a store without beats; older data of this process say nothing about others.
  const isDone = walk === null && (basis === null || basis === present || isAhead(basis, present));
  if (isDone) return 0;
  let after: UpcomingPlace | null = walkPlace(walk, present)?.after ?? null;
  let count = 0;
  for (;;) {
    const page: readonly EntryRecord[] = await entries.upcoming({ after, limit: PAGE });
    count += page.filter(({ definition }) => mayDepend(definition)).length;
    const last = page.at(-1);
    if (page.length < PAGE || last?.cursor == null) return count;
    after = { dispatchAt: last.cursor.dispatchAt, name: last.name };
  }
}
