/** Graphs of tasks, newest first. */
import type { JSX } from "preact";
import type { GraphRecord } from "../../src/store/contracts/graphs.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, query } from "../lib/router.js";
import { count } from "../lib/time.js";
import { State, Time } from "../parts/basics.js";
import { Listing } from "../parts/listing.js";
import { Choose, Toolbar } from "../parts/paging.js";
import { Progress } from "../parts/progress.js";
import { Table } from "../parts/table.js";

export type GraphView = Omit<Json<GraphRecord>, "value">;

const STATES = ["running", "failed", "succeeded", "revoked", "open"] as const;

export function Graphs(): JSX.Element {
  const state = query.value.get("state");
  const found = useResource<Page<GraphView>>("/graphs", {
    ...{ query: { state, after: query.value.get("after") }, stale: ["graphs"], everyMs: 3_000 },
  });
  return (
    <>
      <h1>Graphs</h1>
      <Toolbar>
        <Choose
          label="State"
          name="state"
          options={[
            ["", "all"],
            ...STATES.map((one) => [one, one === "open" ? "not sent whole" : one] as const),
          ]}
        />
      </Toolbar>
      <Listing
        of={found}
        next="after"
        empty={
          found.data?.next != null
            ? "None of those that were looked at. Older ones may be on the next page."
            : state === null
              ? "No graph is kept: a chain, group or chord that is sent shows here until its results expire."
              : `No graph is ${state}.`
        }
      >
        {(rows) => (
          <Table
            label="graphs"
            rows={rows}
            id={({ id }) => id}
            open={({ id }) => navigate(`/graphs/${part(id)}`)}
            columns={[
              {
                name: "Graph",
                cell: ({ id, name }) => <Link to={`/graphs/${part(id)}`}>{name === "" ? id : name}</Link>,
                grows: true,
              },
              { name: "State", cell: (graph) => <State of={graph.state} /> },
              { name: "Progress", cell: (graph) => <Progress parts={partsOf(graph)} size={graph.size} /> },
              { name: "Parts", cell: ({ size }) => count(size), isNumber: true },
              {
                name: "Failed",
                cell: ({ failed }) => (failed === 0 ? "0" : <State of="failed" text={count(failed)} />),
                isNumber: true,
              },
              { name: "Not run", cell: ({ unrun }) => count(unrun), isNumber: true, isWide: true },
              { name: "Sent", cell: ({ createdAt }) => <Time at={createdAt} /> },
            ]}
          />
        )}
      </Listing>
    </>
  );
}

export function partsOf({
  succeeded,
  failed,
  unrun,
}: GraphView): readonly { readonly name: string; readonly tone: string; readonly value: number }[] {
  return [
    { name: "succeeded", tone: "good", value: succeeded },
    { name: "failed", tone: "bad", value: failed },
    { name: "not run", tone: "calm", value: unrun },
  ];
}
