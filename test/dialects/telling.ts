import { type Dialect, importSchedules, type ImportedSchedules } from "../../src/dialects/index.js";

export const ZONED = { timezone: "Europe/Paris" } as const;

/** Each remark as "kind: message", by line. */
export function told({ remarks }: ImportedSchedules): string[] {
  return remarks.map(({ kind, message }) => `${kind}: ${message}`);
}

export function refusedIn(dialect: Dialect, text: string): string[] {
  return told(importSchedules(dialect, text, ZONED)).filter((line) => !line.startsWith("note: misfire"));
}

export function noRemark(dialect: Dialect, text: string): boolean {
  return importSchedules(dialect, text, ZONED).remarks.length === 0;
}
