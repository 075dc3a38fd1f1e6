/** Ticks along one line of time that has passed: clocks that go forward are a seam, clocks that go back a time that comes twice. */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { countsOf, countsText, FATE_NAMES, fateText, sumOf, type Tick, TONES } from "../lib/fates.js";
import { axisOf, binsOf, isCrowded, lanesOf, type Range, share } from "../lib/timeline.js";
import { exact } from "../lib/time.js";
import { offsetText, stretchOf, timeOfDay, type ZoneChange, type ZoneSpan } from "../lib/zones.js";
import { FateCell, FateMark } from "./fate-mark.js";
import type { TimelineCells } from "./timeline-days.js";
import { Wide } from "./width.js";

export interface LineProps {
  readonly label: string;
  readonly range: Range;
  readonly span: ZoneSpan;
  readonly ticks: readonly Tick[];
  readonly cells: TimelineCells | null;
  /** Due times that are yet to come. */
  readonly upcoming: readonly number[];
  readonly now: number;
  readonly selected?: number | null;
  readonly select?: (due: number) => void;
  readonly zoom?: (range: Range) => void;
  /** Where clocks change in a zone that is not the one drawn. */
  readonly elsewhere?: ZoneSpan | null;
}

const AXIS = 22;
const MARKS_Y = 62;
const RUNS_Y = 88;
const RUN = 6;
const LANES = 10;
const HEIGHT = 168;
/** Where nothing has run yet. */
const SMALL_HEIGHT = 96;
const MARK = 12;
const SLOT = 14;

export function TimelineLine(props: LineProps): JSX.Element {
  return <Wide>{(width) => <Line {...props} width={width} />}</Wide>;
}

function Line(props: LineProps & { readonly width: number }): JSX.Element {
  const { label, range, span, ticks, cells, now, selected, select, zoom, width } = props;
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number } | null>(null);
  const height = ticks.length === 0 && cells === null ? SMALL_HEIGHT : HEIGHT;
  const x = (at: number): number => share(at, range) * width;
  const at = (event: MouseEvent): number =>
    Math.min(
      width,
      Math.max(0, event.clientX - (event.currentTarget as Element).getBoundingClientRect().left),
    );
  const end = (): void => {
    if (drag === null) return;
    setDrag(null);
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    const instant = (px: number): number => Math.round(range.from + (px / width) * (range.to - range.from));
    if (to - from > 8) zoom?.({ from: instant(from), to: instant(to) });
    else {
      const near = nearest(ticks, (due) => Math.abs(x(due) - from));
      if (near !== null && Math.abs(x(near) - from) < 20) select?.(near);
      else if (cells !== null) {
        const cell = cells.find((each) => instant(from) >= each.from && instant(from) < each.to);
        if (cell !== undefined) zoom?.({ from: cell.from, to: cell.to });
      }
    }
  };
  return (
    <svg
      class={`timeline line${zoom === undefined ? "" : " zooms"}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
      onPointerDown={(event) => event.button === 0 && setDrag({ from: at(event), to: at(event) })}
      onPointerMove={(event) => drag !== null && setDrag({ ...drag, to: at(event) })}
      onPointerUp={end}
      onPointerLeave={() => setDrag(null)}
    >
      <Ground range={range} span={span} width={width} height={height} elsewhere={props.elsewhere ?? null} />
      {cells !== null ? (
        cells.map((cell) => (
          <FateCell
            key={cell.from}
            counts={cell.counts}
            order={FATE_NAMES}
            x={x(cell.from) + 0.5}
            y={MARKS_Y - 16}
            width={Math.max(1, x(cell.to) - x(cell.from) - 1)}
            height={34}
            label={`${exact(cell.from, span.zone)}: ${countsText(cell.counts)}`}
          />
        ))
      ) : (
        <Ticks {...props} x={x} />
      )}
      <Upcoming {...props} x={x} />
      {selected != null && selected >= range.from && selected < range.to && (
        <circle class="chosen" cx={x(selected)} cy={MARKS_Y} r={10} />
      )}
      {now > range.from && now < range.to && (
        <g class="now">
          <path d={`M${x(now)} ${AXIS}V${height}`} />
          <text x={x(now) + 4} y={height - 4}>
            now
          </text>
        </g>
      )}
      {drag !== null && (
        <rect
          class="drag"
          x={Math.min(drag.from, drag.to)}
          y={AXIS}
          width={Math.abs(drag.to - drag.from)}
          height={height - AXIS}
        />
      )}
    </svg>
  );
}

function Ticks({
  ticks,
  span,
  range,
  now,
  width,
  x,
}: LineProps & { readonly width: number; readonly x: (at: number) => number }): JSX.Element {
  const visible = ticks.filter(({ due }) => due >= range.from && due < range.to);
  const shares = visible.map(({ due }) => share(due, range));
  if (isCrowded(shares, width, MARK)) {
    const slots = Math.max(1, Math.floor(width / SLOT));
    return (
      <>
        {[...binsOf(visible, ({ due }) => share(due, range), slots)].map(([slot, some]) => {
          const counts = countsOf(some);
          const label = `${exact(some[0]!.due, span.zone)}: ${countsText(counts)}, ${sumOf(counts)} in all`;
          const size = { x: slot * SLOT + 1, y: MARKS_Y - 16, width: SLOT - 2, height: 34 };
          return <FateCell key={slot} counts={counts} order={FATE_NAMES} label={label} {...size} />;
        })}
      </>
    );
  }
  const runs = visible.flatMap((tick) => {
    const { at, waitMs, runMs, fate } = tick;
    if (at === null || (runMs === null && fate !== "running")) return [];
    const from = at + (waitMs ?? 0);
    return [{ tick, from, to: runMs === null ? Math.max(from, now) : from + runMs }];
  });
  const lanes = lanesOf(runs, LANES);
  return (
    <>
      {runs.map(({ tick, from, to }, index) => (
        <rect
          key={`${tick.taskId}`}
          class={`run ${TONES[tick.fate]}`}
          x={x(from)}
          y={RUNS_Y + lanes[index]! * (RUN + 1)}
          width={Math.max(1.5, x(to) - x(from))}
          height={RUN}
        />
      ))}
      {visible.map((tick) => (
        <g key={`${tick.due} ${tick.taskId}`}>
          <title>{`${exact(tick.due, span.zone)}: ${fateText(tick)}`}</title>
          {tick.late && tick.at !== null && (
            <path
              class="tail"
              d={`M${x(tick.due)} ${MARKS_Y}H${Math.max(x(tick.due) + 9, x(tick.at))}v-3v6`}
            />
          )}
          {tick.until !== null && (
            <path class="stands" d={`M${x(tick.due)} ${MARKS_Y}H${Math.max(x(tick.due), x(tick.until))}`} />
          )}
          <FateMark fate={tick.fate} reason={tick.reason} x={x(tick.due)} y={MARKS_Y} />
        </g>
      ))}
    </>
  );
}

function Upcoming({
  upcoming,
  range,
  span,
  width,
  x,
}: LineProps & { readonly width: number; readonly x: (at: number) => number }): JSX.Element | null {
  const visible = upcoming.filter((due) => due >= range.from && due < range.to);
  if (visible.length * MARK > width) {
    const [from, to] = [x(visible[0]!), x(visible.at(-1)!)];
    return (
      <rect class="upcoming-band" x={from} y={MARKS_Y - 2} width={to - from} height={4}>
        <title>{`${visible.length} due`}</title>
      </rect>
    );
  }
  return (
    <>
      {visible.map((due) => (
        <g key={due} class="upcoming" transform={`translate(${x(due)} ${MARKS_Y})`}>
          <title>{`due ${exact(due, span.zone)}`}</title>
          <circle r={3} />
        </g>
      ))}
    </>
  );
}

/** Axis, days, and what clocks do. */
export function Ground({
  range,
  span,
  width,
  height,
  elsewhere,
  children,
}: {
  readonly range: Range;
  readonly span: ZoneSpan;
  readonly width: number;
  readonly height: number;
  readonly elsewhere?: ZoneSpan | null;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const x = (at: number): number => share(at, range) * width;
  const inside = ({ at }: ZoneChange): boolean => at > range.from && at < range.to;
  const others = (elsewhere?.changes ?? []).filter(
    (change) => inside(change) && !span.changes.some(({ at }) => at === change.at),
  );
  return (
    <>
      {axisOf(range, span, Math.max(2, Math.floor(width / 62))).map(({ at, label, isDay }) => (
        <g key={at} class={isDay ? "axis day" : "axis"}>
          <path d={`M${x(at)} ${AXIS - 6}V${height}`} />
          <text x={x(at) + 3} y={12}>
            {label}
          </text>
        </g>
      ))}
      {span.changes.filter(inside).map((change) => (
        <Change key={change.at} change={change} x={x} height={height} width={width} />
      ))}
      {others.map(({ at }) => (
        <g key={at} class="elsewhere">
          <title>{`clocks change in ${elsewhere!.zone}`}</title>
          <path d={`M${x(at)} ${AXIS}V${height}`} />
          <text x={x(at) + 3} y={height - 18}>
            {elsewhere!.zone}
          </text>
        </g>
      ))}
      {children}
    </>
  );
}

function Change({
  change,
  x,
  height,
  width,
}: {
  readonly change: ZoneChange;
  readonly x: (at: number) => number;
  readonly height: number;
  readonly width: number;
}): JSX.Element {
  const { kind, at, fromLocal, toLocal } = stretchOf(change);
  const lengthMs = toLocal - fromLocal;
  const from = timeOfDay(fromLocal);
  const to = timeOfDay(toLocal);
  const offsets = `${offsetText(change.beforeMs)} → ${offsetText(change.afterMs)}`;
  const isRight = x(at) > width - 170;
  const text = { x: x(at) + (isRight ? -5 : 5), "text-anchor": isRight ? "end" : "start" } as const;
  return (
    <g class={`change ${kind}`} data-kind={kind}>
      <title>
        {kind === "gap"
          ? `${from} to ${to} are skipped (${offsets})`
          : `${from} to ${to} come twice (${offsets})`}
      </title>
      {kind === "fold" && (
        <>
          <rect
            class="pass"
            x={x(at - lengthMs)}
            y={AXIS}
            width={x(at) - x(at - lengthMs)}
            height={height - AXIS}
          />
          <rect
            class="pass again"
            x={x(at)}
            y={AXIS}
            width={x(at + lengthMs) - x(at)}
            height={height - AXIS}
          />
        </>
      )}
      {kind === "gap" && <rect class="seam" x={x(at) - 3} y={AXIS} width={6} height={height - AXIS} />}
      <path d={`M${x(at)} ${AXIS - 8}V${height}`} />
      <text {...text} y={AXIS + 12}>
        {x(at + lengthMs) - x(at) < 2
          ? "clocks change"
          : kind === "gap"
            ? `no ${from}–${to}`
            : `${from}–${to} twice`}
      </text>
    </g>
  );
}

function nearest(ticks: readonly Tick[], distance: (due: number) => number): number | null {
  let best: number | null = null;
  for (const { due } of ticks) if (best === null || distance(due) < distance(best)) best = due;
  return best;
}
