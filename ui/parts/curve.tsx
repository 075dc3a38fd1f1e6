/** Values over time as curves: own SVG, with its legend and the same as a table. */
import type { JSX } from "preact";
import { exact, partsOf, zoneFor } from "../lib/time.js";

export interface Series {
  readonly name: string;
  readonly tone: "good" | "warn" | "bad" | "busy" | "calm";
  /** One an instant; null: not known. */
  readonly values: readonly (number | null)[];
}

const [WIDTH, HEIGHT] = [600, 120] as const;
/** Beside the colour, so that it is not alone. */
const DASHES = ["", "6 3", "2 3", "8 3 2 3", "12 4"] as const;

export function Curve({
  label,
  at,
  series,
  text = String,
}: {
  readonly label: string;
  /** Instants, ascending, at least two. */
  readonly at: readonly number[];
  readonly series: readonly Series[];
  readonly text?: (value: number) => string;
}): JSX.Element {
  const [from, to] = [at[0]!, at.at(-1)!];
  const most = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const dash = (index: number): string => DASHES[index % DASHES.length]!;
  const pathOf = (values: Series["values"]): string => {
    let isOpen = false;
    return values
      .map((value, index) => {
        if (value === null) return ((isOpen = false), "");
        const x = ((at[index]! - from) / Math.max(1, to - from)) * WIDTH;
        const step = `${isOpen ? "L" : "M"}${x.toFixed(1)} ${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
        isOpen = true;
        return step;
      })
      .join("");
  };
  return (
    <figure class="curve">
      <div class="scale">
        <span>{text(most)}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
          {[0, 0.5, 1].map((share) => (
            <line key={share} x1={0} x2={WIDTH} y1={2 + share * (HEIGHT - 4)} y2={2 + share * (HEIGHT - 4)} />
          ))}
          {series.map(({ name, tone, values }, index) => (
            <path key={name} class={tone} d={pathOf(values)} stroke-dasharray={dash(index)}>
              <title>{name}</title>
            </path>
          ))}
        </svg>
        <span>0</span>
        <span class="from">{clockOf(from)}</span>
        <span class="to">{clockOf(to)}</span>
      </div>
      <ul class="legend">
        {series.map(({ name, tone, values }, index) => {
          const last = values.at(-1);
          return (
            <li key={name}>
              <svg viewBox="0 0 30 10" aria-hidden="true">
                <path class={tone} d="M0 5L30 5" stroke-dasharray={dash(index)} />
              </svg>
              {name} {last == null ? "" : text(last)}
            </li>
          );
        })}
      </ul>
      <details>
        <summary>Values</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={`values: ${label}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">At</th>
                {series.map(({ name }) => (
                  <th key={name} scope="col" class="number">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {at.map((instant, index) => (
                <tr key={instant}>
                  <td data-name="At">{exact(instant)}</td>
                  {series.map(({ name, values }) => (
                    <td key={name} class="number" data-name={name}>
                      {values[index] == null ? "-" : text(values[index])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

/** Date and minute. */
function clockOf(at: number): string {
  const { date, time } = partsOf(at, zoneFor());
  return `${date.slice(5)} ${time.slice(0, 5)}`;
}
