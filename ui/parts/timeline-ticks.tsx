/** Ticks of a timeline as a table, and the one that was chosen. */
import type { ComponentChildren, JSX } from "preact";
import type { Timeline as TimelineData } from "../../src/monitor/timelines.js";
import { countsText, fateText, type Tick } from "../lib/fates.js";
import type { Json } from "../lib/json.js";
import { Link, part, setQuery } from "../lib/router.js";
import { duration, exact, partsOf } from "../lib/time.js";
import type { Range } from "../lib/timeline.js";
import { Empty, Facts } from "./basics.js";
import { FateWord } from "./fate-mark.js";
import { Table } from "./table.js";

const MOST_ROWS = 200;

export const zoomTo = ({ from, to }: Range): void =>
  setQuery({ from: String(Math.round(from)), to: String(Math.round(to)) });

export const select = (due: number | null): void =>
  setQuery({ tick: due === null ? null : String(due) }, { replace: true });

/** "03-28 03:00:00", with the offset where it is not the one before. */
function Clock({ at, zone }: { readonly at: number; readonly zone: string }): JSX.Element {
  const { date, time, offset } = partsOf(at, zone);
  return (
    <time dateTime={new Date(at).toISOString()} title={exact(at, zone)} class="clock">
      {date.slice(5)} {time} <span class="dim">{offset}</span>
    </time>
  );
}

export function Ticks({
  ticks,
  cells,
  upcoming,
  zone,
}: {
  readonly ticks: readonly Tick[];
  readonly cells: Json<TimelineData>["cells"];
  readonly upcoming: readonly number[];
  readonly zone: string;
}): JSX.Element {
  if (cells !== null) {
    return (
      <div class="tick-table">
        <p class="dim">There are too many ticks to tell them one by one: look closer.</p>
        <Table
          label="ticks, by time"
          rows={cells.filter(({ worst }) => worst !== null).toReversed()}
          id={({ from }) => String(from)}
          open={(cell) => zoomTo(cell)}
          columns={[
            { name: "From", cell: ({ from }) => <Clock at={from} zone={zone} /> },
            { name: "Ticks", cell: ({ counts }) => countsText(counts) },
          ]}
        />
      </div>
    );
  }
  if (ticks.length === 0 && upcoming.length > 0) {
    return (
      <div class="tick-table">
        <Table
          label="ticks yet to come"
          rows={upcoming.slice(0, MOST_ROWS)}
          id={String}
          columns={[
            { name: "Due", cell: (due) => <Clock at={due} zone={zone} /> },
            { name: "Fate", cell: () => <span class="dim">yet to come</span> },
          ]}
        />
      </div>
    );
  }
  const rows = ticks.toReversed().slice(0, MOST_ROWS);
  if (rows.length === 0) return <Empty>No tick was due in this time.</Empty>;
  return (
    <div class="tick-table">
      <Table
        label="ticks"
        rows={rows}
        id={({ due, taskId }) => `${due} ${taskId}`}
        open={({ due }) => select(due)}
        columns={[
          {
            name: "Due",
            cell: ({ due }) => (
              <button type="button" class="link" onClick={() => select(due)}>
                <Clock at={due} zone={zone} />
              </button>
            ),
          },
          {
            name: "Fate",
            cell: (tick) => <FateWord fate={tick.fate} reason={tick.reason} text={fateText(tick)} />,
          },
          { name: "Run", cell: ({ runMs }) => (runMs === null ? "" : duration(runMs)), isNumber: true },
        ]}
      />
      {ticks.length > MOST_ROWS && <p class="dim">and {ticks.length - MOST_ROWS} before: look closer.</p>}
    </div>
  );
}

export function Chosen({
  tick,
  zone,
  actions,
}: {
  readonly tick: Tick;
  readonly zone: string;
  readonly actions: ComponentChildren;
}): JSX.Element {
  const { due, at, lateMs, taskId, waitMs, runMs, worker, attempts, error, fate, reason, term, until } = tick;
  const some = (value: number | null): string | null => (value === null ? null : duration(value));
  const rows: (readonly [string, ComponentChildren])[] = [
    ["due", <Clock key="due" at={due} zone={zone} />],
    ["until", until === null ? null : <Clock key="until" at={until} zone={zone} />],
    [fate === "skipped" ? "skipped" : "sent", at === null ? null : <Clock key="at" at={at} zone={zone} />],
    ["late by", some(lateMs)],
    ["waited", some(waitMs)],
    ["ran", some(runMs)],
    ["attempts", attempts > 0 ? attempts : null],
    ["worker", worker],
    ["term", term],
    ["error", error],
    ["task", taskId === null ? null : <Link to={`/tasks/${part(taskId)}`}>{taskId}</Link>],
  ];
  return (
    <section class="chosen-tick" aria-label="the selected tick">
      <header>
        <FateWord fate={fate} reason={reason} text={fateText(tick)} />
        <div class="row-actions">
          {actions}
          <button type="button" class="small quiet" onClick={() => select(null)}>
            Close
          </button>
        </div>
      </header>
      <Facts rows={rows.filter(([, value]) => value !== null)} />
    </section>
  );
}
