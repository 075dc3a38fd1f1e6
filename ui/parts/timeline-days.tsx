/** Days below each other, equal local times in one column: what is due each night is a column, and a moved run steps out of it. */
import type { JSX } from "preact";
import type { TimelineCell } from "../../src/monitor/timeline.js";
import { countsOf, countsText, FATE_NAMES, fateText, type Tick } from "../lib/fates.js";
import type { Json } from "../lib/json.js";
import { exact } from "../lib/time.js";
import { binsOf, type DayRow, isCrowded, placeOf, type Range, rowsOf } from "../lib/timeline.js";
import { timeOfDay, type ZoneSpan } from "../lib/zones.js";
import { FateCell, FateMark } from "./fate-mark.js";
import { Wide } from "./width.js";

export type TimelineCells = readonly Json<TimelineCell>[];

export interface DaysProps {
  readonly label: string;
  readonly range: Range;
  readonly span: ZoneSpan;
  readonly ticks: readonly Tick[];
  readonly cells: TimelineCells | null;
  readonly upcoming: readonly number[];
  readonly now: number;
  readonly selected?: number | null;
  readonly select?: (due: number) => void;
  /** A day was chosen. */
  readonly open: (date: string) => void;
}

const AXIS = 22;
const LEFT = 82;
const MARK = 10;
const SLOT = 12;

export function TimelineDays(props: DaysProps): JSX.Element {
  return <Wide>{(width) => <Days {...props} width={width} />}</Wide>;
}

function Days(props: DaysProps & { readonly width: number }): JSX.Element {
  const { label, range, span, ticks, cells, upcoming, now, selected, select, open, width } = props;
  const rows = rowsOf(range, span);
  const tall = rows.length <= 8 ? 44 : 24;
  const height = AXIS + rows.length * tall;
  const inner = width - LEFT;
  const x = (part: number): number => LEFT + part * inner;
  const top = (row: number): number => AXIS + row * tall;
  /** Of two passes through one time the first is above the second. */
  const point = (at: number): { readonly x: number; readonly y: number } | null => {
    const place = placeOf(at, rows, span);
    if (place === null) return null;
    const y = place.pass === null ? 0.5 : place.pass === 1 ? 0.27 : 0.75;
    return { x: x(place.x), y: top(place.row) + tall * y };
  };
  const choose = (event: MouseEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const [left, down] = [event.clientX - box.left, event.clientY - box.top];
    const row = rows[Math.floor((down - AXIS) / tall)];
    let best: { readonly due: number; readonly far: number } | null = null;
    for (const { due } of ticks) {
      const at = point(due);
      if (at === null) continue;
      const far = Math.abs(at.x - left) + Math.abs(at.y - down);
      if (best === null || far < best.far) best = { due, far };
    }
    if (left > LEFT && best !== null && best.far < 24) select?.(best.due);
    else if (row !== undefined) open(row.date);
  };
  const step = inner > 900 ? 1 : inner > 420 ? 3 : 6;
  const hours = Array.from({ length: 24 / step }, (_, index) => index * step);
  const chosen = selected == null ? null : point(selected);
  const present = point(now);
  return (
    <svg class="timeline days" width={width} height={height} role="img" aria-label={label} onClick={choose}>
      {hours.map((hour) => (
        <g key={hour} class="axis">
          <path d={`M${x(hour / 24)} ${AXIS - 6}V${height}`} />
          <text x={x(hour / 24) + 3} y={12}>
            {String(hour).padStart(2, "0")}
            {step > 1 && ":00"}
          </text>
        </g>
      ))}
      {rows.map((row, index) => (
        <Row key={row.date} row={row} top={top(index)} tall={tall} width={width} x={x} now={now} />
      ))}
      {cells !== null
        ? cells.flatMap((cell) =>
            cellParts(cell, rows, span).map((part) => {
              const size = { x: x(part.left) + 0.5, y: top(part.row) + 3, height: tall - 6 };
              return (
                <FateCell
                  key={`${cell.from} ${part.row}`}
                  counts={cell.counts}
                  order={FATE_NAMES}
                  width={Math.max(1, (part.right - part.left) * inner - 1)}
                  label={`${exact(cell.from, span.zone)}: ${countsText(cell.counts)}`}
                  {...size}
                />
              );
            }),
          )
        : rows.map((row, index) => (
            <RowTicks key={row.date} {...{ row, ticks, span, point, inner, tall, x }} top={top(index)} />
          ))}
      {rows.map((row, index) => (
        <RowUpcoming key={row.date} {...{ row, upcoming, span, point, inner, tall, x }} top={top(index)} />
      ))}
      {chosen !== null && <circle class="chosen" cx={chosen.x} cy={chosen.y} r={9} />}
      {present !== null && (
        <g class="now">
          <title>now</title>
          <path d={`M${present.x} ${present.y - tall / 2}v${tall}`} />
        </g>
      )}
    </svg>
  );
}

function Row({
  row: { date, weekday, from, to, stretches },
  top,
  tall,
  width,
  x,
  now,
}: {
  readonly row: DayRow;
  readonly top: number;
  readonly tall: number;
  readonly width: number;
  readonly x: (part: number) => number;
  readonly now: number;
}): JSX.Element {
  const isToday = now >= from && now < to;
  return (
    <g class={`row${isToday ? " today" : ""}${weekday === "Sat" || weekday === "Sun" ? " weekend" : ""}`}>
      <rect class="ground" x={0} y={top} width={width} height={tall} />
      <text x={4} y={top + tall / 2 + 4}>
        {weekday} {date.slice(5)}
      </text>
      <path d={`M0 ${top}H${width}`} />
      {stretches.map(({ kind, left, right, fromLocal, toLocal }) => (
        <g key={left} class={`change ${kind}`} data-kind={kind}>
          <title>
            {`${timeOfDay(fromLocal)} to ${timeOfDay(toLocal)} ${kind === "gap" ? "are skipped" : "come twice"}`}
          </title>
          <rect
            class={kind === "gap" ? "seam" : "pass"}
            x={x(left)}
            y={top}
            width={x(right) - x(left)}
            height={tall}
          />
          {kind === "fold" && <path class="halves" d={`M${x(left)} ${top + tall / 2}H${x(right)}`} />}
          {tall > 30 && (
            <text class="note" x={x(right) + 4} y={top + tall - 5}>
              {kind === "gap"
                ? `no ${timeOfDay(fromLocal)}–${timeOfDay(toLocal)}`
                : `${timeOfDay(fromLocal)}–${timeOfDay(toLocal)} twice`}
            </text>
          )}
        </g>
      ))}
    </g>
  );
}

function RowTicks({
  row,
  ticks,
  span,
  point,
  inner,
  top,
  tall,
  x,
}: {
  readonly row: DayRow;
  readonly ticks: readonly Tick[];
  readonly span: ZoneSpan;
  readonly point: (at: number) => { readonly x: number; readonly y: number } | null;
  readonly inner: number;
  readonly top: number;
  readonly tall: number;
  readonly x: (part: number) => number;
}): JSX.Element {
  const own = ticks.filter(({ due }) => due >= row.from && due < row.to);
  const part = (due: number): number => placeOf(due, [row], span)?.x ?? 0;
  if (
    isCrowded(
      own.map(({ due }) => part(due)),
      inner,
      MARK,
    )
  ) {
    const slots = Math.max(1, Math.floor(inner / SLOT));
    return (
      <>
        {[...binsOf(own, ({ due }) => part(due), slots)].map(([slot, some]) => {
          const counts = countsOf(some);
          return (
            <FateCell
              key={slot}
              counts={counts}
              order={FATE_NAMES}
              x={x(slot / slots) + 0.5}
              y={top + 5}
              width={inner / slots - 1}
              height={tall - 8}
              label={`${exact(some[0]!.due, span.zone)}: ${countsText(counts)}`}
            />
          );
        })}
      </>
    );
  }
  const r = tall > 30 ? 5 : 4;
  return (
    <>
      {own.map((tick) => {
        const at = point(tick.due)!;
        const sent = tick.at === null ? null : point(tick.at);
        const end = sent !== null && Math.abs(sent.y - at.y) < tall / 2 ? sent.x : x(1);
        return (
          <g key={`${tick.due} ${tick.taskId}`}>
            <title>{`${exact(tick.due, span.zone)}: ${fateText(tick)}`}</title>
            {tick.late && <path class="tail" d={`M${at.x} ${at.y}H${Math.max(at.x + 8, end)}v-3v6`} />}
            <FateMark fate={tick.fate} reason={tick.reason} x={at.x} y={at.y} r={r} />
          </g>
        );
      })}
    </>
  );
}

function RowUpcoming({
  row,
  upcoming,
  span,
  point,
  inner,
  top,
  tall,
  x,
}: Omit<Parameters<typeof RowTicks>[0], "ticks"> & {
  readonly upcoming: readonly number[];
}): JSX.Element | null {
  const own = upcoming.filter((due) => due >= row.from && due < row.to);
  const first = own[0];
  if (first === undefined) return null;
  if (own.length * MARK > inner) {
    const left = placeOf(first, [row], span)!.x;
    const right = placeOf(own.at(-1)!, [row], span)!.x;
    return (
      <rect
        class="upcoming-band"
        x={x(left)}
        y={top + tall / 2 - 2}
        width={(right - left) * inner}
        height={4}
      >
        <title>{`${own.length} due`}</title>
      </rect>
    );
  }
  return (
    <>
      {own.map((due) => (
        <g key={due} class="upcoming" transform={`translate(${point(due)!.x} ${point(due)!.y})`}>
          <title>{`due ${exact(due, span.zone)}`}</title>
          <circle r={3} />
        </g>
      ))}
    </>
  );
}

interface CellPart {
  readonly row: number;
  readonly left: number;
  readonly right: number;
}

/** A cell that reaches over midnight is drawn in both days. */
function cellParts({ from, to }: TimelineCells[number], rows: readonly DayRow[], span: ZoneSpan): CellPart[] {
  return rows.flatMap((row, index) => {
    const [begin, end] = [Math.max(from, row.from), Math.min(to, row.to)];
    if (begin >= end) return [];
    const left = placeOf(begin, [row], span)!.x;
    const right = end === row.to ? 1 : placeOf(end, [row], span)!.x;
    // Where the clocks go back its end may lie before its begin.
    return [
      { row: index, left, right: right > left ? right : Math.min(1, left + (end - begin) / 86_400_000) },
    ];
  });
}
