/** Rows that were chosen: they stand in the URL. */
import type { Selection } from "../parts/table.js";
import { query, setQuery } from "./router.js";

export function urlSelection(): Selection {
  const ids = query.value.getAll("sel").flatMap((text) => text.split(",").map(decodeURIComponent));
  return {
    ids: new Set(ids),
    set: (chosen) => setQuery({ sel: [...chosen].map(encodeURIComponent).join(",") }, { replace: true }),
  };
}
