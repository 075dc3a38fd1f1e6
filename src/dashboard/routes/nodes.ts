/** Workers and beats: who is there, what they say of themselves, and what they are told. */
import { CONTROL_VERBS, type ControlVerb, verbOf } from "../../control/index.js";
import { didYouMean } from "../../core/nearest.js";
import { invalidOption } from "../../core/options.js";
import type { SeenNode } from "../../store/contracts/presence.js";
import { readDispatches } from "../dispatches.js";
import { choice, list, object, optional, text } from "../fields.js";
import { answerOf, ASKED } from "../node-answers.js";
import { Refusal } from "../problem.js";
import { type Call, pageOf, type Route, route } from "../route.js";

/** Verbs that nodes do, and the store does not. */
const NODE_VERBS = (Object.keys(CONTROL_VERBS) as ControlVerb[]).filter(
  (verb) => CONTROL_VERBS[verb].of !== "store",
);

export const nodeRoutes: readonly Route[] = [
  route(
    "GET /nodes",
    {
      summary: "Workers and beats that are there, and those that were lost; without the names of their tasks",
    },
    async ({ overviews }) => pageOf((await overviews.nodes()).map(withoutTasks)),
  ),
  route(
    "GET /nodes/:node",
    {
      summary: "One node, and what it answers when it is asked",
      query: { ask: optional(list(choice(ASKED), ASKED.length)) },
    },
    async (call) => {
      const { core, params, query } = call;
      const name = params["node"]!;
      const node = (await core.nodes.list()).find((seen) => seen.node === name);
      if (node === undefined) {
        const message = "no node of this name is there, or was lost within a day";
        throw new Refusal(404, "SUNBEAT_OPTION_INVALID", message);
      }
      const verbs =
        node.status === "lost" ? [] : (query.ask ?? []).filter((verb) => node.verbs.includes(verb));
      const answers = await Promise.all(
        verbs.map(async (verb) => [verb, await answerOf(call, name, verb)] as const),
      );
      return { node, answers: Object.fromEntries(answers) };
    },
  ),
  route(
    "POST /nodes/:node/control",
    {
      summary: "Tells a node to do something: a verb of remote control that nodes answer, and its arguments",
      right: "control",
      body: { verb: text(), args: optional(object()) },
    },
    ({ core, params, body: { verb, args }, can }) => {
      const known = NODE_VERBS.find((one) => one === verbOf(verb));
      if (known === undefined) {
        const nearest = didYouMean(verbOf(verb), NODE_VERBS);
        throw invalidOption("control: verb", `a verb that changes a node${nearest}`, verb);
      }
      if (known === "resign" || known === "trigger") assertMay(can, known);
      return core.control.broadcast(known, args ?? {}, { destination: params["node"]! });
    },
  ),
  route("GET /limits", { summary: "Rate limits that hold for all workers, by task" }, async ({ core }) =>
    pageOf(await core.control.rateLimits()),
  ),
  route(
    "POST /limits/:task",
    {
      summary:
        'Sets the rate limit of a task for all workers: "10/m"; "none" lifts it, "reset" brings back that of the code',
      right: "control",
      body: { rate: text(40) },
    },
    async ({ core, params, body: { rate } }) => {
      const task = params["task"]!;
      await core.control.rateLimit(task, rate === "none" ? null : rate);
      return { task, rate };
    },
  ),
  route(
    "GET /beat",
    { summary: "Who leads, who would, and what the leading beat says of itself" },
    async (call) => {
      const { core, overviews } = call;
      const store = core.lazyStore;
      const [nodes, leader, watcher] = await Promise.all([
        overviews.nodes(),
        store.leases.leader(),
        store.leases.leader("watch"),
      ]);
      const candidates = nodes.filter(({ beat }) => beat !== null).map(withoutTasks);
      const leading = candidates.find(({ beat, status }) => beat!.role === "leading" && status === "alive");
      const answer = leading === undefined ? null : await answerOf(call, leading.node, "beat");
      return { leader, watcher, candidates, answer };
    },
  ),
  route(
    "GET /beat/dispatches",
    { summary: "How late the newest ticks were sent, and by which terms, as far as the ledger says" },
    ({ core }) => readDispatches(core),
  ),
  route("POST /beat/resign", { summary: "The leading beat gives the lead up", right: "resign" }, ({ core }) =>
    core.control.resign(),
  ),
];

/** Names of tasks may be 500 a node. */
function withoutTasks({ worker, ...node }: SeenNode) {
  if (worker === null) return { ...node, worker };
  const { tasks: _, ...facts } = worker;
  return { ...node, worker: facts };
}

export type NodeView = ReturnType<typeof withoutTasks>;

function assertMay(can: Call["can"], right: "resign" | "trigger"): void {
  if (can(right)) return;
  throw new Refusal(403, "SUNBEAT_CONTROL_REFUSED", `this takes the right "${right}"`);
}
