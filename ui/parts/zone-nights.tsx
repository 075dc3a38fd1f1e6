/** Nights on which the clocks of a zone change, drawn: what is skipped or comes twice, and what is due then. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { ZoneNight } from "../../src/monitor/zone-nights.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part } from "../lib/router.js";
import { now, partsOf, zoneFor } from "../lib/time.js";
import { dateOf } from "../lib/timeline.js";
import { zoneSpan } from "../lib/zones.js";
import { TimelineLine } from "./timeline-line.js";

export type Night = Json<ZoneNight>;

const AROUND_MS = 4 * 3_600_000;
const MOST_RUNS = 200;

export const KIND_WORDS: Readonly<Record<Night["kind"], string>> = {
  gap: "clocks go forward",
  fold: "clocks go back",
  "date-line": "the date line is crossed",
};

/** Of a stored entry: with its runs. */
export function EntryNight({ night }: { readonly night: Night }): JSX.Element {
  const { entry, at } = night;
  const { data } = useResource<{ readonly items: readonly number[] }>(`/schedules/${part(entry)}/next`, {
    query: { after: at - AROUND_MS - 1, count: MOST_RUNS },
    stale: ["schedules"],
  });
  return <NightDrawn night={night} due={(data?.items ?? []).filter((due) => due < at + AROUND_MS)} />;
}

export function NightDrawn({
  night: { entry, timezone, at, kind, message },
  due,
}: {
  readonly night: Night;
  readonly due: readonly number[];
}): JSX.Element {
  const zone = zoneFor(timezone);
  const range = { from: at - AROUND_MS, to: at + AROUND_MS };
  const [span, own] = useMemo(
    () => [zoneSpan(range.from, range.to, zone), zoneSpan(range.from, range.to, timezone)],
    [at, zone, timezone],
  );
  const inZone = (instant: number): string => partsOf(instant, zone).time.slice(0, 5);
  const { date } = partsOf(at - 60_000, timezone);
  const runs = due.length === 0 ? "" : `, ${due.length} due: ${due.slice(0, 12).map(inZone).join(", ")}`;
  return (
    <figure class="night">
      <figcaption>
        <strong>{date}</strong> {KIND_WORDS[kind]} in {timezone}: {message}
        {due.length > 0 && (
          <>
            {" "}
            <Link to={`/schedules/${part(entry)}?at=${dateOf(at, zone)}`}>See the day</Link>
          </>
        )}
      </figcaption>
      <TimelineLine
        label={`${date}, ${KIND_WORDS[kind]} in ${timezone}; shown in ${zone}${runs}`}
        {...{ range, span, upcoming: due, ticks: [], cells: null, now: now.peek() }}
        elsewhere={zone === timezone ? null : own}
      />
    </figure>
  );
}
