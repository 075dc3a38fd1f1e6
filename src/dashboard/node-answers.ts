/** What a node says when the page of a worker asks it, for whoever may see it. */
import type { Call } from "./route.js";
import { shownArgs, showsResults } from "./task-page.js";

/** Verbs of its tabs. */
export const ASKED = ["active", "reserved", "registered", "activeQueues", "stats", "conf", "beat"] as const;
export type Asked = (typeof ASKED)[number];

/** Null: it does not answer, and is too busy or gone. */
export interface NodeAnswer {
  readonly ok: unknown;
  /** Why it refused; null: it did not. */
  readonly error: string | null;
}

export async function answerOf(call: Call, node: string, verb: Asked): Promise<NodeAnswer | null> {
  const { replies } = await call.core.inspect[verb]({ destination: node });
  const [reply] = replies;
  if (reply === undefined) return null;
  if (reply.error !== undefined) return { ok: null, error: reply.error.message };
  return { ok: verb === "active" || verb === "reserved" ? runsFor(call, reply.ok) : reply.ok, error: null };
}

/** Arguments as text, and what they tell of themselves, are rights apart. */
function runsFor(call: Call, runs: unknown): unknown {
  if (!Array.isArray(runs)) return runs;
  return (runs as readonly Readonly<Record<string, unknown>>[]).map((run) => ({
    ...run,
    args: shownArgs(call, run["args"] == null ? null : JSON.stringify(run["args"])),
    progress: showsResults(call) ? run["progress"] : null,
  }));
}
