/** The timeline of an entry: a day, a week or a month, nearer and further, with its ticks as a table beside it. */
import { computed } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import type { Timeline as TimelineData } from "../../src/monitor/timelines.js";
import { countsOf, countsText, FATE_NAMES, type Tick } from "../lib/fates.js";
import type { Json } from "../lib/json.js";
import { onKey } from "../lib/keys.js";
import { useResource } from "../lib/resource.js";
import { part, query, setQuery } from "../lib/router.js";
import { count, exact, now, zoneFor } from "../lib/time.js";
import { dateOf, type Range, rangeOf, shifted, type View, VIEWS, zoomed } from "../lib/timeline.js";
import { zoneSpan } from "../lib/zones.js";
import { Failure, Panel, Skeleton } from "./basics.js";
import { FateWord } from "./fate-mark.js";
import { TimelineDays } from "./timeline-days.js";
import { TimelineLine } from "./timeline-line.js";
import { Chosen, select, Ticks, zoomTo } from "./timeline-ticks.js";

/** Drawn anew each ten seconds, where time is all that goes on. */
const presently = computed(() => Math.floor(now.value / 10_000) * 10_000);
const MOST_UPCOMING = 2_000;

interface Shown {
  readonly view: View;
  readonly date: string;
  readonly range: Range;
  /** Nearer or further than a view. */
  readonly isZoomed: boolean;
}

function shownBy(zone: string): Shown {
  const given = query.value;
  const view = VIEWS.find((each) => each === given.get("view")) ?? "day";
  const date = given.get("at") ?? dateOf(presently.value, zone);
  const [from, to] = [Number(given.get("from")), Number(given.get("to"))];
  if (from > 0 && to > from) return { view, date, range: { from, to }, isZoomed: true };
  return { view, date, range: rangeOf(view, date, zone), isZoomed: false };
}

const show = (view: View, date: string | null): void =>
  setQuery({ view: view === "day" ? null : view, at: date, from: null, to: null, tick: null });

export function Timeline({
  name,
  timezone,
  actions,
}: {
  readonly name: string;
  readonly timezone: string | null;
  /** Of the tick that is selected. */
  readonly actions: (tick: Tick, reload: () => void) => ComponentChildren;
}): JSX.Element {
  const zone = zoneFor(timezone);
  const { view, date, range, isZoomed } = shownBy(zone);
  const { from, to } = range;
  const at = `/schedules/${part(name)}`;
  const { data, error, reload } = useResource<Json<TimelineData>>(`${at}/timeline`, {
    query: { from, to: to - 1 },
    stale: ["schedules", "tasks"],
    everyMs: 5_000,
  });
  const isAhead = to > presently.value;
  const upcoming = useResource<{ readonly items: readonly number[] }>(isAhead ? `${at}/next` : null, {
    query: { after: from > presently.value ? from - 1 : undefined, count: MOST_UPCOMING },
    stale: ["schedules"],
    everyMs: 30_000,
  });
  const span = useMemo(() => zoneSpan(from, to, zone), [from, to, zone]);
  const elsewhere = useMemo(
    () => (timezone === null || timezone === zone ? null : zoneSpan(from, to, timezone)),
    [from, to, zone, timezone],
  );
  useEffect(
    () =>
      onKey((key) => {
        if (key === "ArrowLeft" || key === "ArrowRight") move(key === "ArrowLeft" ? -1 : 1);
        else if (key === "+" || key === "-") zoomTo(zoomed(range, key === "+" ? 0.5 : 2));
        else return false;
        return true;
      }),
    [from, to, view, date],
  );
  const move = (count: number): void => {
    if (isZoomed) zoomTo({ from: from + count * (to - from) * 0.8, to: to + count * (to - from) * 0.8 });
    else show(view, shifted(view, date, count));
  };
  const ticks = data?.items ?? [];
  const selected = query.value.get("tick") === null ? null : Number(query.value.get("tick"));
  const chosen = ticks.find(({ due }) => due === selected) ?? null;
  const isLine = view === "day" || isZoomed;
  const counts = data?.cells
    ? countsOf(
        data.cells.flatMap((cell) =>
          FATE_NAMES.map((fate) => ({ fate, count: cell.counts[fate] ?? 0 })).filter(
            ({ count }) => count > 0,
          ),
        ),
      )
    : countsOf(ticks);
  const coming = (upcoming.data?.items ?? []).filter((due) => due < to && due >= from);
  const label = `${name}, ${exact(from, zone)} to ${exact(to, zone)}: ${countsText(counts)}, ${coming.length} yet to come`;
  const drawn = {
    label,
    range,
    span,
    ticks,
    cells: data?.cells ?? null,
    upcoming: coming,
    now: presently.value,
  };
  return (
    <Panel
      title="Timeline"
      class="timeline-panel"
      aside={<Controls {...{ view, date, range, isZoomed, zone, move }} />}
    >
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton lines={6} />
      ) : (
        <div class="beside">
          <div class="drawing">
            {isLine ? (
              <TimelineLine
                {...drawn}
                selected={selected}
                select={select}
                zoom={zoomTo}
                elsewhere={elsewhere}
              />
            ) : (
              <TimelineDays {...drawn} selected={selected} select={select} open={(day) => show("day", day)} />
            )}
            <p class="sum">
              {countsText(counts)}
              {coming.length > 0 && (
                <span class="dim">
                  , {coming.length === MOST_UPCOMING ? "more than " : ""}
                  {count(coming.length)} yet to come
                </span>
              )}{" "}
              <span class="dim">
                in {zone}
                {isLine && "; draw across to look closer"}
              </span>
            </p>
            {data.reached !== null && (
              <p class="dim">Ticks before {exact(data.reached, zone)} were not looked at: look closer.</p>
            )}
            {chosen !== null && <Chosen tick={chosen} zone={zone} actions={actions(chosen, reload)} />}
            <Legend />
          </div>
          <Ticks ticks={ticks} zone={zone} cells={data.cells} upcoming={coming} />
        </div>
      )}
    </Panel>
  );
}

function Controls({
  view,
  date,
  range,
  isZoomed,
  zone,
  move,
}: Shown & { readonly zone: string; readonly move: (count: number) => void }): JSX.Element {
  return (
    <div class="controls">
      <div class="switch" role="group" aria-label="how much is shown">
        {VIEWS.map((each) => (
          <button
            key={each}
            type="button"
            class="small"
            aria-pressed={each === view && !isZoomed}
            onClick={() => show(each, isZoomed ? dateOf((range.from + range.to) / 2, zone) : date)}
          >
            {each}
          </button>
        ))}
      </div>
      <button type="button" class="small" aria-label="back" onClick={() => move(-1)}>
        ◀
      </button>
      <input
        type="date"
        class="small"
        aria-label="day"
        value={isZoomed ? dateOf(range.from, zone) : date}
        onChange={(event) => event.currentTarget.value !== "" && show(view, event.currentTarget.value)}
      />
      <button type="button" class="small" aria-label="forward" onClick={() => move(1)}>
        ▶
      </button>
      <button type="button" class="small" onClick={() => show(view, null)}>
        Today
      </button>
      <button
        type="button"
        class="small"
        aria-label="closer"
        title="closer (+)"
        onClick={() => zoomTo(zoomed(range, 0.5))}
      >
        +
      </button>
      <button
        type="button"
        class="small"
        aria-label="further"
        title="further (-)"
        onClick={() => zoomTo(zoomed(range, 2))}
      >
        −
      </button>
    </div>
  );
}

function Legend(): JSX.Element {
  return (
    <details class="legend">
      <summary>What the marks mean</summary>
      <ul>
        {FATE_NAMES.map((fate) => (
          <li key={fate}>
            <FateWord fate={fate} reason={fate === "skipped" ? "overlap" : null} />
          </li>
        ))}
        <li>
          <span class="fate-word warn">
            <svg class="glyph wide" viewBox="-8 -8 32 16" aria-hidden="true">
              <path class="tail" d="M0 0H20v-3v6" />
            </svg>
            late: its tail is the delay
          </span>
        </li>
        <li>
          <span class="fate-word">
            <svg class="glyph" viewBox="-8 -8 16 16" aria-hidden="true">
              <g class="upcoming">
                <circle r="3" />
              </g>
            </svg>
            yet to come
          </span>
        </li>
      </ul>
      <p class="dim">
        Letters of skipped ticks: o overlap, l locked, r replaced, p paused, m misfire, e expired, v revoked,
        x removed, n max-runs, d disabled. Where marks would cover each other, a column has the shares of
        their fates.
      </p>
    </details>
  );
}
