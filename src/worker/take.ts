/** The arguments of a part: those that were written, with what it takes from other parts in their places. */
import { TaskError } from "../core/errors.js";
import type { DeliveredPart, Graphs } from "../store/contracts/graphs.js";
import type { Take } from "../tasks/part.js";
import { HARD_PAYLOAD_LIMIT } from "../tasks/payload.js";
import type { TaskFailure } from "../tasks/signature.js";
import { Sources } from "./sources.js";

export interface TakeRequest {
  /** `tasks.sum[id]`, for the errors. */
  readonly label: string;
  readonly part: DeliveredPart;
  /** The arguments that were written. */
  readonly args: readonly unknown[];
  readonly takes: readonly Take[];
}

/**
 * Throws SUNBEAT_PAYLOAD_TOO_LARGE for more than 16 MiB of JSON that is not streamed, SUNBEAT_UPSTREAM_FAILED and
 * SUNBEAT_RESULT_UNKNOWN where a value cannot be had, and what the store throws.
 */
export async function takeArguments(
  { label, part, args, takes }: TakeRequest,
  graphs: Pick<Graphs, "outputs" | "added" | "parts">,
): Promise<readonly unknown[]> {
  const error = (): TaskError =>
    new TaskError(
      "SUNBEAT_PAYLOAD_TOO_LARGE",
      `${label} takes more than ${HARD_PAYLOAD_LIMIT} bytes of JSON from the parts before it; ` +
        "wrap its task in stream(...), and read them one after the other",
      { details: { limit: HARD_PAYLOAD_LIMIT } },
    );
  const sources = new Sources({
    graph: part.graph,
    graphs,
    ...(part.input && { known: [part.input] }),
    limit: { bytes: HARD_PAYLOAD_LIMIT, error },
  });
  const finished = [...args];
  for (const [position, what] of takes) {
    finished.splice(position, 0, await taken(what, part, sources));
  }
  return finished;
}

function taken(what: Take[1], part: DeliveredPart, sources: Sources): Promise<unknown> {
  if (typeof what !== "object") return sources.value(what);
  if (what[0] === "failure") return failureOf(part, sources);
  return what[0] === "stream" ? sources.list(what[1]) : sources.value(what);
}

async function failureOf({ culprit }: DeliveredPart, sources: Sources): Promise<TaskFailure> {
  if (culprit !== undefined) return sources.failureOf(culprit.result, culprit.task);
  throw new TaskError("SUNBEAT_MESSAGE_INVALID", "an error callback came without the failure that called it");
}
