/** Counts over equal times, as bars: own SVG, so that it prints, scales, and reads as a table. */
import type { JSX } from "preact";

export interface Bar {
  readonly label: string;
  /** From the bottom up. */
  readonly parts: readonly { readonly value: number; readonly tone: string }[];
}

const [WIDTH, HEIGHT] = [600, 80] as const;

export function Bars({
  label,
  bars,
}: {
  readonly label: string;
  readonly bars: readonly Bar[];
}): JSX.Element {
  const sums = bars.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const most = Math.max(1, ...sums);
  const width = WIDTH / Math.max(1, bars.length);
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {bars.map(({ label: name, parts }, index) => {
        let y = HEIGHT;
        return (
          <g key={name}>
            <title>{name}</title>
            <rect class="ground" x={index * width} y={0} width={width} height={HEIGHT} />
            {parts.map(({ value, tone }) => {
              const height = (value / most) * (HEIGHT - 2);
              y -= height;
              return (
                value > 0 && (
                  <rect
                    key={tone}
                    class={tone}
                    x={index * width + width * 0.1}
                    y={y}
                    width={width * 0.8}
                    height={height}
                  />
                )
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}
