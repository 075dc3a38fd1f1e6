/** Queues: what they hold, who takes from them, and what can be done about it. */
import type { JSX } from "preact";
import type { QueueView } from "../../src/app/queues.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part } from "../lib/router.js";
import { count, duration, now } from "../lib/time.js";
import { Empty, Failure, Skeleton, State } from "../parts/basics.js";
import { Table } from "../parts/table.js";
import { QueueActions, QueueState } from "./queue-parts.js";

type Queue = Json<QueueView> & { readonly consumers: number };

export function Queues(): JSX.Element {
  const { data, error, reload } = useResource<Page<Queue>>("/queues", { stale: ["queues"], everyMs: 2_000 });
  return (
    <>
      <h1>Queues</h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton />
      ) : data.items.length === 0 ? (
        <Empty>No queue holds anything, and no worker takes from one.</Empty>
      ) : (
        <Table
          label="queues"
          rows={data.items}
          id={({ queue }) => queue}
          columns={[
            {
              name: "Queue",
              cell: ({ queue }) => <Link to={`/queues/${part(queue)}`}>{queue}</Link>,
              grows: true,
            },
            { name: "Ready", cell: ({ ready }) => count(ready), isNumber: true },
            { name: "Running", cell: ({ leased }) => count(leased), isNumber: true },
            { name: "Scheduled", cell: ({ scheduled }) => count(scheduled), isNumber: true },
            { name: "Blocked", cell: ({ blocked }) => count(blocked), isNumber: true, isWide: true },
            {
              name: "Dead",
              cell: ({ dead }) => (dead === 0 ? "0" : <State of="dead" text={count(dead)} />),
              isNumber: true,
            },
            {
              name: "Oldest",
              cell: ({ oldestReadyAt }) =>
                oldestReadyAt === null ? "-" : duration(Math.max(0, now.value - oldestReadyAt)),
              isNumber: true,
            },
            { name: "Consumers", cell: ({ consumers }) => count(consumers), isNumber: true, isWide: true },
            { name: "State", cell: (queue) => <QueueState queue={queue} /> },
            { name: "", cell: (queue) => <QueueActions queue={queue} reload={reload} /> },
          ]}
        />
      )}
    </>
  );
}
