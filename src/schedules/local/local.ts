import type { Zone } from "../zone.js";
import type { DstPolicy } from "./dst.js";
import type { LocalTimes } from "./local-times.js";

/** Local times in a zone, with what becomes of them where its clocks change. */
export interface Local {
  readonly calendar: LocalTimes;
  readonly zone: Zone;
  readonly policy: DstPolicy;
  /** Whether there is no time at all, proved. */
  readonly never: boolean;
}
