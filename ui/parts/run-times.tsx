/** How long the newest runs took, one after the other, with the middle and the slow ones. */
import type { JSX } from "preact";
import { type Tick, TONES } from "../lib/fates.js";
import { quantile } from "../lib/timeline.js";
import { duration, exact } from "../lib/time.js";
import { Empty } from "./basics.js";
import { Wide } from "./width.js";

const HEIGHT = 110;
const BOTTOM = 4;

export function RunTimes({
  ticks,
  zone,
}: {
  readonly ticks: readonly Tick[];
  readonly zone: string;
}): JSX.Element {
  const runs = ticks.flatMap((tick) => (tick.runMs === null ? [] : [{ ...tick, runMs: tick.runMs }]));
  if (runs.length === 0) return <Empty>No run has ended whose time is kept.</Empty>;
  const times = runs.map(({ runMs }) => runMs);
  const [p50, p95, most] = [quantile(times, 0.5)!, quantile(times, 0.95)!, Math.max(1, ...times)];
  const y = (ms: number): number => HEIGHT - BOTTOM - (ms / most) * (HEIGHT - BOTTOM - 14);
  const label = `run time of the last ${runs.length} runs: half of them up to ${duration(p50)}, 19 of 20 up to ${duration(p95)}, at most ${duration(most)}`;
  return (
    <>
      <Wide>
        {(width) => {
          const wide = width / Math.max(30, runs.length);
          const left = width - wide * runs.length;
          return (
            <svg class="timeline run-times" width={width} height={HEIGHT} role="img" aria-label={label}>
              {runs.map(({ due, taskId, fate, runMs }, index) => (
                <g key={`${due} ${taskId}`} class={TONES[fate]}>
                  <title>{`${exact(due, zone)}: ${fate} after ${duration(runMs)}`}</title>
                  <rect class="ground" x={left + index * wide} y={0} width={wide} height={HEIGHT} />
                  <rect
                    class={`${TONES[fate]} ${fate}`}
                    x={left + index * wide + wide * 0.1}
                    y={y(runMs)}
                    width={Math.max(1, wide * 0.8)}
                    height={HEIGHT - BOTTOM - y(runMs)}
                  />
                  {fate === "failed" && (
                    <path
                      class="stroke bad"
                      d={`M${left + (index + 0.5) * wide - 3} ${y(runMs) - 8}l6 6m0 -6l-6 6`}
                    />
                  )}
                </g>
              ))}
              {[
                ["p50", p50],
                ["p95", p95],
              ].map(([name, ms]) => (
                <g key={name} class="level">
                  <path d={`M0 ${y(ms as number)}H${width}`} />
                  <text x={2} y={y(ms as number) - 3}>
                    {name} {duration(ms as number)}
                  </text>
                </g>
              ))}
            </svg>
          );
        }}
      </Wide>
      <details>
        <summary>As a table</summary>
        <table class="plain-table">
          <thead>
            <tr>
              <th scope="col">Due</th>
              <th scope="col">Fate</th>
              <th scope="col">Ran</th>
            </tr>
          </thead>
          <tbody>
            {runs.toReversed().map(({ due, taskId, fate, runMs }) => (
              <tr key={`${due} ${taskId}`}>
                <td data-name="Due">{exact(due, zone)}</td>
                <td data-name="Fate">{fate}</td>
                <td data-name="Ran">{duration(runMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  );
}
