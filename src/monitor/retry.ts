/** Sends again what has failed: messages from where they are kept, parts of graphs through their graphs. */
import { isSunbeatError } from "../core/errors.js";
import { partPages } from "../store/contracts/part-pages.js";
import type { PartRecord } from "../store/contracts/graphs.js";
import type { Store } from "../store/contracts/store.js";
import { graphOf } from "./task-view.js";

export interface Change {
  readonly verb: string;
  readonly target: string;
  readonly args?: unknown;
}

export interface RetryParts {
  readonly store: Pick<Store, "deadLetters" | "graphs">;
  /** As `GraphResult.resume`. */
  readonly resumeGraph: (id: string) => Promise<void>;
  readonly audited: <T>(change: Change, run: () => Promise<T>) => Promise<T>;
}

const RUN_ANEW: ReadonlySet<PartRecord["state"]> = new Set(["failed", "revoked", "unrun"]);
/** Of a graph that somebody else has resumed, or forgotten, meanwhile. */
const LATE: ReadonlySet<string> = new Set(["SUNBEAT_GRAPH_INVALID", "SUNBEAT_GRAPH_UNKNOWN"]);

/** One call, of any number of steps: a graph is resumed once in it, whichever steps its parts come in. */
export class Retry {
  readonly #parts: RetryParts;
  readonly #dryRun: boolean;
  /** Graphs that this call has met, and the parts of each that run again once it is resumed. */
  readonly #graphs = new Map<string, { readonly again: Set<string>; isResumed: boolean }>();

  constructor(parts: RetryParts, dryRun: boolean) {
    this.#parts = parts;
    this.#dryRun = dryRun;
  }

  /** The number that is retried, or would be. */
  async step(ids: readonly string[]): Promise<number> {
    const alone: string[] = [];
    let retried = 0;
    for (const id of ids) {
      const again = await this.#byGraph(id);
      if (again === null) alone.push(id);
      else retried += again ? 1 : 0;
    }
    if (alone.length === 0) return retried;
    return retried + (this.#dryRun ? await this.#count(alone) : await this.#redrive(alone));
  }

  /** Whether it runs again by its graph; null: it is a part of none that is known. */
  async #byGraph(id: string): Promise<boolean | null> {
    const graph = await graphOf(this.#parts.store, id);
    if (graph === null) return null;
    let known = this.#graphs.get(graph.id);
    if (known === undefined) {
      const isOver = graph.state === "failed" && graph.open === 0;
      known = { again: isOver ? await this.#runAnew(graph.id) : new Set(), isResumed: false };
      this.#graphs.set(graph.id, known);
    }
    if (!known.again.has(id)) return false;
    // The first part that runs again resumes it. Of one that cannot be resumed no part runs again.
    if (!known.isResumed && !(known.isResumed = await this.#resume(graph.id))) known.again.clear();
    return known.isResumed;
  }

  async #runAnew(graph: string): Promise<Set<string>> {
    const found = new Set<string>();
    for await (const page of partPages(this.#parts.store.graphs, graph)) {
      for (const { id, state } of page ?? []) if (RUN_ANEW.has(state)) found.add(id);
    }
    return found;
  }

  async #resume(graph: string): Promise<boolean> {
    if (this.#dryRun) return true;
    const { audited, resumeGraph } = this.#parts;
    try {
      await audited({ verb: "graph.resume", target: graph }, () => resumeGraph(graph));
      return true;
    } catch (error) {
      if (isSunbeatError(error) && LATE.has(error.code)) return false;
      throw error;
    }
  }

  #redrive(ids: readonly string[]): Promise<number> {
    const { store, audited } = this.#parts;
    const target = ids.length === 1 ? ids[0]! : `${ids.length} tasks`;
    return audited({ verb: "tasks.retry", target }, () => store.deadLetters.redrive(ids));
  }

  async #count(ids: readonly string[]): Promise<number> {
    const found = await this.#parts.store.deadLetters.get([...new Set(ids)]);
    return found.filter((letter) => letter !== null).length;
  }
}
