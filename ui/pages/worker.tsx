/** One worker: how it does, in a line, and what it says of itself in tabs. */
import type { JSX } from "preact";
import type { NodeAnswer } from "../../src/dashboard/node-answers.js";
import type { AuditRecord } from "../../src/store/contracts/audit.js";
import type { SeenNode } from "../../src/store/contracts/presence.js";
import { can } from "../lib/api.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part, query } from "../lib/router.js";
import { bytes, count, duration } from "../lib/time.js";
import { Empty, Facts, Failure, Skeleton, Time } from "../parts/basics.js";
import { NodeActions } from "./worker-actions.js";
import type { TabProps } from "./worker-said.js";
import { ConfTab, LimitsTab, StatsTab } from "./worker-settings.js";
import { PoolTab, QueuesTab, TasksTab } from "./worker-tabs.js";
import { AuditTable } from "./audit-table.js";
import { NodeState } from "./workers.js";

interface NodePage {
  readonly node: Json<SeenNode>;
  readonly answers: Readonly<Record<string, NodeAnswer | null>>;
}

interface Tab {
  readonly name: string;
  readonly ask: readonly string[];
  readonly everyMs: number;
  readonly Show: (props: TabProps) => JSX.Element;
}

const TABS: Readonly<Record<string, Tab>> = {
  pool: { name: "Pool", ask: ["stats"], everyMs: 3_000, Show: PoolTab },
  queues: { name: "Queues", ask: ["activeQueues"], everyMs: 5_000, Show: QueuesTab },
  tasks: { name: "Tasks", ask: ["active", "reserved"], everyMs: 2_000, Show: TasksTab },
  limits: { name: "Limits", ask: ["registered"], everyMs: 10_000, Show: LimitsTab },
  conf: { name: "Conf", ask: ["conf"], everyMs: 30_000, Show: ConfTab },
  stats: { name: "Stats", ask: ["stats"], everyMs: 5_000, Show: StatsTab },
  log: { name: "Log", ask: [], everyMs: 10_000, Show: ({ node }) => <ControlLog node={node.node} /> },
};

export function Worker({ id }: { readonly id: string }): JSX.Element {
  const chosen = query.value.get("tab") ?? "pool";
  const at = Object.hasOwn(TABS, chosen) ? chosen : "pool";
  const { ask, everyMs, Show } = TABS[at]!;
  const { data, error, reload } = useResource<NodePage>(`/nodes/${part(id)}`, {
    ...{ query: { ask }, stale: ["nodes"], everyMs },
  });
  const links = (
    <nav class="tabs" aria-label="what it says">
      {Object.entries(TABS).map(([key, { name }]) => (
        <Link key={key} to={`/workers/${part(id)}?tab=${key}`} aria-current={key === at ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
  return (
    <>
      <h1>{id}</h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && (
          <>
            {links}
            <Skeleton />
          </>
        )
      ) : (
        <>
          <Head node={data.node} reload={reload} />
          {data.node.status === "lost" ? (
            <>
              <Empty>
                It was silent for longer than its time. What it had goes to others when its leases end; it is
                listed for a day.
              </Empty>
              <ControlLog node={id} />
            </>
          ) : (
            <>
              {links}
              <Show node={data.node} answers={data.answers} reload={reload} />
            </>
          )}
        </>
      )}
    </>
  );
}

function Head({ node, reload }: { readonly node: Json<SeenNode>; readonly reload: () => void }): JSX.Element {
  const { worker, beat } = node;
  return (
    <section class="panel head">
      <Facts
        rows={[
          ["status", <NodeState node={node} />],
          ["kind", node.kind.replace("+", " and ")],
          ["host, pid", `${node.host}, ${node.pid}`],
          ...(worker === null
            ? []
            : [
                ["running", `${count(worker.running)} of ${count(worker.concurrency)}`] as const,
                ["completed", count(worker.processed)] as const,
                ["failed", count(worker.failed)] as const,
              ]),
          ...(beat === null ? [] : [["beat", <Link to="/beat">{beat.role}</Link>] as const]),
          ["lag", duration(node.lagMs)],
          ["memory", bytes(node.rss)],
          ["version", `${node.version}, Node ${node.nodeVersion}`],
          ["started", <Time at={node.startedAt} />],
          ["seen", <Time at={node.seenAt} />],
        ]}
      />
      {can("control") && node.status === "alive" && (
        <NodeActions
          node={node.node}
          state={node.state}
          verbs={node.verbs}
          running={worker?.running ?? 0}
          reload={reload}
        />
      )}
    </section>
  );
}

function ControlLog({ node }: { readonly node: string }): JSX.Element {
  const { data, error, reload } = useResource<Page<Json<AuditRecord>>>("/audit", {
    ...{ query: { target: node, limit: 100 }, stale: ["audit"] },
  });
  if (error !== null) return <Failure error={error} retry={reload} />;
  if (data === null) return <Skeleton />;
  if (data.items.length === 0) return <Empty>Nobody has told it anything, as far as the audit goes.</Empty>;
  return <AuditTable rows={data.items} label="log of control" />;
}
