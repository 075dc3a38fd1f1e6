/** Who did what. */
import type { JSX } from "preact";
import type { AuditRecord } from "../../src/store/contracts/audit.js";
import { apiUrl } from "../lib/api.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { query } from "../lib/router.js";
import { Listing } from "../parts/listing.js";
import { Search, Toolbar } from "../parts/paging.js";
import { AuditTable } from "./audit-table.js";

export function Audit(): JSX.Element {
  const of = (name: string): string | null => query.value.get(name);
  const chosen = { by: of("by"), target: of("target") };
  const found = useResource<Page<Json<AuditRecord>>>("/audit", {
    ...{ query: { ...chosen, before: of("before"), limit: 100 }, stale: ["audit"] },
  });
  const isFiltered = chosen.by !== null || chosen.target !== null;
  return (
    <>
      <h1>Audit</h1>
      <Toolbar>
        <Search label="Who, the whole name" name="by" />
        <Search label="What it was done to, the whole name" name="target" />
        <a class="button" href={apiUrl("/export", { kind: "audit", ...chosen })} download>
          Export {isFiltered ? "these" : "all"} as CSV
        </a>
      </Toolbar>
      <Listing
        of={found}
        next="before"
        empty={
          isFiltered
            ? "No row fits: names are compared as a whole."
            : "Nobody has changed anything yet. Each change by the command line, this page or a program leaves a row here."
        }
      >
        {(rows) => <AuditTable rows={rows} label="audit" />}
      </Listing>
    </>
  );
}
