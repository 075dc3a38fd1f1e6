import type { Schedule } from "../schedule.js";
import { TELL, type Language, type Tellable } from "./language.js";

/** One line for people in a language; a schedule of somebody else's has its own. */
export function textOf(schedule: Schedule, language: Language): string {
  const { [TELL]: tell } = schedule as Partial<Tellable>;
  return tell === undefined ? (schedule.describe?.() ?? language.custom) : tell.call(schedule, language);
}
