/** The outside data that entries are computed with, here and elsewhere: what `sunbeat doctor` judges. */
import { type CalendarBook, daysLeft, isAhead, mayDepend, walkPlace, wholeBasis } from "../beat/index.js";
import { systemTzVersion, tzVersion } from "../core/tz-data.js";
import type { DataFacts } from "../doctor/index.js";
import type { EntryRecord, UpcomingPlace } from "../store/contracts/entries.js";
import type { Store } from "../store/contracts/store.js";
import { calendarUsers } from "./calendars.js";

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
    calendarUsers(store, [], ({ disabled }) => disabled === null),
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
