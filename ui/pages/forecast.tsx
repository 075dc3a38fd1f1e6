/** Forecast: what the entries will send, where that is much at once, and what another entry would make of it. */
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Forecast as ForecastData } from "../../src/monitor/forecast-types.js";
import {
  beginsOf,
  forecastRange,
  type ForecastSpan,
  largest,
  peaksOf,
  type Series,
  SPANS,
  type Step,
  STEP_MS,
  STEPS_OF,
  withoutSome,
} from "../lib/forecast.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { query, setQuery } from "../lib/router.js";
import { count, duration, exact, now, zoneFor } from "../lib/time.js";
import { dayOf, zoneSpan } from "../lib/zones.js";
import { Facts, Failure, Panel, Skeleton } from "../parts/basics.js";
import { Calendar, Starts } from "../parts/forecast-charts.js";
import { Entries, Meetings, Nights, Peaks, Risks } from "./forecast-findings.js";
import { WhatIf } from "./forecast-what-if.js";

export type Data = Json<ForecastData>;

const MOST_SERIES = 6;
const BY = ["all", "queue", "entry"] as const;
type By = (typeof BY)[number];

export function Forecast(): JSX.Element {
  const zone = zoneFor();
  const span = SPANS.find((each) => each === query.value.get("span")) ?? "week";
  const step = STEPS_OF[span].find((each) => each === query.value.get("step")) ?? STEPS_OF[span][0]!;
  const by = BY.find((each) => each === query.value.get("by")) ?? "queue";
  const [opened] = useState(() => now.peek());
  const from = Number(query.value.get("from")) || opened;
  const range = useMemo(() => forecastRange(span, from, zone), [span, from, zone]);
  const { data, error, reload } = useResource<Data>("/forecast", {
    query: { from: range.from, to: range.to, stepSeconds: STEP_MS[step] / 1_000, timezone: zone },
    stale: ["schedules"],
  });
  const clocks = useMemo(() => zoneSpan(range.from, range.to, zone), [range.from, range.to, zone]);
  const begins = useMemo(() => beginsOf(range, STEP_MS[step], clocks), [range, step, clocks]);
  const hide = query.value.get("hide");
  const hidden = useMemo(() => namesOf(hide), [hide]);
  const { series, totals } = useMemo(() => shownOf(data, by, hidden), [data, by, hidden]);
  const toggle = (name: string): void => {
    const next = hidden.includes(name) ? hidden.filter((each) => each !== name) : [...hidden, name];
    setQuery({ hide: next.length === 0 ? null : JSON.stringify(next) }, { replace: true });
  };
  const open = (at: number): void => {
    const nearer: ForecastSpan | null = span === "year" ? "week" : span === "week" ? "day" : null;
    if (nearer !== null) setQuery({ span: nearer, step: null, from: String(at) });
  };
  return (
    <>
      <header class="page-head">
        <h1>Forecast</h1>
        <Choices {...{ span, step, by }} tomorrow={dayOf(opened, zoneSpan(opened, opened, zone)).to} />
      </header>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton lines={10} />
      ) : (
        <>
          <Notes data={data} />
          <Panel
            title={`Starts by ${step}`}
            aside={<span class="dim">{aside(range.from, range.to, zone)}</span>}
          >
            <Starts
              {...{ series, hidden, toggle, totals, range, begins, open }}
              span={clocks}
              peaks={peaksOf(totals, 3)}
            />
          </Panel>
          <Panel title={CALENDAR_NAMES[span]}>
            <Calendar {...{ range, begins, open }} totals={totals} span={clocks} kind={span} />
          </Panel>
          <div class="grid two">
            <Peaks data={data} zone={zone} />
            <WhatIf zone={zone} />
            <Nights nights={data.zoneNights} to={range.to} />
            <Meetings data={data} />
            <Risks data={data} />
            <Entries data={data} begins={begins} />
          </div>
        </>
      )}
    </>
  );
}

const CALENDAR_NAMES: Readonly<Record<ForecastSpan, string>> = {
  day: "By hour and minute",
  week: "By day and hour",
  year: "By week and weekday",
};

const aside = (from: number, to: number, zone: string): string =>
  `${exact(from, zone).slice(0, 16)} to ${exact(to, zone).slice(0, 16)}, ${zone}`;

/** Those that are left out are in no sum. */
function shownOf(
  data: Data | null,
  by: By,
  hidden: readonly string[],
): { readonly series: readonly Series[]; readonly totals: readonly number[] } {
  if (data === null) return { series: [], totals: [] };
  const { starts, queues, entries } = data;
  if (by === "all") return { series: [{ name: "starts", values: starts }], totals: starts };
  const all =
    by === "queue"
      ? Object.entries(queues).map(([name, values]) => ({ name, values }))
      : entries.flatMap(({ entry, steps }) => (steps === null ? [] : [{ name: entry, values: steps }]));
  const totals = withoutSome(
    starts,
    all.filter(({ name }) => hidden.includes(name)),
  );
  const shown = all.filter(({ name }) => !hidden.includes(name));
  return { series: largest(shown, totals, MOST_SERIES), totals };
}

function namesOf(text: string | null): readonly string[] {
  try {
    const names: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(names) ? names.map(String) : [];
  } catch {
    return [];
  }
}

function Choices({
  span,
  step,
  by,
  tomorrow,
}: {
  readonly span: ForecastSpan;
  readonly step: Step;
  readonly by: By;
  /** When it begins. */
  readonly tomorrow: number;
}): JSX.Element {
  return (
    <div class="controls">
      <div class="switch" role="group" aria-label="how far ahead">
        {SPANS.map((each) => (
          <button
            key={each}
            type="button"
            class="small"
            aria-pressed={each === span}
            onClick={() => setQuery({ span: each === "week" ? null : each, step: null })}
          >
            {each}
          </button>
        ))}
      </div>
      <button
        type="button"
        class="small"
        onClick={() => setQuery({ span: "day", step: null, from: String(tomorrow) })}
      >
        Tomorrow
      </button>
      <select
        aria-label="step"
        value={step}
        onChange={(event) => setQuery({ step: event.currentTarget.value })}
      >
        {STEPS_OF[span].map((each) => (
          <option key={each} value={each}>
            by {each}
          </option>
        ))}
      </select>
      <select
        aria-label="parts"
        value={by}
        onChange={(event) => setQuery({ by: event.currentTarget.value, hide: null })}
      >
        {BY.map((each) => (
          <option key={each} value={each}>
            {each === "all" ? "in all" : `by ${each}`}
          </option>
        ))}
      </select>
      {query.value.get("from") !== null && (
        <button type="button" class="small" onClick={() => setQuery({ from: null })}>
          From now
        </button>
      )}
    </div>
  );
}

function Notes({
  data: { isCoarse, unknown, occurrences, peaks, slots, stepMs },
}: {
  readonly data: Data;
}): JSX.Element {
  const busiest = peaks[0];
  return (
    <>
      <Facts
        rows={[
          ["starts", count(occurrences)],
          ["busiest", busiest === undefined ? "-" : `${count(busiest.starts)} within ${duration(stepMs)}`],
          [
            "slots likely in use",
            `up to ${Math.max(0, ...slots).toLocaleString("en-US", { maximumFractionDigits: 1 })}`,
          ],
        ]}
      />
      {isCoarse && (
        <p class="dim">
          There are more than two million starts: entries that are due very often are drawn on evenly.
        </p>
      )}
      {unknown.length > 0 && (
        <p class="dim">
          Not counted, since their code alone knows when they run: {unknown.slice(0, 10).join(", ")}
        </p>
      )}
    </>
  );
}
