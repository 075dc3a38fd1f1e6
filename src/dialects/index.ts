/** The dialects' one door for the rest of the code. */
export { importSchedules } from "./import-schedules.js";
export type { ImportedEntry, ImportedSchedules, ImportOptions } from "./import-schedules.js";
export type { ImportedParts, ImportRemark } from "./findings.js";
export { type Dialect, DIALECTS } from "./look-alike.js";
