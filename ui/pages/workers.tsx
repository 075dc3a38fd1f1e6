/** Workers and beats: how each does, and who is lost. */
import type { JSX } from "preact";
import type { NodeView as View } from "../../src/dashboard/routes/nodes.js";
import { can } from "../lib/api.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, query } from "../lib/router.js";
import { urlSelection } from "../lib/selection.js";
import { bytes, count, duration, now } from "../lib/time.js";
import { Empty, Failure, Skeleton, State, Time } from "../parts/basics.js";
import { Choose, Search, Toolbar } from "../parts/paging.js";
import { type Column, Table } from "../parts/table.js";
import { DrainMany, ShutDownMany } from "./worker-actions.js";

type NodeView = Json<View>;

const SORTS: Readonly<Record<string, (node: NodeView) => number>> = {
  running: ({ worker }) => worker?.running ?? 0,
  completed: ({ worker }) => worker?.processed ?? 0,
  failed: ({ worker }) => worker?.failed ?? 0,
  lag: ({ lagMs }) => lagMs,
  memory: ({ rss }) => rss,
};

/** So many rows are drawn; the others are found by their names. */
const MOST_ROWS = 200;

export function Workers(): JSX.Element {
  const { data, error, reload } = useResource<Page<NodeView>>("/nodes", { stale: ["nodes"], everyMs: 2_000 });
  return (
    <>
      <h1>Workers</h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton />
      ) : (
        <div class="dense">
          <Nodes nodes={data.items} reload={reload} />
        </div>
      )}
    </>
  );
}

function Nodes({
  nodes,
  reload,
}: {
  readonly nodes: readonly NodeView[];
  readonly reload: () => void;
}): JSX.Element {
  const alive = shown(nodes.filter(({ status }) => status === "alive"));
  const lost = shown(nodes.filter(({ status }) => status === "lost"));
  const newest = nodes.reduce((best, { version }) => newerOf(best, version), "");
  const selection = urlSelection();
  const chosen = alive.filter(({ node }) => selection.ids.has(node));
  const open = ({ node }: NodeView): void => navigate(`/workers/${part(node)}`);
  return (
    <>
      <Toolbar>
        <Search label="Name, host or queue" />
        <Choose
          label="Sort by"
          name="sort"
          options={[["name", "name"], ...Object.keys(SORTS).map((key) => [key, key] as const)]}
        />
        {can("control") && (
          <div class="row-actions">
            <DrainMany nodes={chosen.map(({ node }) => node)} reload={reload} />
            <ShutDownMany nodes={chosen} reload={reload} />
          </div>
        )}
      </Toolbar>
      {alive.length === 0 ? (
        <Empty>
          {nodes.length === 0 ? (
            <>
              No worker and no beat is there: what is sent waits. Start one with{" "}
              <code>sunbeat -A app.ts worker</code>.
            </>
          ) : (
            "No living worker fits."
          )}
        </Empty>
      ) : (
        <Table
          label="workers"
          rows={alive.slice(0, MOST_ROWS)}
          id={({ node }) => node}
          open={open}
          columns={columnsOf(newest)}
          {...(can("control") && { selection })}
        />
      )}
      {alive.length > MOST_ROWS && (
        <p class="dim">
          The first {MOST_ROWS} of {count(alive.length)} are shown: look for others by name.
        </p>
      )}
      {lost.length > 0 && (
        <section class="below">
          <h2>Lost within a day</h2>
          <Table
            label="lost workers"
            rows={lost.slice(0, MOST_ROWS)}
            id={({ node }) => node}
            open={open}
            columns={[
              NAME,
              { name: "Status", cell: () => <State of="lost" /> },
              { name: "Host", cell: ({ host, pid }) => `${host} ${pid}` },
              { name: "Had running", cell: ({ worker }) => count(worker?.running ?? 0), isNumber: true },
              { name: "Version", cell: ({ version }) => version, isWide: true },
              { name: "Seen", cell: ({ seenAt }) => <Time at={seenAt} /> },
            ]}
          />
        </section>
      )}
    </>
  );
}

const NAME: Column<NodeView> = {
  name: "Name",
  cell: ({ node }) => <Link to={`/workers/${part(node)}`}>{node}</Link>,
  grows: true,
};

function columnsOf(newest: string): readonly Column<NodeView>[] {
  const number = (name: string, of: (node: NodeView) => string): Column<NodeView> => {
    return { name, cell: of, isNumber: true };
  };
  const ofWorker = (value: (worker: NonNullable<NodeView["worker"]>) => number) => (node: NodeView) =>
    node.worker === null ? "-" : count(value(node.worker));
  return [
    NAME,
    { name: "Status", cell: (node) => <NodeState node={node} /> },
    number(
      "Concurrency",
      ofWorker(({ concurrency }) => concurrency),
    ),
    number(
      "Running",
      ofWorker(({ running }) => running),
    ),
    number(
      "Completed",
      ofWorker(({ processed }) => processed),
    ),
    {
      name: "Failed",
      isNumber: true,
      cell: ({ worker }) =>
        worker === null ? "-" : worker.failed === 0 ? "0" : <State of="failed" text={count(worker.failed)} />,
    },
    number(
      "Retried",
      ofWorker(({ retried }) => retried),
    ),
    { name: "Queues", cell: ({ worker }) => <QueueNames queues={worker?.queues ?? []} /> },
    {
      name: "Lag",
      isNumber: true,
      cell: ({ lagMs }) => (lagMs > 1_000 ? <State of="warning" text={duration(lagMs)} /> : duration(lagMs)),
    },
    number("Memory", ({ rss }) => bytes(rss)),
    { ...number("Load", ({ loadavg }) => loadavg.toFixed(1)), isWide: true },
    {
      name: "Version",
      cell: ({ version }) =>
        version === newest ? (
          version
        ) : (
          <span title={`others are ${newest}`}>
            <State of="warning" text={`${version}, older`} />
          </span>
        ),
    },
    { name: "Seen", cell: ({ seenAt }) => <Time at={Math.min(seenAt, now.value)} /> },
  ];
}

export function NodeState({ node }: { readonly node: NodeView }): JSX.Element {
  const { status, state, worker, beat } = node;
  if (status === "lost") return <State of="lost" />;
  if (worker?.outage != null)
    return <State of="error" text={`no store for ${duration(now.value - worker.outage)}`} />;
  if (state !== "running") return <State of="draining" text={state} />;
  return (
    <span>
      <State of="alive" />
      {beat?.role === "leading" && (
        <>
          {" "}
          <State of="leading" />
        </>
      )}
      {worker === null && beat?.role === "following" && <span class="dim"> beat</span>}
    </span>
  );
}

function QueueNames({
  queues,
}: {
  readonly queues: readonly { readonly name: string; readonly paused: boolean }[];
}): JSX.Element {
  const text = queues.map(({ name, paused }) => (paused ? `${name} (paused)` : name)).join(", ");
  return (
    <span class="cut some" title={text}>
      {text === "" ? "-" : text}
    </span>
  );
}

function shown(nodes: readonly NodeView[]): readonly NodeView[] {
  const words = (query.value.get("q") ?? "").toLowerCase();
  const weight = SORTS[query.value.get("sort") ?? ""];
  const found = nodes.filter(({ node, host, worker }) =>
    [node, host, ...(worker?.queues ?? []).map(({ name }) => name)].some((text) =>
      text.toLowerCase().includes(words),
    ),
  );
  return weight === undefined ? found : found.toSorted((a, b) => weight(b) - weight(a));
}

/** By their numbers. */
function newerOf(a: string, b: string): string {
  return a.localeCompare(b, "en", { numeric: true }) >= 0 ? a : b;
}
