/** Queues: what they hold, and who takes from them. */
import type { QueueView } from "../../app/index.js";
import { consumersOf } from "../../monitor/index.js";
import { choice, integer, optional, text } from "../fields.js";
import { ratesOf, readRates } from "../queue-rates.js";
import { pageOf, type Route, route } from "../route.js";

export const queueRoutes: readonly Route[] = [
  route(
    "GET /queues",
    { summary: "What each queue holds, who takes from it, and who has paused it" },
    async ({ core, overviews }) => {
      const [queues, nodes] = await Promise.all([core.queues.list(), overviews.nodes()]);
      const consumers = consumersOf(nodes);
      const names = new Set([...queues.map(({ queue }) => queue), ...consumers.keys()]);
      const known = new Map(queues.map((queue) => [queue.queue, queue]));
      return pageOf(
        [...names].sort().map((name) => ({
          ...(known.get(name) ?? emptyQueue(name)),
          consumers: consumers.get(name)?.length ?? 0,
        })),
      );
    },
  ),
  route(
    "GET /queues/:queue",
    { summary: "One queue: what it holds, who takes from it, and how fast it fills and empties" },
    async ({ core, params, overviews }) => {
      const name = params["queue"]!;
      const [queues, nodes, rates] = await Promise.all([
        ...([core.queues.list(), overviews.nodes()] as const),
        readRates(core, name),
      ]);
      const consumers = consumersOf(nodes).get(name) ?? [];
      const queue = queues.find((each) => each.queue === name) ?? emptyQueue(name);
      const depth = queue.ready + queue.scheduled + queue.leased + queue.blocked;
      return { ...queue, consumers, rates: ratesOf(rates, depth) };
    },
  ),
  route(
    "GET /queues/:queue/messages",
    {
      summary: "What waits in a queue or is at work, in one state: a page",
      query: {
        state: optional(choice(["scheduled", "ready", "leased", "blocked", "dead"])),
        task: optional(text()),
        cursor: optional(text(2_000)),
        limit: optional(integer(1, 500)),
      },
    },
    async ({ core, params, query: { cursor, ...query } }) => {
      const { messages, next } = await core.queues.browse(params["queue"]!, { ...query, after: cursor });
      return pageOf(messages, next);
    },
  ),
  route(
    "POST /queues/:queue/pause",
    {
      summary: "From now on no worker takes from it",
      right: "pause",
      body: { reason: optional(text()), seconds: optional(integer(1, 31_536_000)) },
    },
    ({ core, params, body: { reason, seconds } }) =>
      core.queues.pause(params["queue"]!, { reason: reason === "" ? undefined : reason, for: seconds }),
  ),
  route(
    "POST /queues/:queue/resume",
    { summary: "Workers take from it again", right: "pause" },
    async ({ core, params }) => ({
      wasPaused: await core.queues.resume(params["queue"]!),
    }),
  ),
  route(
    "POST /queues/:queue/purge",
    { summary: "Drops all that waits in it", right: "purge" },
    async ({ core, params }) => ({
      dropped: await core.queues.purge(params["queue"]!),
    }),
  ),
];

function emptyQueue(queue: string): QueueView {
  const numbers = { ready: 0, scheduled: 0, leased: 0, blocked: 0, dead: 0, failed: 0 };
  return { queue, ...numbers, oldestReadyAt: null, paused: null };
}
