/** Alerts: those that stand, those that are over, and those that nobody wants to hear of. */
import { flag, integer, optional, text } from "../fields.js";
import { pageOf, type Route, route } from "../route.js";

export const alertRoutes: readonly Route[] = [
  route(
    "GET /alerts",
    {
      summary: "Alerts, newest first, and what is muted",
      query: { standing: optional(flag()), before: optional(text()), limit: optional(integer(1, 500)) },
    },
    async ({ core, query: { limit = 100, ...query } }) => {
      const [alerts, mutes] = await Promise.all([core.alerts.list({ ...query, limit }), core.alerts.mutes()]);
      return { ...pageOf(alerts, alerts.length === limit ? alerts.at(-1)!.id : null), mutes };
    },
  ),
  route(
    "POST /alerts/:id/ack",
    { summary: "Somebody has seen it", right: "acknowledge", body: { note: optional(text()) } },
    ({ core, params, body: { note } }) =>
      core.alerts.ack(params["id"]!, { note: note === undefined || note === "" ? undefined : note }),
  ),
  route(
    "POST /alerts/mute",
    {
      summary: "Nobody is told of this kind and subject, for a time or until it is ended",
      right: "acknowledge",
      body: {
        kind: text(),
        subject: optional(text()),
        seconds: optional(integer(1, 31_536_000)),
        end: optional(flag()),
      },
    },
    async ({ core, body: { kind, subject = "*", seconds, end = false } }) => {
      if (end) await core.alerts.unmute(kind, subject);
      else await core.alerts.mute(kind, subject, { for: seconds });
      return { mutes: await core.alerts.mutes() };
    },
  ),
  route(
    "POST /alerts/test",
    { summary: "Calls each webhook once, with an alert that says it is a test", right: "control" },
    async ({ core }) => pageOf(await core.alerts.test()),
  ),
];
