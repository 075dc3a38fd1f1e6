/** Parts of a graph as they wait for each other: a column a step, drawn as far as one can read it. The table beside it has them all. */
import type { JSX } from "preact";
import type { PartRecord } from "../../src/store/contracts/graphs.js";
import type { Json } from "../lib/json.js";
import { stepsOf } from "../lib/layers.js";
import { Link, part } from "../lib/router.js";
import { MARKS } from "../parts/basics.js";

export type PartView = Json<PartRecord>;

const [WIDTH, HEIGHT, GAP_X, GAP_Y] = [150, 26, 44, 10] as const;
const MOST_IN_STEP = 10;
const MOST_STEPS = 40;
const MOST_CHARACTERS = 17;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly part: PartView;
}

export function GraphTree({
  parts,
  at = null,
}: {
  readonly parts: readonly PartView[];
  /** The part that the page is about. */
  readonly at?: string | null;
}): JSX.Element {
  const steps = stepsOf(parts);
  const columns: PartView[][] = [];
  for (const part of parts) (columns[steps.get(part.id) ?? 0] ??= []).push(part);
  const drawn = columns.slice(0, MOST_STEPS);
  const rows = Math.min(MOST_IN_STEP + 1, Math.max(1, ...drawn.map(({ length }) => length)));
  const boxes = new Map<string, Box>();
  drawn.forEach((column, step) => {
    const shown = worstFirst(column).slice(0, MOST_IN_STEP);
    const taken = shown.length + (column.length > shown.length ? 1 : 0);
    shown.forEach((part, row) => {
      boxes.set(part.id, { part, x: 1 + step * (WIDTH + GAP_X), y: yOf(row, taken, rows) });
    });
  });
  const [width, height] = [drawn.length * (WIDTH + GAP_X) - GAP_X + 2, rows * (HEIGHT + GAP_Y) - GAP_Y + 2];
  return (
    <>
      <div class="scroll tree" role="region" aria-label="tree of the graph" tabIndex={0}>
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="group"
          aria-label={`${parts.length} parts in ${columns.length} steps`}
        >
          {[...boxes.values()].flatMap((from) =>
            from.part.followers.flatMap((id) => {
              const to = boxes.get(id);
              return to === undefined
                ? []
                : [<path key={`${from.part.id} ${id}`} class="edge" d={curve(from, to)} />];
            }),
          )}
          {[...boxes.values()].map((box) => (
            <PartBox key={box.part.id} box={box} isHere={box.part.id === at} />
          ))}
          {drawn.map((column, step) => {
            const more = column.length - MOST_IN_STEP;
            const y = yOf(MOST_IN_STEP, MOST_IN_STEP + 1, rows);
            return (
              more > 0 && (
                <text key={step} x={1 + step * (WIDTH + GAP_X) + 6} y={y + 17}>
                  and {more} more
                </text>
              )
            );
          })}
        </svg>
      </div>
      {columns.length > MOST_STEPS && (
        <p class="dim">
          The first {MOST_STEPS} of {columns.length} steps are drawn.
        </p>
      )}
    </>
  );
}

function PartBox({
  box: {
    x,
    y,
    part: { task, state, id },
  },
  isHere,
}: {
  readonly box: Box;
  readonly isHere: boolean;
}): JSX.Element {
  const [mark, tone] = MARKS[state] ?? ["·", "calm"];
  const name = task ?? "all of them";
  const text = name.length > MOST_CHARACTERS ? `…${name.slice(1 - MOST_CHARACTERS)}` : name;
  const box = (
    <g class={`part ${tone}${task === null ? " join" : ""}${isHere ? " here" : ""}`}>
      <title>{`${name}: ${state} (${id})`}</title>
      <rect x={x} y={y} width={WIDTH} height={HEIGHT} rx={task === null ? HEIGHT / 2 : 5} />
      <text x={x + 8} y={y + 17}>
        {mark} {text}
      </text>
    </g>
  );
  return task === null || isHere ? box : <Link to={`/tasks/${part(id)}`}>{box}</Link>;
}

/** Those that one looks for are drawn before others. */
function worstFirst(column: readonly PartView[]): readonly PartView[] {
  const weight = ({ state }: PartView): number => (state === "failed" ? 0 : state === "running" ? 1 : 2);
  return column.length > MOST_IN_STEP ? column.toSorted((a, b) => weight(a) - weight(b)) : column;
}

/** A column stands in the middle of the height. */
function yOf(row: number, taken: number, rows: number): number {
  return 1 + (row + (rows - taken) / 2) * (HEIGHT + GAP_Y);
}

function curve(from: Box, to: Box): string {
  const [x1, y1, x2, y2] = [from.x + WIDTH, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const middle = (x1 + x2) / 2;
  return `M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2}`;
}
