/** The settings of the store beside the promises that they weaken. */
import type { JSX } from "preact";
import type { Finding } from "../../src/doctor/index.js";
import { apiUrl } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Empty, Failure, Panel, Skeleton, State } from "../parts/basics.js";
import { Table } from "../parts/table.js";

interface Report {
  readonly broker: string;
  readonly findings: readonly Json<Finding>[];
}

const ORDER = ["error", "warning", "unknown", "ok"] as const;

export function Doctor(): JSX.Element {
  const { data, error, reload } = useResource<Report>("/doctor", { everyMs: 60_000 });
  return (
    <>
      <h1>Doctor</h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? error === null && <Skeleton /> : <Findings report={data} />}
    </>
  );
}

function Findings({ report: { broker, findings } }: { readonly report: Report }): JSX.Element {
  const rows = findings.toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
  const counts = ORDER.map(
    (verdict) => [verdict, rows.filter((row) => row.verdict === verdict).length] as const,
  );
  return (
    <>
      <Panel
        title="Store"
        aside={
          <a class="button" href={apiUrl("/doctor")} download="sunbeat-doctor.json">
            Export the report
          </a>
        }
      >
        <p class="whole">{broker}</p>
        <p class="verdicts">
          {counts.map(([verdict, number]) =>
            number === 0 ? null : (
              <State
                key={verdict}
                of={verdict}
                text={`${number} ${number > 1 && verdict !== "ok" && verdict !== "unknown" ? `${verdict}s` : verdict}`}
              />
            ),
          )}
        </p>
      </Panel>
      {rows.length === 0 ? (
        <Empty>This store has nothing that could be set wrong.</Empty>
      ) : (
        <section class="below">
          <Table
            label="findings"
            rows={rows}
            id={({ setting, value }) => `${setting} ${value}`}
            columns={[
              { name: "Verdict", cell: ({ verdict }) => <State of={verdict} /> },
              { name: "Setting", cell: ({ setting }) => setting },
              { name: "Value", cell: ({ value }) => <span class="short wrap">{value ?? "not read"}</span> },
              { name: "Weakens", cell: ({ weakens }) => (weakens.length === 0 ? "-" : weakens.join(", ")) },
              {
                name: "What to do",
                cell: ({ advice }) => <span class="wrap">{advice === "" ? "-" : advice}</span>,
                grows: true,
              },
            ]}
          />
          <p class="dim">
            D1, D2, E1, E2 and L1 are the promises of docs/reliability.md. The same is told by{" "}
            <code>sunbeat doctor</code>.
          </p>
        </section>
      )}
    </>
  );
}
