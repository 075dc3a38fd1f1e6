/** Tasks that have ended or have not, dead letters, and what is done to them. */
import { readStats } from "../../app/index.js";
import { audited } from "../../control/index.js";
import { RECORD_STATES, type TaskView } from "../../monitor/index.js";
import { BULK_ACTIONS, type BulkTarget, MOST_IDS } from "../bulk.js";
import {
  anything,
  choice,
  flag,
  instant,
  integer,
  list,
  object,
  optional,
  readFields,
  text,
} from "../fields.js";
import { invalidOption } from "../../core/options.js";
import { Refusal } from "../problem.js";
import { type Call, pageOf, type Route, route } from "../route.js";
import { send } from "../sending.js";
import { headersOf, showTask, shownRow } from "../task-page.js";
import { browseWaiting } from "../waiting.js";
import { LETTERS } from "./dead.js";

const STATES = ["scheduled", "ready", "leased", "blocked", "dead"] as const;
const WAITING = { state: choice(STATES), queue: optional(text()), task: optional(text()) };
/** Of each kind. */
const MOST_WORDS = 500;
/** A bulk job asks for the right of what it does. */
const BULK_RIGHTS = {
  retry: "retry",
  run: "run",
  revoke: "revoke",
  terminate: "terminate",
  forget: "delete",
  delete: "delete",
} as const;

export const taskRoutes: readonly Route[] = [
  route(
    "GET /tasks",
    {
      summary: "Ended attempts, newest first, in the words of a search",
      query: { q: optional(text(2_000)), cursor: optional(text(2_000)), limit: optional(integer(1, 500)) },
      isSearch: true,
    },
    async (call) => {
      const { q = "", cursor, limit } = call.query;
      const { rows, ...page } = await call.core.tasks.search(q, { cursor, limit });
      return { items: rows.map((row) => shownRow(call, row)), ...page };
    },
  ),
  route(
    "GET /waiting",
    {
      summary: "Tasks that have not ended, in one state, of one queue or all",
      query: { ...WAITING, cursor: optional(text(2_000)), limit: optional(integer(1, 500)) },
    },
    async ({ core, query: { cursor, limit, ...waiting } }) => {
      const { messages, next } = await browseWaiting(core, waiting, { cursor, limit });
      return pageOf(messages, next);
    },
  ),
  route(
    "GET /words",
    { summary: "What a search can name: tasks, queues, workers and entries that are known now" },
    async ({ core, overviews }) => {
      const [nodes, queues, entries, points] = await Promise.all([
        ...([overviews.nodes(), core.queues.list()] as const),
        ...([core.schedules.list({ limit: MOST_WORDS }), readStats(core.lazyStore, { last: "1h" })] as const),
      ]);
      const words = (all: readonly string[]): readonly string[] =>
        [...new Set(all)].sort().slice(0, MOST_WORDS);
      return {
        task: words([
          ...nodes.flatMap(({ worker }) => worker?.tasks ?? []),
          ...points.tasks.map(({ task }) => task),
        ]),
        queue: words([
          ...queues.map(({ queue }) => queue),
          ...nodes.flatMap(({ worker }) => worker?.queues.map(({ name }) => name) ?? []),
        ]),
        worker: words(nodes.filter(({ worker }) => worker !== null).map(({ node }) => node)),
        entry: words(entries.map(({ name }) => name)),
        state: RECORD_STATES,
      };
    },
  ),
  route("GET /tasks/:id", { summary: "All that is known of one task" }, async (call) => {
    const { id, view } = await shown(call);
    const kept = view.isKept ? await call.core.lazyStore.deadLetters.failed(id) : null;
    return showTask(call, view, kept?.body ?? null);
  }),
  route(
    "POST /tasks",
    {
      summary: "Sends a task by name",
      right: "send",
      body: {
        task: text(),
        args: optional(list(anything(), 1_000)),
        queue: optional(text()),
        priority: optional(integer(0, 9)),
        eta: optional(instant()),
      },
    },
    ({ core, body: { task, args = [], ...options } }) => send(core, task, args, options),
  ),
  route(
    "POST /tasks/:id/retry",
    { summary: "Puts a failed task back into its queue", right: "retry" },
    (call) => call.core.tasks.retry(call.params["id"]!),
  ),
  route(
    "POST /tasks/:id/run",
    {
      summary: "Sends the same task again under a new id, with other arguments where they are given",
      right: "run",
      body: { args: optional(list(anything(), 1_000)) },
    },
    async ({ core, params, body: { args }, can }) => {
      if (args === undefined) return core.tasks.run(params["id"]!);
      if (!can("send"))
        throw new Refusal(403, "SUNBEAT_CONTROL_REFUSED", 'other arguments take the right "send"');
      const { id, view } = await shown({ core, params });
      const kept = view.isKept ? await core.lazyStore.deadLetters.failed(id) : null;
      const headers = headersOf(view.message?.body ?? kept?.body ?? null);
      return send(core, view.task ?? "", args, { queue: view.queue ?? undefined, headers });
    },
  ),
  route(
    "POST /tasks/:id/revoke",
    {
      summary: "It does not begin; with terminate it is told to end where it runs",
      right: "revoke",
      body: { terminate: optional(flag()) },
    },
    async ({ core, params, body: { terminate = false }, can }) => {
      if (terminate && !can("terminate")) {
        throw new Refusal(
          403,
          "SUNBEAT_CONTROL_REFUSED",
          'to end a running task takes the right "terminate"',
        );
      }
      await core.tasks.revoke(params["id"]!, { terminate });
      return { id: params["id"]! };
    },
  ),
  route(
    "POST /tasks/:id/forget",
    { summary: "Drops its result", right: "delete" },
    async ({ core, params }) => {
      const id = params["id"]!;
      await audited(core.auditContext, { verb: "forget", target: id }, () => core.result(id).forget());
      return { id };
    },
  ),
  route(
    "POST /bulk",
    {
      summary:
        "Does one thing to many tasks: by ids, by a search, all that wait somewhere, or dead letters; dryRun counts them",
      accepted: true,
      body: {
        action: choice(BULK_ACTIONS),
        ids: optional(list(text(), MOST_IDS)),
        q: optional(text(2_000)),
        waiting: optional(object()),
        letters: optional(object()),
        dryRun: optional(flag()),
      },
    },
    async (call) => {
      const { action, dryRun = false } = call.body;
      const right = BULK_RIGHTS[action];
      if (!dryRun && !call.can(right)) {
        throw new Refusal(403, "SUNBEAT_CONTROL_REFUSED", `this takes the right "${right}"`);
      }
      const target = targetOf(call);
      return dryRun ? call.bulk.dryRun(action, target) : call.bulk.start(action, target, call.access.user);
    },
  ),
  route("GET /bulk/:id", { summary: "How far a job is" }, async ({ bulk, params }) =>
    bulk.get(params["id"]!),
  ),
  route(
    "DELETE /bulk/:id",
    { summary: "Ends a job after its present step", right: "retry" },
    async ({ bulk, params }) => bulk.stop(params["id"]!),
  ),
];

function targetOf({ body }: Call): BulkTarget {
  const { ids, q, waiting, letters } = body as {
    ids?: readonly string[];
    q?: string;
    waiting?: object;
    letters?: object;
  };
  if ([ids, q, waiting, letters].filter((one) => one !== undefined).length !== 1) {
    throw invalidOption("bulk", "one of ids, q, waiting and letters", Object.keys(body));
  }
  if (ids !== undefined) return { ids };
  if (q !== undefined) return { q };
  if (waiting !== undefined) return { waiting: readFields(WAITING, waiting, "bulk: waiting") };
  return { letters: readFields(LETTERS, letters, "bulk: letters") };
}

async function shown({
  core,
  params,
}: Pick<Call, "core" | "params">): Promise<{ readonly id: string; readonly view: TaskView }> {
  const id = params["id"]!;
  const view = await core.tasks.show(id);
  if (view !== null) return { id, view };
  const message = "nothing is known of this task: it was not sent, or what was kept of it has expired";
  throw new Refusal(404, "SUNBEAT_RESULT_UNKNOWN", message);
}
