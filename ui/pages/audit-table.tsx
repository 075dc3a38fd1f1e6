/** Rows of the audit, as the page of it and others show them. */
import type { JSX } from "preact";
import type { AuditRecord } from "../../src/store/contracts/audit.js";
import type { Json } from "../lib/json.js";
import { Link } from "../lib/router.js";
import { State, Time } from "../parts/basics.js";
import { Table } from "../parts/table.js";

export function AuditTable({
  rows,
  label,
}: {
  readonly rows: readonly Json<AuditRecord>[];
  readonly label: string;
}): JSX.Element {
  const filter = (name: "by" | "target", value: string): JSX.Element => (
    <Link to={`/audit?${name}=${encodeURIComponent(value)}`} title={`only ${value}`} class="cut some">
      {value}
    </Link>
  );
  return (
    <Table
      label={label}
      rows={rows}
      id={({ id }) => id}
      columns={[
        { name: "At", cell: ({ at }) => <Time at={at} form="short" /> },
        { name: "Who", cell: ({ by }) => filter("by", by) },
        { name: "Via", cell: ({ via, from }) => (from === "" ? via : `${via}, ${from}`), isWide: true },
        { name: "Did", cell: ({ verb }) => verb },
        { name: "To", cell: ({ target }) => (target === "" ? "-" : filter("target", target)) },
        {
          name: "With",
          cell: ({ args }) =>
            args === "{}" ? (
              "-"
            ) : (
              <code class="cut" title={args}>
                {args}
              </code>
            ),
          grows: true,
        },
        {
          name: "Outcome",
          cell: ({ outcome }) => (outcome === "ok" ? <State of="ok" /> : <State of="error" text={outcome} />),
        },
      ]}
    />
  );
}
