/** The system as a whole: overview, statistics, doctor, audit, and who asks. */
import { readStats } from "../../app/index.js";
import { rightsOf } from "../access.js";
import { choice, integer, list, optional, text } from "../fields.js";
import { pageOf, type Route, route } from "../route.js";

export const systemRoutes: readonly Route[] = [
  route(
    "GET /overview",
    { summary: "How the system does: what stands, runs, waits, fails and comes next" },
    ({ overviews }) => overviews.read(),
  ),
  route(
    "GET /stats",
    {
      summary: "What tasks did and queues held, by minute, ten minutes or hour",
      query: {
        step: optional(choice(["minute", "10min", "hour"])),
        seconds: optional(integer(60, 1_209_600)),
        names: optional(list(text(), 200)),
      },
    },
    ({ core, query: { step = "minute", seconds = 3_600, names } }) =>
      readStats(core.lazyStore, { last: seconds, step, names }),
  ),
  route(
    "GET /audit",
    {
      summary: "Who did what, newest first",
      query: {
        limit: optional(integer(1, 500)),
        before: optional(text()),
        by: optional(text()),
        target: optional(text()),
      },
    },
    async ({ core, query: { limit = 100, ...query } }) => {
      const rows = await core.audit.list({ limit, ...query });
      return pageOf(rows, rows.length === limit ? rows.at(-1)!.id : null);
    },
  ),
  route(
    "GET /doctor",
    { summary: "Settings of the store beside the promises they weaken" },
    async ({ core, overviews }) => ({
      broker: core.brokerLabel,
      findings: await overviews.findings(),
    }),
  ),
  route("GET /me", { summary: "Who asks, and what he may do" }, async ({ access, settings, csrf, core }) => ({
    user: access.user,
    role: access.role,
    rights: rightsOf(access, settings.readOnly),
    readOnly: settings.readOnly,
    args: access.args !== false && !settings.hide.args,
    results: access.results !== false && !settings.hide.results,
    csrf,
    title: settings.title,
    banner: settings.banner,
    timezone: settings.timezone,
    links: settings.links,
    app: core.name,
    broker: core.brokerLabel,
  })),
];
