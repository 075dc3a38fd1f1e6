import type { GrowthRequest } from "../canvas/compile/growth.js";
import type { Clock } from "../core/clock.js";
import { TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { Graphs } from "../store/contracts/graphs.js";
import type { Store } from "../store/contracts/store.js";
import { type MessageEdits, oneSend } from "../tasks/message-edits.js";
import type { CreateMessage } from "../tasks/message-factory.js";
import type { Growth } from "../tasks/part.js";
import type { SignatureType } from "../tasks/signature.js";
import type { Assignment } from "./assignment.js";
import type { Insist } from "./insist.js";

export interface GrowthParts {
  readonly clock: Clock;
  readonly store: Pick<Store, "graphs">;
  readonly createMessage: CreateMessage;
  readonly edits?: MessageEdits | undefined;
  readonly options: { readonly graphLimit: number };
  readonly insist: Insist;
}

/** What runs add to their graphs. The compiler is loaded at the first of them. */
export class GrowthMaker {
  readonly #parts: GrowthParts;

  constructor(parts: GrowthParts) {
    this.#parts = parts;
  }

  /**
   * `replace`: what the run becomes; null: it only adds. Codes: SUNBEAT_GRAPH_INVALID with the place in the form,
   * SUNBEAT_GRAPH_TOO_LARGE where the graph would have more parts than `graphLimit`, and those of the messages.
   */
  async of(
    { reservation, body }: Assignment,
    add: readonly SignatureType[],
    replace: SignatureType | null,
  ): Promise<Growth> {
    const { clock, createMessage, edits, options } = this.#parts;
    const { delivery, signal } = reservation;
    const graph = delivery.part?.graph ?? null;
    const size = graph === null ? 0 : await this.#sizeOf(graph, signal);
    if (size >= options.graphLimit) throw full(graph, options.graphLimit);
    const [{ compileGrowth }, { formOf }] = await Promise.all([
      import("../canvas/compile/growth.js"),
      import("../canvas/signature.js"),
    ]);
    const { group = null, groupIndex = null, stamps = [] } = body.part ?? {};
    const kept = stamps.flatMap((name) => {
      const text = body.headers[name];
      return text === undefined ? [] : [[name, text] as const];
    });
    const request: Omit<GrowthRequest, "createMessage"> = {
      part: {
        id: delivery.id,
        graph,
        group: group === null ? null : { key: group, index: groupIndex ?? 0 },
        stamps: Object.fromEntries(kept),
      },
      replace: replace === null ? null : formOf(replace, "replace"),
      add: add.map((signature) => formOf(signature, "add")),
      now: clock.now(),
      limit: options.graphLimit - size,
    };
    const compiled = (createMessage: CreateMessage): Growth => compileGrowth({ ...request, createMessage });
    return oneSend(createMessage, edits, true, (build) => build(compiled));
  }

  async #sizeOf(graph: string, signal: AbortSignal): Promise<number> {
    const graphs: Pick<Graphs, "get"> = this.#parts.store.graphs;
    const [record] = await this.#parts.insist("graphs.get", () => graphs.get([graph]), signal);
    return record?.size ?? 0;
  }
}

function full(graph: string | null, limit: number): TaskError {
  return new TaskError(
    "SUNBEAT_GRAPH_TOO_LARGE",
    `graph ${quote(graph)} has ${limit} parts, and graphLimit lets it have no more; let several graphs share the work, or raise ` +
      "graphLimit",
    { details: { graph, limit } },
  );
}
