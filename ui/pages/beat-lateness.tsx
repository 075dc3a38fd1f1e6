/** How late ticks were sent, and by which terms: as far as the ledger says. */
import type { JSX } from "preact";
import type { Dispatches } from "../../src/dashboard/dispatches.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { count, duration, exact, short } from "../lib/time.js";
import { Bars } from "../parts/bars.js";
import { Empty, Failure, Panel, Skeleton, Time } from "../parts/basics.js";
import { Table } from "../parts/table.js";

type Data = Json<Dispatches>;

/** Later than this is late. */
const LATE_MS = 5_000;
const SLOTS = 60;
const ROWS = 20;

export function Lateness(): JSX.Element {
  const { data, error, reload } = useResource<Data>("/beat/dispatches", { everyMs: 15_000 });
  return (
    <>
      <Panel title="Lag of the newest ticks">
        {error !== null && <Failure error={error} retry={reload} />}
        {data === null ? error === null && <Skeleton /> : <Lags data={data} />}
      </Panel>
      <Panel title="Terms">{data !== null && <Terms terms={data.terms} />}</Panel>
    </>
  );
}

function Lags({ data: { ticks, entries, of } }: { readonly data: Data }): JSX.Element {
  if (ticks.length === 0) return <Empty>No tick was sent yet.</Empty>;
  const slots = slotsOf(ticks);
  const worst = Math.max(...ticks.map(({ lateMs }) => lateMs));
  const latest = ticks.toSorted((a, b) => b.lateMs - a.lateMs).slice(0, ROWS);
  return (
    <>
      <p>
        The worst of {count(ticks.length)} ticks was sent {duration(worst)} after it was due
        {entries < of && `, among the ${count(entries)} entries that were due last`}.
      </p>
      <Bars
        label={`the worst lag over time, from ${exact(ticks[0]!.at)} on: at most ${duration(worst)}`}
        bars={slots.map(({ from, to, lateMs, number }) => ({
          label: `${short(from)} to ${short(to)}: ${number === 0 ? "no tick" : `at most ${duration(lateMs)} late`}`,
          parts: [{ value: lateMs, tone: lateMs > LATE_MS ? "bad" : "busy" }],
        }))}
      />
      <details>
        <summary>The latest ticks as a table</summary>
        <Table
          label="the latest ticks"
          rows={latest}
          id={({ entry, at }) => `${entry} ${at}`}
          columns={[
            { name: "Entry", cell: ({ entry }) => entry, grows: true },
            { name: "Sent", cell: ({ at }) => <Time at={at} form="short" /> },
            { name: "Late", cell: ({ lateMs }) => duration(lateMs), isNumber: true },
          ]}
        />
      </details>
    </>
  );
}

interface Slot {
  readonly from: number;
  readonly to: number;
  readonly lateMs: number;
  readonly number: number;
}

/** Equal times; of each the worst. */
function slotsOf(ticks: Data["ticks"]): readonly Slot[] {
  const [first, last] = [ticks[0]!.at, ticks.at(-1)!.at];
  const width = Math.max(1, (last - first + 1) / SLOTS);
  const slots = Array.from({ length: SLOTS }, (_, index) => ({
    ...{ from: first + index * width, to: first + (index + 1) * width, lateMs: 0, number: 0 },
  }));
  for (const { at, lateMs } of ticks) {
    const slot = slots[Math.min(SLOTS - 1, Math.floor((at - first) / width))]!;
    slot.lateMs = Math.max(slot.lateMs, lateMs);
    slot.number++;
  }
  return slots;
}

const [WIDTH, HEIGHT] = [600, 24] as const;

function Terms({ terms }: { readonly terms: Data["terms"] }): JSX.Element {
  const [first] = terms;
  if (first === undefined) return <Empty>No term has sent anything yet.</Empty>;
  const span = Math.max(1, Math.max(...terms.map(({ to }) => to)) - first.from);
  const x = (at: number): number => ((at - first.from) / span) * WIDTH;
  return (
    <>
      <svg
        class="terms"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${terms.length} terms, one after the other; the table has them`}
      >
        {terms.map(({ term, from, to, sent }, index) => (
          <g key={term}>
            <title>{`${term}: ${short(from)} to ${short(to)}, ${sent} ticks`}</title>
            <rect
              class={index % 2 === 0 ? "busy" : "good"}
              x={x(from)}
              y={2}
              width={Math.max(2, x(to) - x(from))}
              height={HEIGHT - 4}
            />
          </g>
        ))}
      </svg>
      <Table
        label="terms"
        rows={terms.toReversed().slice(0, ROWS)}
        id={({ term }) => term}
        columns={[
          { name: "Term", cell: ({ term }) => <code>{term}</code>, grows: true },
          { name: "First tick", cell: ({ from }) => <Time at={from} form="short" /> },
          { name: "Last tick", cell: ({ to }) => <Time at={to} form="short" /> },
          { name: "Ticks", cell: ({ sent }) => count(sent), isNumber: true },
        ]}
      />
    </>
  );
}
