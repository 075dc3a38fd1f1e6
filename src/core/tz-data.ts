import { createHash } from "node:crypto";

const YEARS = 10;
let known: string | undefined;

/**
 * The version of the time zone data that this process computes with, such as "2026a". Where a runtime does not tell it, "#" and a
 * hash of the offsets that its zones have in the ten years from 2025 on.
 */
export function tzVersion(): string {
  return (known ??= process.versions["tz"] ?? hashOfOffsets());
}

function hashOfOffsets(): string {
  const hash = createHash("sha256");
  for (const timeZone of Intl.supportedValuesOf("timeZone")) {
    const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset", year: "numeric" });
    for (let month = 0; month < 12 * YEARS; month++) hash.update(format.format(Date.UTC(2025, month)));
  }
  return `#${hash.digest("hex").slice(0, 12)}`;
}

/** Whether the data of version `a` came out before those of `b`. False where one of them tells no version. */
export function isOlderTz(a: string, b: string): boolean {
  return !a.startsWith("#") && !b.startsWith("#") && a < b;
}
