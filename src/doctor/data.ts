/** Judges the outside data that entries are computed with: time zones and calendars. Pure. */
import { isOlderTz } from "../core/tz-data.js";
import { quote } from "../core/quote.js";
import { some } from "./entries.js";
import { type Finding, warning } from "./finding.js";

export interface DataFacts {
  /** Version of the time zone data of this process, and of the system's; null: it does not tell. */
  readonly tz: string;
  readonly systemTz: string | null;
  /** Of the beats that are alive; null: one does not tell. */
  readonly beats: readonly { readonly node: string; readonly tz: string | null }[];
  /** Calendars with the entries that name them. `days`: from now to the last day that is covered, negative where it is over. */
  readonly calendars: readonly {
    readonly name: string;
    readonly to: string;
    readonly days: number;
    readonly entries: readonly string[];
  }[];
  /** Entries that were computed with other data than the present ones, and are not looked at again yet. */
  readonly unwalked: number;
}

/** From so many days before the end of a calendar on. */
const ENDS_SOON_DAYS = 90;

/** No finding where all is well. */
export function judgeData(facts: DataFacts): Finding[] {
  return [...judgeZones(facts), ...judgeBeats(facts), ...judgeCalendars(facts), ...judgeWalk(facts)];
}

function judgeZones({ tz, systemTz }: DataFacts): Finding[] {
  if (systemTz === null || !isOlderTz(tz, systemTz)) return [];
  const advice =
    `this process computes with time zone data ${tz}, and the system has ${systemTz}: where a country has changed its clocks since, ` +
    "entries are due at the old time: upgrade Node, or set NODE_ICU_DATA";
  return [warning("time zones", tz, [], advice)];
}

function judgeBeats({ beats }: DataFacts): Finding[] {
  const versions = [...new Set(beats.flatMap(({ tz }) => tz ?? []))].sort();
  if (versions.length < 2) return [];
  const told = versions.map((version) => {
    const names = beats.filter(({ tz }) => tz === version).map(({ node }) => node);
    return `${some(names)} with ${version}`;
  });
  const advice = `beats compute with different time zone data, ${told.join(", ")}: the older ones move no entry: upgrade their Node`;
  return [warning("time zones of beats", versions.join(", "), [], advice)];
}

function judgeCalendars({ calendars }: DataFacts): Finding[] {
  return calendars.flatMap(({ name, to, days, entries }) => {
    if (days > ENDS_SOON_DAYS || entries.length === 0) return [];
    const when = days < 0 ? `ended on ${to}` : `ends on ${to}`;
    const advice =
      `later days count as open for ${some(entries.map((entry) => quote(entry)))}: give it the years that follow, ` +
      "with sunbeat calendar set";
    return [warning(`calendar ${name}`, when, [], advice)];
  });
}

function judgeWalk({ unwalked }: DataFacts): Finding[] {
  if (unwalked === 0) return [];
  const advice =
    "time zone data or calendars have changed since these were computed, and the leading beat has not looked at them again yet; " +
    "it does so beside its ticks, and where none leads each waits: start a beat with these data";
  return [warning("entries not walked", String(unwalked), [], advice)];
}
