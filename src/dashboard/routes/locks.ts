/** Locks: who holds them, who waits. */
import { breakPermit } from "../../app/index.js";
import type { LockSummary } from "../../store/contracts/lock-inspection.js";
import { integer, optional, text } from "../fields.js";
import { pageOf, type Route, route } from "../route.js";

const LISTED = 500;
/** Locks that one search looks at. */
const LOOKED_AT = 5_000;

export const lockRoutes: readonly Route[] = [
  route(
    "GET /locks",
    {
      summary: "Locks that are held or waited for, by name; `q`: text in their names",
      query: { q: optional(text()), after: optional(text()) },
    },
    async ({ core, query: { q = "", after } }) => {
      const found: LockSummary[] = [];
      let from = after;
      for (let seen = 0; ;) {
        const locks = await core.locks.list({ after: from, limit: LISTED });
        found.push(...locks.filter(({ name }) => name.toLowerCase().includes(q.toLowerCase())));
        from = locks.at(-1)?.name;
        seen += locks.length;
        if (locks.length < LISTED) return pageOf(found);
        if (found.length >= LISTED || seen >= LOOKED_AT) return pageOf(found, from);
      }
    },
  ),
  route(
    "GET /locks/history",
    {
      summary: "Who waited, held, gave back or lost, newest first",
      query: { lock: optional(text()), before: optional(text()), limit: optional(integer(1, 500)) },
    },
    async ({ core, query: { lock, limit = 100, before } }) => {
      const options = { limit, before };
      const rows = await (lock === undefined
        ? core.locks.history(options)
        : core.locks.history(lock, options));
      return pageOf(rows, rows.length === limit ? rows.at(-1)!.row : null);
    },
  ),
  route(
    "GET /locks/:name",
    { summary: "Who holds a lock and who waits for it, foremost first; null: nobody" },
    ({ core, params }) => core.locks.inspect(params["name"]!),
  ),
  route(
    "POST /locks/:name/break",
    {
      summary: "Ends one permit by force; the next in line gets it",
      right: "break",
      body: { token: text() },
    },
    async ({ core, params, body: { token } }) => {
      const name = params["name"]!;
      await breakPermit(core, name, token);
      return { name, token };
    },
  ),
];
