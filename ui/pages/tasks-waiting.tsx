/** Tasks that have not ended, by state, over all queues or of one. */
import type { JSX } from "preact";
import type { BrowsedMessage } from "../../src/store/contracts/queues.js";
import { can } from "../lib/api.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, query, setQuery } from "../lib/router.js";
import { Empty, Failure, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { askBulk } from "../parts/bulk.js";
import { type Column, Table } from "../parts/table.js";
import { selectedIds, selectIds } from "./tasks-selection.js";

export const WAITING_STATES = ["ready", "leased", "scheduled", "blocked"] as const;
export type WaitingState = (typeof WAITING_STATES)[number];
type Message = Json<BrowsedMessage>;

const WORDS: Readonly<Record<WaitingState, string>> = {
  ...{
    ready: "ready",
    leased: "running",
    scheduled: "scheduled",
    blocked: "blocked by a lock, a limit or an earlier run",
  },
};

const COLUMNS: readonly Column<Message>[] = [
  { name: "Task", cell: ({ task, id }) => <TaskLink id={id} task={task} />, grows: true },
  { name: "Queue", cell: ({ queue }) => <Link to={`/queues/${part(queue)}`}>{queue}</Link> },
  { name: "Sent", cell: ({ enqueuedAt }) => <Time at={enqueuedAt} /> },
  { name: "Not before", cell: ({ eta }) => <Time at={eta} />, isWide: true },
  { name: "Priority", cell: ({ priority }) => priority, isNumber: true, isWide: true },
  { name: "Tries", cell: ({ retries }) => retries, isNumber: true, isWide: true },
  {
    name: "Deliveries",
    cell: ({ deliveries, maxDeliveries }) => `${deliveries} of ${maxDeliveries}`,
    isWide: true,
  },
  {
    name: "Entry",
    cell: ({ entry }) => (entry === null ? "" : <Link to={`/schedules/${part(entry)}`}>{entry}</Link>),
    isWide: true,
  },
];

export function TaskLink({ id, task }: { readonly id: string; readonly task: string }): JSX.Element {
  return (
    <Link to={`/tasks/${part(id)}`} class="cut" title={`${task} ${id}`}>
      <bdi>{task}</bdi> <small class="dim">{id}</small>
    </Link>
  );
}

/** `queue`: of this one alone. */
export function WaitingTasks({
  state,
  queue,
}: {
  readonly state: WaitingState;
  readonly queue?: string;
}): JSX.Element {
  const cursor = query.value.get("cursor");
  const task = query.value.get("task");
  const of = { state, ...(queue !== undefined && { queue }), ...(task !== null && { task }) };
  const { data, error, reload } = useResource<Page<Message>>("/waiting", {
    query: { ...of, cursor, limit: 50 },
    ...{ stale: ["queues"], everyMs: 2_000 },
  });
  const ids = selectedIds.value;
  const rows = data?.items ?? [];
  const ask = (action: "revoke" | "terminate", isAll: boolean): void =>
    askBulk({
      ...{ action, verb: action === "revoke" ? "Revoke" : "Terminate", isDangerous: true },
      target: isAll ? { waiting: of } : { ids: [...ids] },
      what: isAll ? `tasks that are ${state === "leased" ? "running" : state}` : "selected tasks",
      text:
        action === "revoke"
          ? "Those that have not begun do not begin; those that run go on. This cannot be undone."
          : "Those that run are told to end now, and the others do not begin. This cannot be undone.",
      then: () => (selectIds(new Set()), reload()),
    });
  const actions = (["revoke", "terminate"] as const).filter(can);
  return (
    <Panel
      title={`Tasks that are ${WORDS[state]}${queue === undefined ? "" : ` in ${queue}`}`}
      aside={
        <>
          {ids.size > 0 &&
            actions.map((action) => (
              <button key={action} type="button" class="small" onClick={() => ask(action, false)}>
                {action === "revoke" ? "Revoke" : "Terminate"} {ids.size}
              </button>
            ))}
          {rows.length > 0 &&
            actions.map((action) => (
              <button key={`all ${action}`} type="button" class="small" onClick={() => ask(action, true)}>
                {action === "revoke" ? "Revoke" : "Terminate"} all
              </button>
            ))}
        </>
      }
    >
      <TaskFilter task={task} />
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton />
      ) : rows.length === 0 ? (
        <Empty>
          No task {task === null ? "" : `${task} `}is {WORDS[state]} now.
        </Empty>
      ) : (
        <Table
          label={`tasks that are ${WORDS[state]}`}
          rows={rows}
          id={({ id }) => id}
          open={({ id }) => navigate(`/tasks/${part(id)}`)}
          columns={queue === undefined ? COLUMNS : COLUMNS.filter(({ name }) => name !== "Queue")}
          {...(actions.length > 0 && { selection: { ids, set: selectIds } })}
        />
      )}
      <div class="pages">
        {cursor !== null && (
          <button type="button" class="small" onClick={() => setQuery({ cursor: null })}>
            First page
          </button>
        )}
        {data?.next != null && (
          <button type="button" class="small" onClick={() => setQuery({ cursor: data.next })}>
            Next page
          </button>
        )}
      </div>
    </Panel>
  );
}

function TaskFilter({ task }: { readonly task: string | null }): JSX.Element {
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        const { value } = event.currentTarget.elements.namedItem("task") as HTMLInputElement;
        setQuery({ task: value.trim(), cursor: null });
      }}
    >
      <label>
        Only task <input name="task" defaultValue={task ?? ""} key={task} maxLength={255} />
      </label>
      <button type="submit" class="small">
        Filter
      </button>
    </form>
  );
}

const MOST_RUNNING = 8;

/** What runs now, above what has ended. */
export function RunningNow(): JSX.Element | null {
  const { data } = useResource<Page<Message>>("/waiting", {
    query: { state: "leased", limit: MOST_RUNNING },
    everyMs: 2_000,
  });
  if (data === null || data.items.length === 0) return null;
  return (
    <Panel title="Running now" aside={<Link to="/tasks?show=leased">all</Link>}>
      <ul class="running">
        {data.items.map(({ id, task, enqueuedAt, retries }) => (
          <li key={id}>
            <State of="running" text="" />
            <TaskLink id={id} task={task} />
            <span class="dim">
              sent <Time at={enqueuedAt} />
              {retries > 0 && `, try ${retries + 1}`}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
