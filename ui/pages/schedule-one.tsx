/** An entry, or the form that changes or makes one. */
import type { JSX } from "preact";
import { query } from "../lib/router.js";
import { Editor } from "./editor.js";
import { Schedule } from "./schedule.js";

export { Calendar } from "./calendar.js";
export { Calendars } from "./calendars.js";

export const NewEntry = (): JSX.Element => <Editor id={null} />;

export function ScheduleOne({ id }: { readonly id: string }): JSX.Element {
  return query.value.get("edit") === "1" ? <Editor id={id} /> : <Schedule id={id} />;
}
