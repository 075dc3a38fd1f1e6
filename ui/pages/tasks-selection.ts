/** Which tasks are selected: the address keeps them. */
import { computed } from "@preact/signals";
import { query, setQuery } from "../lib/router.js";

export const selectedIds = computed<ReadonlySet<string>>(
  () => new Set(query.value.getAll("sel").flatMap((ids) => ids.split("~"))),
);

export function selectIds(ids: ReadonlySet<string>): void {
  setQuery({ sel: [...ids].join("~") }, { replace: true });
}
