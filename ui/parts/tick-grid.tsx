/** The newest ticks of an entry in a strip: whole, notched, hollow or short, so that it reads without colour. */
import type { JSX } from "preact";
import type { Fate } from "../../src/monitor/timeline.js";
import { countsOf, countsText, fateText, type Tick, TONES } from "../lib/fates.js";
import { exact } from "../lib/time.js";

const CELL = 4;
const TALL = 20;

export function TickGrid({
  ticks,
  zone,
  count,
}: {
  readonly ticks: readonly Tick[];
  readonly zone: string;
  readonly count: number;
}): JSX.Element {
  const late = ticks.filter((tick) => tick.late).length;
  const label = `${countsText(countsOf(ticks))}${late > 0 ? `, ${late} late` : ""}`;
  const left = (count - ticks.length) * CELL;
  return (
    <svg class="tick-grid" viewBox={`0 0 ${count * CELL} ${TALL}`} role="img" aria-label={label}>
      {ticks.map((tick, index) => (
        <g
          key={`${tick.due} ${tick.taskId}`}
          class={TONES[tick.fate]}
          transform={`translate(${left + index * CELL})`}
        >
          <title>{`${exact(tick.due, zone)}: ${fateText(tick)}`}</title>
          <rect class="ground" width={CELL} height={TALL} />
          {shapeOf(tick.fate)}
          {tick.late && <rect class="late" x={0.5} y={0} width={3} height={3} />}
        </g>
      ))}
    </svg>
  );
}

function shapeOf(fate: Fate): JSX.Element {
  const box = (y: number, height: number, kind = "full"): JSX.Element => (
    <rect
      class={kind}
      x={kind === "full" ? 0.5 : 0.9}
      y={y}
      width={kind === "full" ? 3 : 2.2}
      height={height}
    />
  );
  switch (fate) {
    case "succeeded":
      return box(6, 13);
    case "failed":
    case "retrying":
      return (
        <>
          {box(4, 6)}
          {box(13, 6)}
        </>
      );
    case "missed":
      return box(4.4, 14.2, "hollow");
    case "revoked":
      return box(13, 6);
    case "skipped":
      return box(13.4, 5.2, "hollow");
    case "unknown":
      return box(17, 2);
    case "triggered":
      return <path class="full" d="M2 8L4 19H0Z" />;
    default:
      return box(8.4, 10.2, "hollow");
  }
}
