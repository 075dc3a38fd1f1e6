/** One graph: how far it is, what failed first, and its parts as they wait for each other. */
import type { JSX } from "preact";
import type { Culprit } from "../../src/dashboard/routes/graphs.js";
import { can, send } from "../lib/api.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, query } from "../lib/router.js";
import { count } from "../lib/time.js";
import { Copy, Empty, Facts, Failure, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { confirm } from "../parts/dialogs.js";
import { Choose, Pages, Toolbar } from "../parts/paging.js";
import { Progress } from "../parts/progress.js";
import { Table } from "../parts/table.js";
import { GraphTree, type PartView } from "./graph-tree.js";
import { type GraphView, partsOf } from "./graphs.js";

interface GraphPage {
  readonly graph: GraphView;
  readonly parts: Page<PartView>;
  readonly culprit: Json<Culprit> | null;
}

const STATES = ["failed", "running", "waiting", "blocked", "succeeded", "revoked", "unrun"] as const;

export function Graph({ id }: { readonly id: string }): JSX.Element {
  const { data, error, reload } = useResource<GraphPage>(`/graphs/${part(id)}`, {
    ...{ query: { after: query.value.get("after") }, stale: ["graphs"], everyMs: 2_000 },
  });
  return (
    <>
      <h1>{data === null || data.graph.name === "" ? `Graph ${id}` : data.graph.name}</h1>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton />
      ) : (
        <>
          <Head graph={data.graph} reload={reload} />
          {data.culprit !== null && <First culprit={data.culprit} />}
          <Parts {...data} />
        </>
      )}
    </>
  );
}

function Head({ graph, reload }: { readonly graph: GraphView; readonly reload: () => void }): JSX.Element {
  const { id, state, size, open, failed, unrun, succeeded, createdAt, until } = graph;
  return (
    <section class="panel head">
      <Facts
        rows={[
          ["state", <State of={state} />],
          ["progress", <Progress parts={partsOf(graph)} size={size} />],
          ["parts", count(size)],
          ["succeeded", count(succeeded)],
          ["failed", failed === 0 ? "0" : <State of="failed" text={count(failed)} />],
          ["not run", count(unrun)],
          ["not ended", count(open)],
          ["sent", <Time at={createdAt} />],
          [
            "kept until",
            until === null ? open > 0 ? "it has ended" : "it is forgotten" : <Time at={until} />,
          ],
          [
            "id",
            <>
              <code>{id}</code> <Copy text={id} />
            </>,
          ],
        ]}
      />
      <div class="row-actions">
        {can("retry") && state === "failed" && open === 0 && (
          <button
            type="button"
            class="primary"
            onClick={() =>
              confirm({
                title: "Resume this graph?",
                text: `${count(failed)} parts that failed and ${count(unrun)} that did not run begin anew. What has succeeded stays.`,
                action: `Run ${count(failed + unrun)} parts`,
                run: async () => {
                  await send("POST", `/graphs/${part(id)}/resume`);
                  reload();
                  return "the graph goes on";
                },
              })
            }
          >
            Resume
          </button>
        )}
        {can("revoke") && open > 0 && (
          <button type="button" class="danger" onClick={() => revoke(graph, false, reload)}>
            Revoke
          </button>
        )}
        {can("terminate") && open > 0 && (
          <button type="button" class="danger" onClick={() => revoke(graph, true, reload)}>
            Revoke and terminate
          </button>
        )}
      </div>
    </section>
  );
}

function revoke({ id, open }: GraphView, terminate: boolean, reload: () => void): void {
  confirm({
    title: terminate ? "Revoke this graph and end what runs?" : "Revoke this graph?",
    text:
      `${count(open)} parts have not ended. From now on none of them begins` +
      `${terminate ? ", and those that run are told to stop" : "; those that run go on"}. This cannot be undone.`,
    action: `Revoke ${count(open)} parts`,
    isDangerous: true,
    run: async () => {
      await send("POST", `/graphs/${part(id)}/revoke`, terminate ? { terminate } : {});
      reload();
      return "the graph is revoked";
    },
  });
}

function First({ culprit: { id, task, error } }: { readonly culprit: Json<Culprit> }): JSX.Element {
  return (
    <section class="failure first">
      <h2>What failed first</h2>
      <p>
        <State of="failed" text={task} /> <Link to={`/tasks/${part(id)}`}>look at it</Link>
      </p>
      {error !== null && <pre>{error}</pre>}
    </section>
  );
}

function Parts({ graph, parts: { items, next } }: GraphPage): JSX.Element {
  const state = query.value.get("state");
  const rows = state === null ? items : items.filter((one) => one.state === state);
  const names = new Map(items.map(({ id, task }) => [id, task ?? "all of them"]));
  const isPart = query.value.has("after") || next !== null;
  return (
    <>
      <Panel title={isPart ? `${count(items.length)} of ${count(graph.size)} parts` : "Parts"}>
        <GraphTree parts={items} />
      </Panel>
      <section class="below">
        <Toolbar>
          <Choose
            label="State"
            name="state"
            options={[["", "all"], ...STATES.map((one) => [one, one] as const)]}
          />
        </Toolbar>
        {rows.length === 0 ? (
          <Empty>No part of this page is {state}.</Empty>
        ) : (
          <Table
            label="parts"
            rows={rows}
            id={({ id }) => id}
            open={({ id, task }) => task !== null && navigate(`/tasks/${part(id)}`)}
            columns={[
              {
                name: "Part",
                cell: ({ id, task }) =>
                  task === null ? (
                    <span class="dim">all of them have ended</span>
                  ) : (
                    <Link to={`/tasks/${part(id)}`}>{task}</Link>
                  ),
                grows: true,
              },
              { name: "State", cell: (one) => <State of={one.state} /> },
              {
                name: "Then",
                cell: ({ followers }) => <span class="cut some">{thenText(followers, names)}</span>,
                isWide: true,
              },
              {
                name: "Because of",
                cell: ({ culprit }) =>
                  culprit === null ? (
                    "-"
                  ) : (
                    <Link to={`/tasks/${part(culprit)}`}>{names.get(culprit) ?? culprit}</Link>
                  ),
              },
            ]}
          />
        )}
        <Pages name="after" next={next} />
      </section>
    </>
  );
}

function thenText(followers: readonly string[], names: ReadonlyMap<string, string>): string {
  if (followers.length === 0) return "-";
  const known = followers.slice(0, 3).map((id) => names.get(id) ?? id);
  return `${known.join(", ")}${followers.length > 3 ? ` and ${followers.length - 3} more` : ""}`;
}
