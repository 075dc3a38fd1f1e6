import type { DstOption } from "../local/dst.js";
import type { DaysDefaults } from "../days/tree.js";

/** What the app and the entry supply where a schedule says nothing of its own. */
export interface ScheduleDefaults extends DaysDefaults {
  readonly timezone?: string | undefined;
  readonly dst?: DstOption | undefined;
  readonly hashKey?: string | undefined;
}
