import type { Graphs } from "../store/contracts/graphs.js";
import type { Assignment } from "./assignment.js";
import type { Insist } from "./insist.js";
import type { Reservation } from "./reservation.js";
import { takeArguments } from "./take.js";

type Reads = Pick<Graphs, "outputs" | "added" | "parts">;

/** The arguments of runs. */
export class Inputs {
  readonly #graphs: Reads;
  readonly #insist: Insist;

  constructor(graphs: Reads, insist: Insist) {
    this.#graphs = graphs;
    this.#insist = insist;
  }

  /**
   * Those that were written, with what the run takes from other parts of its graph. Waits for a store that is away, for as long as
   * the run is wanted. Codes: those of `takeArguments`; the reason of the signal.
   */
  async of({ reservation, body }: Assignment): Promise<readonly unknown[]> {
    if (reservation.args !== null) return reservation.args;
    const { part } = reservation.delivery;
    const takes = body.part?.take ?? [];
    if (takes.length === 0 || part === undefined) return body.args;
    const { label } = reservation;
    return takeArguments({ label, part, args: body.args, takes }, this.#reads(reservation));
  }

  #reads(reservation: Reservation): Reads {
    const graphs = this.#graphs;
    const read = <T>(step: string, ask: () => Promise<T>): Promise<T> =>
      this.#insist(step, ask, reservation.signal);
    return {
      outputs: (ids) => read("outputs", () => graphs.outputs(ids)),
      added: (id, list) => read("added", () => graphs.added(id, list)),
      parts: (id, page) => read("parts", () => graphs.parts(id, page)),
    };
  }
}
