/** What happened to a lock, or to all, newest first. */
import type { JSX } from "preact";
import type { LockHistoryRow } from "../../src/locks/index.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part, query } from "../lib/router.js";
import { duration } from "../lib/time.js";
import { Empty, Failure, Skeleton, State, Time } from "../parts/basics.js";
import { Pages } from "../parts/paging.js";
import { type Column, Table } from "../parts/table.js";

type Row = Json<LockHistoryRow>;

/** Of each event the state whose mark it has. */
const MARK_OF = {
  ...{ waiting: "waiting", acquired: "active", released: "ok", lost: "lost", broken: "error" },
  "gave-up": "skipped",
} as const satisfies Record<Row["event"], string>;

export function LockHistory({ lock }: { readonly lock: string | null }): JSX.Element {
  const { data, error, reload } = useResource<Page<Row>>("/locks/history", {
    ...{ query: { lock, before: query.value.get("before"), limit: 50 }, stale: ["locks"], everyMs: 3_000 },
  });
  if (error !== null) return <Failure error={error} retry={reload} />;
  if (data === null) return <Skeleton />;
  if (data.items.length === 0) return <Empty>Nothing has happened to {lock ?? "any lock"} yet.</Empty>;
  const name: Column<Row> = {
    name: "Lock",
    cell: (row) => (
      <Link to={`/locks/${part(row.lock)}`} class="cut some">
        {row.lock}
      </Link>
    ),
  };
  return (
    <>
      <Table
        label="history of locks"
        rows={data.items}
        id={({ row }) => row}
        columns={[
          { name: "At", cell: ({ at }) => <Time at={at} form="short" /> },
          ...(lock === null ? [name] : []),
          {
            name: "Event",
            cell: ({ event }) => <State of={MARK_OF[event]} text={event.replace("-", " ")} />,
          },
          { name: "Who", cell: (row) => <Who {...row} />, grows: true },
          { name: "Fence", cell: ({ fence }) => fence ?? "-", isNumber: true },
          {
            name: "Waited",
            cell: ({ waitedMs }) => (waitedMs === null ? "-" : duration(waitedMs)),
            isNumber: true,
          },
          { name: "Held", cell: ({ heldMs }) => (heldMs === null ? "-" : duration(heldMs)), isNumber: true },
        ]}
      />
      <Pages name="before" next={data.next} />
    </>
  );
}

/** A task by its name, with the way to it; a process as it calls itself. */
export function Who({
  kind,
  id,
  label,
}: {
  readonly kind: "task" | "process";
  readonly id: string;
  readonly label: string;
}): JSX.Element {
  if (kind === "task") return <Link to={`/tasks/${part(id)}`}>{label === "" ? id : label}</Link>;
  return (
    <span title={id}>
      {label === "" ? id : label} <span class="dim">process</span>
    </span>
  );
}
