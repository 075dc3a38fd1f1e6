/** Dead letters, and what is kept of tasks that failed. */
import { audited } from "../../control/index.js";
import { anything, flag, integer, list, optional, text } from "../fields.js";
import { findLetter, groupLetters, type Letter, readLetters } from "../letters.js";
import { Refusal } from "../problem.js";
import { type Call, pageOf, type Route, route } from "../route.js";
import { send } from "../sending.js";
import { headersOf, shownBody } from "../task-page.js";

/** Which of them. */
export const LETTERS = {
  failed: optional(flag()),
  queue: optional(text()),
  task: optional(text()),
  reason: optional(text(2_000)),
  error: optional(text(2_000)),
};
const MOST_ARGS = 200;

export const deadRoutes: readonly Route[] = [
  route(
    "GET /dead",
    {
      summary: "Dead letters, or what is kept of tasks that failed, newest first",
      query: { ...LETTERS, after: optional(text()), limit: optional(integer(1, 500)) },
    },
    async (call) => {
      const { after, limit = 50, ...filter } = call.query;
      const { letters, next } = await readLetters(call.core, filter, { after, limit });
      const rows = letters.map((letter) => {
        const { body, ...rest } = letter;
        const { text: args, why } = shownBody(call, letter, body).args;
        return { ...rest, args: why ?? args?.slice(0, MOST_ARGS) ?? null };
      });
      return pageOf(rows, next);
    },
  ),
  route(
    "GET /dead-groups",
    {
      summary: "The same by reason, task and error, with their numbers: of the newest 10,000",
      query: LETTERS,
      isSearch: true,
    },
    ({ core, query }) => groupLetters(core, query),
  ),
  route("GET /dead/:id", { summary: "One of them, with what was sent" }, async (call) => {
    const { body, ...letter } = await letterOf(call);
    return { ...letter, ...shownBody(call, letter, body) };
  }),
  route(
    "POST /dead/:id/edit",
    {
      summary: "Sends the same task under a new id with other arguments, and drops the letter",
      right: "send",
      body: { args: list(anything(), 1_000) },
    },
    async (call) => {
      const { core, body, can } = call;
      if (!can("delete"))
        throw new Refusal(403, "SUNBEAT_CONTROL_REFUSED", 'to drop the letter takes the right "delete"');
      const { task, queue, id, body: sent } = await letterOf(call);
      return audited(core.auditContext, { verb: "dead.edit", target: id }, async () => {
        const made = await send(core, task, body.args, { queue, headers: headersOf(sent) });
        await core.dead.delete(id);
        return made;
      });
    },
  ),
];

async function letterOf({ core, params }: Pick<Call, "core" | "params">): Promise<Letter> {
  const letter = await findLetter(core, params["id"]!);
  if (letter !== null) return letter;
  throw new Refusal(404, "SUNBEAT_RESULT_UNKNOWN", "it is no dead letter: it was retried or dropped");
}
