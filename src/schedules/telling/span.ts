const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

export type SpanUnit = (typeof UNITS)[number][0];

/** The unit of which a span is exactly one. */
export function unitOfSpan(ms: number): "day" | "hour" | "minute" | "second" | undefined {
  const index = UNITS.findIndex(([, size]) => size === ms);
  return (["day", "hour", "minute", "second"] as const)[index];
}

/** A span in units, those of which it has any; its sign is dropped. */
export function spanParts(ms: number): [n: number, unit: SpanUnit][] {
  let left = Math.abs(ms);
  const parts: [number, SpanUnit][] = [];
  for (const [unit, size] of UNITS) {
    const n = Math.floor(left / size);
    if (n > 0) parts.push([n, unit]);
    left -= n * size;
  }
  return parts;
}
