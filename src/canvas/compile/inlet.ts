/** What forms hand to one another while they are compiled. */
import type { EpochMs } from "../../core/clock.js";
import type { CreateMessage } from "../../tasks/message-factory.js";
import type { Source } from "../../tasks/part.js";
import type { Deep } from "../deep.js";
import type { Form } from "../form.js";
import type { GraphBuilder, Outlet, Port } from "./builder.js";
import type { Scope } from "./scope.js";

/** Levels of lists in one source. A list that is nested deeper is taken from a join, by reference. */
export const MOST_LEVELS = 32;

/** What the first parts of a form take. */
export type Taken =
  | { readonly from: "args"; readonly args: readonly unknown[] }
  | { readonly from: "part"; readonly source: Source }
  | { readonly from: "failure" }
  | { readonly from: "calls"; readonly takes: readonly (readonly [position: number, source: Source])[] };

/** What a form waits for. */
export interface Inlet {
  readonly ports: readonly Port[];
  readonly taken: Taken;
  /** Id of the first part that is followed; null: none is. */
  readonly parentId: string | null;
}

export interface CompilerContext {
  readonly graph: string;
  readonly createMessage: CreateMessage;
  /** The sender's time, from which `expires` of forms counts. */
  readonly now: EpochMs;
}

export interface FormCompiler {
  readonly builder: GraphBuilder;
  compile(form: Form, inlet: Inlet, outer: Scope): Deep<Outlet>;
  /** One part whose end and value are those of the form. */
  singled(outlet: Outlet, scope: Scope): Outlet;
}

export function inletOf({ ports, source, first }: Outlet): Inlet {
  return { ports, taken: { from: "part", source }, parentId: first };
}

/** Follows the end of one part, good or bad. */
export function settledOutlet({ ports, source, first }: Outlet): Outlet {
  const either = ports.map((port): Port => ({ ...port, kind: "any" }));
  return { ports: either, source: ["settled", source], depth: 1, single: null, first };
}
