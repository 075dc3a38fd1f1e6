/** Where a task stands. RECEIVED and PENDING are never written: they follow from where its message is. */
export const TASK_STATES = [
  "PENDING",
  "RECEIVED",
  "STARTED",
  "RETRY",
  "SUCCESS",
  "FAILURE",
  "REVOKED",
] as const;

export type TaskState = (typeof TASK_STATES)[number];

/** States after which nothing more happens to the task. */
export const FINAL_STATES = ["SUCCESS", "FAILURE", "REVOKED"] as const satisfies readonly TaskState[];

export type FinalState = (typeof FINAL_STATES)[number];

export function isFinal(state: string): state is FinalState {
  return (FINAL_STATES as readonly string[]).includes(state);
}
