/** Locks that are held or waited for, and what happened to them. */
import type { JSX } from "preact";
import type { LockSummary } from "../../src/store/contracts/lock-inspection.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, query } from "../lib/router.js";
import { count } from "../lib/time.js";
import { State } from "../parts/basics.js";
import { Listing } from "../parts/listing.js";
import { Search, Toolbar } from "../parts/paging.js";
import { Table } from "../parts/table.js";
import { LockHistory } from "./lock-history.js";

export function Locks(): JSX.Element {
  const [q, after] = [query.value.get("q"), query.value.get("after")];
  const found = useResource<Page<Json<LockSummary>>>("/locks", {
    ...{ query: { q, after }, stale: ["locks"], everyMs: 2_000 },
  });
  return (
    <>
      <h1>Locks</h1>
      <Toolbar>
        <Search label="Name of a lock" />
      </Toolbar>
      <Listing
        of={found}
        next="after"
        empty={
          q === null
            ? "No lock is held, and nobody waits for one."
            : "No lock that is held or waited for has this text in its name."
        }
      >
        {(rows) => (
          <Table
            label="locks"
            rows={rows}
            id={({ name }) => name}
            open={({ name }) => navigate(`/locks/${part(name)}`)}
            columns={[
              {
                name: "Lock",
                cell: ({ name }) => <Link to={`/locks/${part(name)}`}>{name}</Link>,
                grows: true,
              },
              {
                name: "Held",
                cell: ({ held, capacity }) => `${count(held)} of ${count(capacity)}`,
                isNumber: true,
              },
              {
                name: "Waiting",
                cell: ({ waiting }) => (waiting === 0 ? "0" : <State of="waiting" text={count(waiting)} />),
                isNumber: true,
              },
            ]}
          />
        )}
      </Listing>
      <section class="below">
        <h2>What happened</h2>
        <LockHistory lock={null} />
      </section>
    </>
  );
}
