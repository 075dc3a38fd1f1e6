/** Starts that are to come: over time, and as a calendar in which what is busy is dark and large. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { columnsOf, type ForecastSpan, heatOf, type Series } from "../lib/forecast.js";
import { count, exact } from "../lib/time.js";
import { quantile, type Range, share } from "../lib/timeline.js";
import type { ZoneSpan } from "../lib/zones.js";
import { Ground } from "./timeline-line.js";
import { Wide } from "./width.js";

const AXIS = 22;
const HEIGHT = 200;
const COLUMN = 3;

interface ChartProps {
  readonly range: Range;
  /** Of each step. */
  readonly begins: readonly number[];
  readonly totals: readonly number[];
  readonly span: ZoneSpan;
  readonly open: (at: number) => void;
}

export function Starts({
  series,
  hidden,
  toggle,
  peaks,
  range,
  begins,
  totals,
  span,
  open,
}: ChartProps & {
  readonly series: readonly Series[];
  readonly hidden: readonly string[];
  /** Leaves one out, or takes it in again. */
  readonly toggle: (name: string) => void;
  /** Steps. */
  readonly peaks: readonly number[];
}): JSX.Element {
  const most = Math.max(1, ...totals);
  const sum = totals.reduce((all, one) => all + one, 0);
  const label = `${count(sum)} starts, at most ${count(most)} in one step; ${series.map(({ name }) => name).join(", ")}`;
  const tall = (value: number): number => (value / most) * (HEIGHT - AXIS - 30);
  return (
    <>
      <Wide>
        {(width) => {
          const columns = columnsOf(totals, Math.floor(width / COLUMN));
          const wide = width / columns.length;
          return (
            <svg class="timeline starts" width={width} height={HEIGHT} role="img" aria-label={label}>
              <Ground range={range} span={span} width={width} height={HEIGHT} />
              {columns.map(({ step }, index) => {
                const at = begins[step]!;
                let y = HEIGHT;
                return (
                  <g key={index} class="load-bar" onClick={() => open(at)}>
                    <title>
                      {`${exact(at, span.zone)}: ${totals[step]} starts` +
                        series
                          .filter(({ values }) => values[step]! > 0)
                          .map(({ name, values }) => `\n${values[step]} ${name}`)
                          .join("")}
                    </title>
                    <rect class="ground" x={index * wide} y={AXIS} width={wide} height={HEIGHT - AXIS} />
                    {series.map(({ name, values }, place) => {
                      const high = tall(values[step]!);
                      y -= high;
                      return (
                        high > 0 && (
                          <rect
                            key={name}
                            class={`s${place}`}
                            x={index * wide}
                            y={y}
                            width={Math.max(1, wide - (wide > 4 ? 1 : 0))}
                            height={high}
                          />
                        )
                      );
                    })}
                  </g>
                );
              })}
              {peaks.map((step) => {
                const x = share((begins[step]! + (begins[step + 1] ?? range.to)) / 2, range) * width;
                return (
                  <path key={step} class="peak" d={`M${x} ${HEIGHT - tall(totals[step]!) - 2}l-4 -7h8Z`}>
                    <title>{`peak: ${exact(begins[step]!, span.zone)}`}</title>
                  </path>
                );
              })}
            </svg>
          );
        }}
      </Wide>
      <ul class="keys-of">
        {series.map(({ name, values }, place) => (
          <li key={name}>
            <button type="button" aria-pressed title="leave it out" onClick={() => toggle(name)}>
              <span class={`key s${place}`} /> {name}
            </button>{" "}
            <span class="dim">{count(values.reduce((a, b) => a + b, 0))}</span>
          </li>
        ))}
        {hidden.map((name) => (
          <li key={`without ${name}`}>
            <button type="button" aria-pressed={false} title="take it in again" onClick={() => toggle(name)}>
              {name}
            </button>
          </li>
        ))}
        <li>
          <span class="key peak" aria-hidden="true">
            ▼
          </span>{" "}
          peaks
        </li>
      </ul>
    </>
  );
}

/** 0: nothing; 4: a peak. */
function levelOf(value: number, most: number, much: number): number {
  if (value === 0) return 0;
  if (value > 0.75 * most && value > much) return 4;
  return Math.min(3, 1 + Math.floor((value / most) * 3));
}

const LEFT = 78;
const TOP = 18;

export function Calendar({
  range,
  begins,
  totals,
  span,
  kind,
  open,
}: ChartProps & { readonly kind: ForecastSpan }): JSX.Element {
  const heat = useMemo(() => heatOf(range, begins, totals, kind, span), [begins, totals, kind, span]);
  const values = heat.cells.map(({ value }) => value);
  const most = Math.max(1, ...values);
  // What is much, is much beside the usual.
  const much =
    1.5 *
    (quantile(
      values.filter((value) => value > 0),
      0.5,
    ) ?? 0);
  const label = `starts by ${kind === "day" ? "hour and minute" : kind === "week" ? "day and hour" : "weekday and week"}, at most ${most}`;
  return (
    <Wide>
      {(width) => {
        const wide = (width - LEFT) / heat.columns.length;
        const tall = kind === "day" ? 14 : Math.max(14, Math.min(26, wide));
        const every = Math.max(1, Math.ceil(22 / wide));
        return (
          <svg
            class="heat"
            width={width}
            height={TOP + heat.rows.length * tall}
            role="img"
            aria-label={label}
          >
            {heat.columns.map(
              (name, index) =>
                (kind === "year" || index % every === 0) && (
                  <text key={index} x={LEFT + index * wide + 1} y={12}>
                    {name}
                  </text>
                ),
            )}
            {heat.rows.map((name, index) => (
              <text key={index} x={2} y={TOP + (index + 0.5) * tall + 4}>
                {name}
              </text>
            ))}
            {heat.cells.map(({ at, value, row, column }) => {
              const part = value / most;
              const size = value === 0 ? 0.15 : 0.35 + 0.6 * Math.sqrt(part);
              const [x, y] = [LEFT + (column + 0.5) * wide, TOP + (row + 0.5) * tall];
              const [w, h] = [Math.max(1, wide * size), Math.max(1, tall * size)];
              return (
                <g key={`${row} ${column}`} onClick={() => open(at)}>
                  <title>{`${exact(at, span.zone)}: ${value} starts`}</title>
                  <rect
                    class={`heat${levelOf(value, most, much)}`}
                    x={x - w / 2}
                    y={y - h / 2}
                    width={w}
                    height={h}
                  />
                  {value > 0 && wide >= 26 && tall >= 18 && size > 0.7 && (
                    <text class={part > 0.5 ? "on-dark" : ""} x={x} y={y + 4} text-anchor="middle">
                      {value}
                    </text>
                  )}
                </g>
              );
            })}
          </svg>
        );
      }}
    </Wide>
  );
}
