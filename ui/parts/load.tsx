/** What an entry changes: starts an hour of the next week, those of all others below, and its own as it stands and as it would be. */
import type { JSX } from "preact";
import type { PreviewLoad } from "../../src/monitor/preview.js";
import type { Json } from "../lib/json.js";
import { count, exact } from "../lib/time.js";
import { share } from "../lib/timeline.js";
import { zoneSpan } from "../lib/zones.js";
import { Ground } from "./timeline-line.js";
import { Wide } from "./width.js";

const AXIS = 22;
const HEIGHT = 140;

export function Load({
  load,
  zone,
}: {
  readonly load: Json<PreviewLoad>;
  readonly zone: string;
}): JSX.Element {
  const { from, stepMs, others, before, after } = load;
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  const range = { from, to: from + stepMs * others.length };
  const most = Math.max(
    1,
    ...others.map((starts, index) => starts + Math.max(before[index]!, after[index]!)),
  );
  const span = zoneSpan(range.from, range.to, zone);
  const peak = (own: readonly number[]): number =>
    Math.max(0, ...others.map((starts, index) => starts + own[index]!));
  const label =
    `starts an hour in the next week: ${count(sum(others))} of other entries, of this one ${count(sum(before))} ` +
    `as it stands and ${count(sum(after))} as it would be; the busiest hour goes from ${peak(before)} to ${peak(after)}`;
  // One start among thousands is seen, too.
  const tall = (value: number): number =>
    value === 0 ? 0 : Math.max(2, (value / most) * (HEIGHT - AXIS - 4));
  return (
    <figure class="load">
      <Wide>
        {(width) => {
          const x = (index: number): number => share(from + index * stepMs, range) * width;
          const wide = width / others.length;
          return (
            <svg class="timeline" width={width} height={HEIGHT} role="img" aria-label={label}>
              <Ground range={range} span={span} width={width} height={HEIGHT} />
              {others.map((starts, index) => {
                const [low, own] = [tall(starts), tall(after[index]!)];
                return (
                  <g key={index} class="load-bar">
                    <title>
                      {`${exact(from + index * stepMs, zone)}: ${starts} of others, ${before[index]} before, ${after[index]} after`}
                    </title>
                    <rect class="ground" x={x(index)} y={AXIS} width={wide} height={HEIGHT - AXIS} />
                    <rect
                      class="calm"
                      x={x(index)}
                      y={HEIGHT - low}
                      width={Math.max(1, wide - 1)}
                      height={low}
                    />
                    <rect
                      class="busy"
                      x={x(index)}
                      y={HEIGHT - low - own}
                      width={Math.max(1, wide - 1)}
                      height={own}
                    />
                    {before[index]! > 0 && (
                      <path
                        class="before"
                        d={`M${x(index)} ${HEIGHT - low - tall(before[index]!)}h${wide}`}
                      />
                    )}
                  </g>
                );
              })}
            </svg>
          );
        }}
      </Wide>
      <figcaption>
        <span class="key calm" /> other entries <span class="key busy" /> as it would be{" "}
        <span class="key before" /> as it stands · {count(sum(before))} → <strong>{count(sum(after))}</strong>{" "}
        starts a week, busiest hour {count(peak(before))} → <strong>{count(peak(after))}</strong>
      </figcaption>
    </figure>
  );
}
