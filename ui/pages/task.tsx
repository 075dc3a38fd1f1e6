/** One task: what became of it, what was sent, and what can be done. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { TaskPageView } from "../../src/dashboard/task-page.js";
import { me } from "../lib/api.js";
import { gather } from "../lib/gather.js";
import type { Json, Page } from "../lib/json.js";
import { onEvents } from "../lib/live.js";
import { useResource } from "../lib/resource.js";
import { Link, part } from "../lib/router.js";
import { duration } from "../lib/time.js";
import { Copy, Empty, Facts, Failure, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { quoted } from "../parts/search-box.js";
import { Shown } from "../parts/shown.js";
import { Table } from "../parts/table.js";
import { TaskActions } from "./task-actions.js";
import { TaskError } from "./task-error.js";
import { TaskFamily } from "./task-family.js";
import { TaskLine } from "./task-line.js";
import type { Row } from "./tasks-search.js";

export type TaskData = Json<TaskPageView>;

const MOVING_MS = 2_000;
const LEAST_PAUSE_MS = 250;

export function Task({ id }: { readonly id: string }): JSX.Element {
  const at = `/tasks/${part(id)}`;
  const { data, error, reload } = useResource<TaskData>(at, { stale: ["tasks"], everyMs: MOVING_MS });
  useEffect(() => {
    const asks = gather(reload, () => LEAST_PAUSE_MS);
    const end = onEvents((events) => events.some((event) => event["id"] === id) && asks.soon());
    return () => {
      end();
      asks.end();
    };
  }, [reload]);
  return (
    <>
      <h1>
        <bdi>{data?.task ?? "Task"}</bdi>
      </h1>
      <p class="id">
        <code>{id}</code> <Copy text={id} label="Copy id" /> {data !== null && <Links id={id} data={data} />}
      </p>
      {error !== null && data === null && <Failure error={error} retry={reload} />}
      {data === null ? error === null && <Skeleton lines={10} /> : <Content data={data} reload={reload} />}
    </>
  );
}

function Content({ data, reload }: { readonly data: TaskData; readonly reload: () => void }): JSX.Element {
  const { result, args, headers } = data;
  return (
    <>
      <TaskActions data={data} reload={reload} />
      <Panel title="What became of it">
        <About data={data} />
        <Progress data={data} />
        <TaskLine data={data} />
      </Panel>
      {result?.error != null && (
        <Panel title="Error">
          <TaskError error={result.error} />
        </Panel>
      )}
      <Panel title="Arguments">
        <Shown value={args} none="None are kept of it." />
      </Panel>
      {result !== null &&
        result.state !== "PROGRESS" &&
        (result.value.text !== null || result.value.why !== null) && (
          <Panel title={result.state === "SUCCESS" ? "Result" : `State ${result.state}`}>
            <Shown value={result.value} none="It gave nothing." />
          </Panel>
        )}
      {Object.keys(headers).length > 0 && (
        <Panel title="Headers">
          <Facts rows={Object.entries(headers).map(([name, value]) => [name, <bdi>{value}</bdi>] as const)} />
        </Panel>
      )}
      <TaskFamily data={data} />
      {data.task !== null && <OtherRuns id={data.id} task={data.task} />}
    </>
  );
}

function About({ data }: { readonly data: TaskData }): JSX.Element {
  const { state, queue, message, result, tick, lock, attempts, isKept } = data;
  const last = attempts.at(-1);
  const worker = result?.worker ?? last?.worker ?? null;
  const reason = result?.reason ?? last?.reason ?? null;
  return (
    <Facts
      rows={[
        ["state", <State of={state} />],
        ...(reason === null ? [] : [["reason", reason] as const]),
        ...(isKept ? [["kept", "can be retried: its message is kept"] as const] : []),
        ["queue", queue === null ? "-" : <Link to={`/queues/${part(queue)}`}>{queue}</Link>],
        ["worker", worker === null ? "-" : <Link to={`/workers/${part(worker)}`}>{worker}</Link>],
        ...(message === null
          ? []
          : ([
              ["priority", message.priority],
              ["deliveries", `${message.deliveries} of ${message.maxDeliveries}`],
              ...(message.eta === null
                ? []
                : [["not before", <Time at={message.eta} form="exact" />] as const]),
              ...(message.expires === null
                ? []
                : [["expires", <Time at={message.expires} form="exact" />] as const]),
            ] as const)),
        ...(tick === null
          ? []
          : ([
              ["entry", <Link to={`/schedules/${part(tick.entry)}`}>{tick.entry}</Link>],
              ["tick", tick.due === null ? (tick.reason ?? "by hand") : <Time at={tick.due} form="exact" />],
            ] as const)),
        ...(lock === null
          ? []
          : ([
              [
                "lock",
                <>
                  <Link to={`/locks/${part(lock.name)}`}>{lock.name}</Link>{" "}
                  {lock.status === "held"
                    ? `held, fence ${lock.fence ?? "-"}`
                    : lock.status === "waiting"
                      ? `waits, position ${lock.position ?? "-"}`
                      : ""}
                </>,
              ],
            ] as const)),
      ]}
    />
  );
}

/** What it says of itself while it runs. */
function Progress({ data: { result } }: { readonly data: TaskData }): JSX.Element | null {
  if (result?.state !== "PROGRESS" || result.value.text === null) return null;
  const { done, total } = readProgress(result.value.text);
  if (done === null || total === null) return null;
  return (
    <p class="progress">
      <progress value={done} max={total} aria-label="progress" /> {done} of {total} <Time at={result.at} />
    </p>
  );
}

function readProgress(text: string): { readonly done: number | null; readonly total: number | null } {
  try {
    const { done, total } = JSON.parse(text) as { readonly done?: unknown; readonly total?: unknown };
    return { done: typeof done === "number" ? done : null, total: typeof total === "number" ? total : null };
  } catch {
    return { done: null, total: null };
  }
}

/** What the operator has set, such as where its trace is. */
function Links({ id, data }: { readonly id: string; readonly data: TaskData }): JSX.Element {
  const links = (me.value?.links ?? [])
    .map(({ text, url }) => ({ text, url: url.replaceAll("{id}", encodeURIComponent(id)) }))
    .filter(({ url }) => /^https?:\/\//.test(url));
  return (
    <>
      {data.task !== null && data.args.text !== null && (
        <Copy text={callOf(data)} label="Copy as sunbeat call" />
      )}
      {links.map(({ text, url }) => (
        <a key={text} href={url} target="_blank" rel="noopener noreferrer">
          {text} ↗
        </a>
      ))}
    </>
  );
}

/** For a shell of POSIX. */
export function callOf({ task, queue, args }: Pick<TaskData, "task" | "queue" | "args">): string {
  const word = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const text = compact(args.text ?? "[]");
  return `sunbeat call ${word(task ?? "")} -a ${word(text)}${queue === null ? "" : ` --queue ${word(queue)}`}`;
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

const MOST_RUNS = 10;

function OtherRuns({ id, task }: { readonly id: string; readonly task: string }): JSX.Element {
  const q = `task:${quoted(task)}`;
  const { data, error } = useResource<Page<Row>>("/tasks", { query: { q, limit: MOST_RUNS + 1 } });
  const rows = (data?.items ?? []).filter((row) => row.id !== id).slice(0, MOST_RUNS);
  return (
    <Panel title="Other runs" aside={<Link to={`/tasks?q=${encodeURIComponent(q)}`}>all</Link>}>
      {error !== null && <Failure error={error} />}
      {data === null ? (
        error === null && <Skeleton lines={3} />
      ) : rows.length === 0 ? (
        <Empty>No other run of it is in the records.</Empty>
      ) : (
        <Table
          label="other runs of the task"
          rows={rows}
          id={({ id: other, attempt }) => `${other} ${attempt}`}
          columns={[
            { name: "Ended", cell: ({ at }) => <Time at={at} /> },
            { name: "State", cell: ({ state }) => <State of={state} /> },
            {
              name: "Task",
              cell: ({ id: other }) => (
                <Link to={`/tasks/${part(other)}`} class="cut">
                  {other}
                </Link>
              ),
              grows: true,
            },
            { name: "Ran", cell: ({ runMs }) => (runMs === null ? "" : duration(runMs)), isNumber: true },
            {
              name: "Why",
              cell: ({ error: why, reason }) => <bdi class="cut why">{why ?? reason ?? ""}</bdi>,
              grows: true,
            },
          ]}
        />
      )}
    </Panel>
  );
}
