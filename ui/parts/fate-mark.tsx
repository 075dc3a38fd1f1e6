/** The mark of a fate, told from others by its form as well as by its colour. */
import type { JSX } from "preact";
import type { Fate } from "../../src/monitor/timeline.js";
import { letterOf, TONES } from "../lib/fates.js";

export function FateMark({
  fate,
  reason = null,
  x,
  y,
  r = 5,
}: {
  readonly fate: Fate;
  readonly reason?: string | null;
  readonly x: number;
  readonly y: number;
  readonly r?: number;
}): JSX.Element {
  return (
    <g class={`fate ${TONES[fate]} ${fate}`} transform={`translate(${x} ${y})`}>
      {shapeOf(fate, reason, r)}
    </g>
  );
}

function shapeOf(fate: Fate, reason: string | null, r: number): JSX.Element {
  switch (fate) {
    case "succeeded":
      return <circle class="full" r={r} />;
    case "failed":
      return <path class="stroke" d={`M${-r} ${-r}L${r} ${r}M${r} ${-r}L${-r} ${r}`} />;
    case "retrying":
      return <path class="stroke" d={`M${-r} 0H${r}M${r * 0.2} ${-r * 0.8}L${r} 0L${r * 0.2} ${r * 0.8}`} />;
    case "running":
      return (
        <>
          <circle class="hollow" r={r} />
          <path class="full" d={`M0 ${-r}A${r} ${r} 0 0 1 0 ${r}Z`} />
        </>
      );
    case "waiting":
      return <circle class="hollow" r={r} />;
    case "buffered":
      return (
        <>
          <circle class="hollow" r={r} />
          <circle class="hollow" r={r * 0.45} />
        </>
      );
    case "revoked":
      return (
        <>
          <circle class="hollow" r={r} />
          <path class="stroke" d={`M${-r * 0.7} ${r * 0.7}L${r * 0.7} ${-r * 0.7}`} />
        </>
      );
    case "skipped":
      return (
        <>
          <path class="hollow" d={`M0 ${-r * 1.2}L${r * 1.2} 0L0 ${r * 1.2}L${-r * 1.2} 0Z`} />
          {r >= 5 && (
            <text class="letter" y={r * 0.55} text-anchor="middle">
              {letterOf(reason)}
            </text>
          )}
        </>
      );
    case "missed":
      return <rect class="hollow thick" x={-r * 0.9} y={-r * 0.9} width={r * 1.8} height={r * 1.8} />;
    case "triggered":
      return <path class="full" d={`M0 ${-r * 1.15}L${r * 1.1} ${r * 0.8}H${-r * 1.1}Z`} />;
    case "unknown":
      return <circle class="full" r={r * 0.55} />;
  }
}

/** The mark beside its word. */
export function FateWord({
  fate,
  text,
  reason,
}: {
  readonly fate: Fate;
  readonly text?: string;
  readonly reason?: string | null;
}): JSX.Element {
  return (
    <span class={`fate-word ${TONES[fate]}`}>
      <svg class="glyph" viewBox="-8 -8 16 16" aria-hidden="true">
        <FateMark fate={fate} reason={reason ?? null} x={0} y={0} r={5.5} />
      </svg>
      {text ?? fate}
    </span>
  );
}

/** Many ticks in one place: shares of their fates, the worst of them at the top, and how many they are. */
export function FateCell({
  counts,
  order,
  x,
  y,
  width,
  height,
  label,
}: {
  readonly counts: Readonly<Partial<Record<Fate, number>>>;
  readonly order: readonly Fate[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly label: string;
}): JSX.Element | null {
  const present = order.filter((fate) => (counts[fate] ?? 0) > 0);
  const sum = present.reduce((all, fate) => all + counts[fate]!, 0);
  const worst = present.at(-1);
  if (worst === undefined) return null;
  // What is rare is seen, too: no share is thinner than this.
  const least = Math.min(height / present.length, 4);
  const rest = height - least * present.length;
  let top = y + height;
  return (
    <g class="fate-cell">
      <title>{label}</title>
      {present.map((fate) => {
        const tall = least + (rest * counts[fate]!) / sum;
        top -= tall;
        return <rect key={fate} class={`${TONES[fate]} ${fate}`} x={x} y={top} width={width} height={tall} />;
      })}
      {TONES[worst] === "bad" && width >= 9 && (
        <FateMark fate={worst} x={x + width / 2} y={y - 6} r={Math.min(4, width / 3)} />
      )}
      {width >= 22 && (
        <text class="count" x={x + width / 2} y={y + height - 4} text-anchor="middle">
          {sum}
        </text>
      )}
    </g>
  );
}
