/** The two largest units of a time, for people: "3h 12m", "38s". `gap` stands between number and unit. */
export function largestUnits(ms: number, gap = ""): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 60) return `${s}${gap}s`;
  const units = [
    [Math.floor(s / 86_400), "d"],
    [Math.floor((s % 86_400) / 3_600), "h"],
    [Math.floor((s % 3_600) / 60), "m"],
    [s % 60, "s"],
  ] as const;
  const first = units.findIndex(([value]) => value > 0);
  return units
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${gap}${unit}`)
    .join(" ");
}
