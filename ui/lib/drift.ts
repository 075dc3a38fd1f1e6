/** How a stored entry differs from the code that declares it, in words. */
import type { DriftKind } from "../../src/beat/drift.js";

export const DRIFT_WORDS: Readonly<Record<DriftKind, string>> = {
  taken: "another owner has its name",
  missing: "declared, and not stored",
  newer: "a newer version has written another definition",
  changed: "stored with another definition than the code has",
  undeclared: "stored, and no code declares it",
  disabled: "had left the code, or could not be read",
  paused: "paused by an operator",
  older: "an older version has written it",
};
