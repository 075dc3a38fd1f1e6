import type { List, Port } from "./builder.js";

/**
 * The ends of the members of a group. Parts that nobody follows yet share one list, which is the group's: what a member adds
 * while it runs comes into it. Those of settled members share another, since other edges lead from them.
 */
export class GroupPorts {
  readonly list: List;
  readonly #newList: () => List;
  #succeeding = 0;
  #settled: { readonly list: List; count: number } | null = null;
  readonly #others: Port[] = [];

  constructor(list: List, newList: () => List) {
    this.list = list;
    this.#newList = newList;
  }

  add(ports: readonly Port[]): void {
    for (const port of ports) {
      if (port.part === null || port.part.list !== null) this.#others.push(port);
      else if (port.kind === "success") {
        port.part.list = this.list;
        this.#succeeding++;
      } else {
        this.#settled ??= { list: this.#newList(), count: 0 };
        port.part.list = this.#settled.list;
        this.#settled.count++;
      }
    }
  }

  all(): Port[] {
    const settled = this.#settled;
    return [
      { part: null, list: this.list, count: this.#succeeding, kind: "success" },
      ...(settled === null
        ? []
        : [{ part: null, list: settled.list, count: settled.count, kind: "any" } as const]),
      ...this.#others,
    ];
  }
}
