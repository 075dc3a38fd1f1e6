/** What becomes of local times that a change of offset skips or repeats. */
export interface DstPolicy {
  /** A skipped time runs at the first moment after the gap, not at all, or as far behind the clock as it was. */
  readonly gap: "after" | "skip" | "shift";
  /** A repeated time runs in its first pass, its second, or both. */
  readonly fold: "first" | "second" | "both";
}

/**
 * "vixie": fixed jobs run after a gap and once in a fold, wildcard jobs follow real time. "skip": every job loses
 * the gap and runs once in a fold. "wall": every job loses the gap and runs twice in a fold. An object says it
 * for fixed jobs alone; what it leaves out is as in "vixie".
 */
export type DstOption = "vixie" | "skip" | "wall" | Partial<DstPolicy>;

/** A wildcard job follows real time through a change, a fixed one keeps its appointments. */
export type JobClass = "fixed" | "wildcard";

export const DST_NAMES = ["vixie", "skip", "wall"] as const;
export const GAP_POLICIES = ["after", "skip", "shift"] as const;
export const FOLD_POLICIES = ["first", "second", "both"] as const;

const REAL_TIME: DstPolicy = { gap: "skip", fold: "both" };
const ONCE: DstPolicy = { gap: "after", fold: "first" };

/** The rule that a job of a class follows under an option. */
export function policyOf(option: DstOption, jobClass: JobClass): DstPolicy {
  if (option === "skip") return { gap: "skip", fold: "first" };
  if (option === "wall" || jobClass === "wildcard") return REAL_TIME;
  return option === "vixie" ? ONCE : { ...ONCE, ...option };
}
