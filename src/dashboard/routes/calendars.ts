/** Calendars of days off: who hangs on them, and edits. */
import type { CalendarData } from "../../schedules/index.js";
import { calendarChange, listCalendars, revisionOf, showCalendar } from "../calendar-page.js";
import { object } from "../fields.js";
import { Refusal } from "../problem.js";
import { type Call, type Route, route } from "../route.js";

export const calendarRoutes: readonly Route[] = [
  route(
    "GET /calendars",
    { summary: "Calendars of days off, with the entries that name them", isSearch: true },
    ({ core }) => listCalendars(core),
  ),
  route(
    "GET /calendars/:name",
    { summary: "One calendar: its days off, and the entries that name it", isSearch: true },
    async ({ core, params }) => (await showCalendar(core, params["name"]!)) ?? missing(),
  ),
  route(
    "POST /calendars/preview",
    {
      summary: "What a calendar would change that is not saved: its days, and what is due next of entries",
      right: "read",
      body: { calendar: object() },
      isSearch: true,
    },
    ({ core, body: { calendar } }) => calendarChange(core, calendar),
  ),
  route(
    "PUT /calendars/:name",
    {
      summary: "Adds a calendar, or replaces it; If-Match has the revision that was read",
      right: "edit",
      body: { calendar: object() },
    },
    async (call) => {
      const { core, params, body } = call;
      await assertUnchanged(call);
      const name = params["name"]!;
      const { digest } = await core.calendars.set({ ...body.calendar, name } as unknown as CalendarData);
      return { name, digest };
    },
  ),
  route(
    "DELETE /calendars/:name",
    { summary: "Deletes a calendar that no entry names", right: "edit" },
    async (call) => {
      await assertUnchanged(call);
      const name = call.params["name"]!;
      return (await call.core.calendars.delete(name)) ? { name } : missing();
    },
  ),
];

function missing(): never {
  throw new Refusal(404, "SUNBEAT_CALENDAR_UNKNOWN", "there is no calendar of this name");
}

async function assertUnchanged({ core, params, ifMatch }: Call): Promise<void> {
  if (ifMatch === null) return;
  if (revisionOf(await core.calendars.get(params["name"]!)) === ifMatch.replaceAll('"', "")) return;
  const message = "somebody has changed this calendar since you read it: read it again, and decide again";
  throw new Refusal(412, "SUNBEAT_CALENDAR_CONFLICT", message);
}
