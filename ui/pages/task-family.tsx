/** The tasks that one belongs to: of a graph the tree of its parts, of others who sent them and whom they sent. */
import type { JSX } from "preact";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part } from "../lib/router.js";
import { Failure, Panel, Skeleton, State } from "../parts/basics.js";
import { later } from "../parts/later.js";
import type { PartView } from "./graph-tree.js";
import type { TaskData } from "./task.js";

const GraphTree = later(async () => (await import("./graph-tree.js")).GraphTree);

export function TaskFamily({ data }: { readonly data: TaskData }): JSX.Element | null {
  const { id, graph, parentId, rootId, related } = data;
  if (graph !== null) return <Graph graph={graph} id={id} />;
  return parentId === null && rootId === null && related.length === 0 ? null : <Sent data={data} />;
}

function Graph({ graph, id }: { readonly graph: string; readonly id: string }): JSX.Element {
  const at = `/graphs/${part(graph)}`;
  const { data, error, reload } = useResource<{ readonly parts: Page<Json<PartView>> }>(at, {
    ...{ stale: ["graphs"], everyMs: 5_000 },
  });
  return (
    <Panel title="Its graph" aside={<Link to={at}>the graph {graph.slice(0, 13)}</Link>}>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton lines={3} />
      ) : (
        <GraphTree parts={data.parts.items} at={id} />
      )}
      {data !== null && data.parts.next !== null && (
        <p class="dim">Its first {data.parts.items.length} parts are drawn.</p>
      )}
    </Panel>
  );
}

function Sent({
  data: { id, task, state, parentId, rootId, related, hasMoreRelated },
}: {
  readonly data: TaskData;
}): JSX.Element {
  return (
    <Panel title="Its tree">
      <ul class="family">
        {rootId !== null && rootId !== parentId && (
          <li>
            the first of them: <Link to={`/tasks/${part(rootId)}`}>{rootId}</Link>
          </li>
        )}
        {parentId !== null && (
          <li>
            sent by <Link to={`/tasks/${part(parentId)}`}>{parentId}</Link>
          </li>
        )}
        <li>
          <State of={state} /> <strong>{task ?? id}</strong> this one
          <ul>
            {related.map((other) => (
              <li key={other.id}>
                <State of={other.state} />{" "}
                <Link to={`/tasks/${part(other.id)}`}>
                  <bdi>{other.task ?? other.id}</bdi>
                </Link>{" "}
                <small class="dim">{other.id.length > 40 ? `…${other.id.slice(-12)}` : other.id}</small>
              </li>
            ))}
          </ul>
        </li>
      </ul>
      {hasMoreRelated && <p class="dim">There are more of them, or older ones were not looked at.</p>}
    </Panel>
  );
}
