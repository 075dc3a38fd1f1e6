/** How far something is: a bar of what has ended, in its colours, and the number beside it. */
import type { JSX } from "preact";
import { count } from "../lib/time.js";

export function Progress({
  parts,
  size,
}: {
  readonly parts: readonly { readonly name: string; readonly tone: string; readonly value: number }[];
  readonly size: number;
}): JSX.Element {
  const ended = parts.reduce((sum, { value }) => sum + value, 0);
  const share = size === 0 ? 100 : Math.floor((100 * ended) / size);
  let x = 0;
  return (
    <span class="progress">
      <svg
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        role="img"
        aria-label={parts.map(({ name, value }) => `${count(value)} ${name}`).join(", ")}
      >
        <rect class="ground" x={0} y={0} width={100} height={8} />
        {parts.map(({ name, tone, value }) => {
          const width = size === 0 ? 0 : (100 * value) / size;
          const from = x;
          x += width;
          return value > 0 && <rect key={name} class={tone} x={from} y={0} width={width} height={8} />;
        })}
      </svg>
      {share} %
    </span>
  );
}
