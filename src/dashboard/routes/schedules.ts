/** Entries: what became of their ticks, what will, and edits. */
import type { EntryOptions } from "../../beat/index.js";
import { maskCredentials } from "../../core/credentials.js";
import { FATES, problemOf, type TimelineItem } from "../../monitor/index.js";
import { ENTRY_SORTS, listedOf, listEntries } from "../entry-list.js";
import { argsOfView, showEntry } from "../entry-page.js";
import { entryOptionsOf } from "../entry-form.js";
import { choice, flag, instant, integer, list, object, optional, text } from "../fields.js";
import { Refusal } from "../problem.js";
import { type Call, type Route, route } from "../route.js";

export const scheduleRoutes: readonly Route[] = [
  route(
    "GET /schedules",
    {
      summary:
        "Entries; q finds text in name, task, schedule and description, fate what became of the newest tick",
      query: {
        q: optional(text()),
        state: optional(choice(["active", "paused", "disabled"])),
        owner: optional(text()),
        task: optional(text()),
        zone: optional(text()),
        fate: optional(choice(FATES)),
        sort: optional(choice(ENTRY_SORTS)),
        descending: optional(flag()),
        after: optional(text()),
        limit: optional(integer(1, 500)),
      },
      isSearch: true,
    },
    ({ core, query }) => listEntries(core.schedules, query),
  ),
  route(
    "GET /schedules/:name",
    { summary: "One entry: what was set, schedule in words, next runs, remarks" },
    async (call) => {
      const view = await call.core.schedules.get(call.params["name"]!);
      if (view === null) throw new Refusal(404, "SUNBEAT_ENTRY_NOT_FOUND", "there is no entry of this name");
      return showEntry(call, view);
    },
  ),
  route(
    "GET /schedules/:name/next",
    {
      summary: "Its due times after an instant, as far as nobody edits it",
      query: { after: optional(instant()), count: optional(integer(1, 2_000)) },
    },
    async ({ core, params, query: { after, count = 20 } }) => ({
      items: await core.schedules.next(params["name"]!, { after, count }),
    }),
  ),
  route(
    "GET /schedules/:name/timeline",
    {
      summary: "What became of each tick; where there are too many, numbers by fate over equal times",
      query: { from: optional(instant()), to: optional(instant()), limit: optional(integer(1, 10_000)) },
    },
    async ({ core, params, query }) => {
      const timeline = await core.schedules.timeline(params["name"]!, query);
      return { ...timeline, items: timeline.items.map(shownTick) };
    },
  ),
  route(
    "GET /timelines",
    {
      summary: "The newest ticks of up to 50 entries",
      query: { name: list(text(), 50), count: optional(integer(1, 1_000)) },
    },
    async ({ core, query: { name, count } }) => {
      const found = Object.entries(await core.schedules.timelines(name, { count }));
      return Object.fromEntries(found.map(([entry, items]) => [entry, items.map(shownTick)]));
    },
  ),
  route(
    "GET /forecast",
    {
      summary:
        "What the entries will send: starts over time, peaks, locks that meet, nights on which clocks change",
      query: {
        from: optional(instant()),
        to: optional(instant()),
        stepSeconds: optional(integer(1, 31_536_000)),
        timezone: optional(text()),
      },
      isSearch: true,
    },
    ({ core, query: { stepSeconds, ...range } }) => core.schedules.forecast({ ...range, step: stepSeconds }),
  ),
  route(
    "POST /schedules/preview",
    {
      summary: "What an entry would be that is not saved: its runs, remarks and load",
      right: "read",
      body: { name: text(), entry: object() },
    },
    async ({ core, body: { name, entry } }) => {
      let options: EntryOptions;
      try {
        options = entryOptionsOf(entry);
      } catch (error) {
        return problemOf(name, error);
      }
      return core.schedules.preview(name, options);
    },
  ),
  route(
    "PUT /schedules/:name",
    {
      summary: "Adds an entry, or changes it; If-Match has the revision that was read",
      right: "edit",
      body: { entry: object(), keepArgs: optional(flag()) },
    },
    async (call) => {
      const { core, body, params } = call;
      await assertUnchanged(call);
      const kept = body.keepArgs === true ? await core.schedules.get(params["name"]!) : null;
      const options = entryOptionsOf(body.entry, kept === null ? undefined : argsOfView(kept));
      return listedOf(await core.schedules.set(params["name"]!, options), core.schedules);
    },
  ),
  route(
    "DELETE /schedules/:name",
    { summary: "Deletes an entry that was set at run time", right: "edit" },
    async (call) => {
      await assertUnchanged(call);
      await call.core.schedules.delete(call.params["name"]!);
      return { name: call.params["name"]! };
    },
  ),
  route(
    "POST /schedules/:name/pause",
    { summary: "Sends nothing until it is resumed", right: "pause" },
    async ({ core, params }) => listedOf(await core.schedules.pause(params["name"]!), core.schedules),
  ),
  route(
    "POST /schedules/:name/resume",
    { summary: "Goes on from now", right: "pause" },
    async ({ core, params }) => listedOf(await core.schedules.resume(params["name"]!), core.schedules),
  ),
  route(
    "POST /schedules/:name/trigger",
    {
      summary: "Sends a run now, or the run of a tick that was skipped",
      right: "trigger",
      body: { due: optional(instant()), force: optional(flag()) },
    },
    ({ core, params, body: { due, force } }) => core.schedules.trigger(params["name"]!, { due, force }),
  ),
  route(
    "POST /schedules/:name/mute",
    {
      summary: "Nobody is told of it, for a time or until that is ended",
      right: "acknowledge",
      body: { seconds: optional(integer(1, 31_536_000)), end: optional(flag()) },
    },
    async ({ core, params, body: { seconds, end = false } }) => {
      const name = params["name"]!;
      if (end) await core.alerts.unmute("*", name);
      else await core.alerts.mute("*", name, { for: seconds });
      return { mutes: (await core.alerts.mutes()).filter(({ subject }) => subject === name) };
    },
  ),
];

/** Errors may have an address with a password in it. */
function shownTick(tick: TimelineItem): TimelineItem {
  return tick.error === null ? tick : { ...tick, error: maskCredentials(tick.error) };
}

async function assertUnchanged({ core, params, ifMatch }: Call): Promise<void> {
  if (ifMatch === null) return;
  const view = await core.schedules.get(params["name"]!);
  const found = view === null ? "*none" : view.revision;
  if (found === ifMatch.replaceAll('"', "")) return;
  const message = "somebody has changed this entry since you read it: read it again, and decide again";
  throw new Refusal(412, "SUNBEAT_ENTRY_CONFLICT", message);
}
