/** What a worker does: its pool, the queues that it takes from, and the tasks that it has. */
import type { JSX } from "preact";
import type { PoolStats } from "../../src/worker/pools/options.js";
import type { Json } from "../lib/json.js";
import { Link, part } from "../lib/router.js";
import { bytes, count, duration } from "../lib/time.js";
import { Empty, Facts, Panel, State, Time } from "../parts/basics.js";
import type { Question } from "../parts/dialogs.js";
import { type Column, Table } from "../parts/table.js";
import { tellNode } from "./worker-actions.js";
import { Do, Said, type TabProps } from "./worker-said.js";

/** A number at least 1, as it was typed. */
function numberOf(words: string, what: string): number {
  const number = Number(words.trim());
  if (!Number.isInteger(number) || number < 1) throw new Error(`${what}: expected a whole number from 1 on`);
  return number;
}

export function PoolTab({ node, answers, reload }: TabProps): JSX.Element {
  const { worker } = node;
  const name = node.node;
  const telling = (verb: string, args: object, done: string) => async (): Promise<string> => {
    const keeps = await tellNode(name, verb, args);
    reload();
    return `${name} ${done}${keeps}`;
  };
  const resize = (verb: "poolGrow" | "poolShrink", word: string, text: string): Question => ({
    title: `${word} the pool of ${name}?`,
    text: `It has ${worker?.concurrency} slots. ${text}`,
    action: word,
    field: { label: "By so many slots", value: "1", isRequired: true },
    run: (words) => telling(verb, { n: numberOf(words, "slots") }, `has its slots changed`)(),
  });
  if (worker === null) return <Empty>It is a beat, and runs nothing.</Empty>;
  const { autoscale } = worker;
  return (
    <Panel
      title="Pool"
      aside={
        <div class="row-actions">
          <Do
            label="Grow"
            question={resize("poolGrow", "Grow", "It takes more at once until it restarts.")}
          />
          <Do
            label="Shrink"
            question={resize("poolShrink", "Shrink", "Running tasks end first; it holds until it restarts.")}
          />
          <Do
            label="Autoscale"
            question={{
              title: `Scale ${name} by itself?`,
              text: "Its slots follow what waits, between these bounds, until it restarts.",
              action: "Autoscale",
              field: {
                label: "Most and least slots",
                value: autoscale === null ? `${worker.concurrency} 1` : `${autoscale.max} ${autoscale.min}`,
                isRequired: true,
              },
              run: (words) => {
                const [max = "", min = "1"] = words.trim().split(/[\s,]+/);
                const bounds = { max: numberOf(max, "most"), min: numberOf(min, "least") };
                return telling("autoscale", bounds, `scales between ${bounds.min} and ${bounds.max}`)();
              },
            }}
          />
          <Do
            label="Restart pool"
            question={{
              title: `Restart the pool of ${name}?`,
              text: "Its children end after what they run, and new ones load the files as they are now.",
              action: "Restart pool",
              run: telling("poolRestart", {}, "restarts its children"),
            }}
          />
        </div>
      }
    >
      <Facts
        rows={[
          ["pool", worker.pool],
          ["slots", count(worker.concurrency)],
          ["autoscale", autoscale === null ? "off" : `${autoscale.min} to ${autoscale.max}`],
          ["running", count(worker.running)],
          ["prefetched", count(worker.prefetched)],
          ["unsettled", count(worker.unsettled)],
          ["last claim", <Time at={worker.lastClaimAt} />],
        ]}
      />
      <Said<{ readonly pools: readonly Json<PoolStats>[] }> answers={answers} verb="stats">
        {({ pools }) => <Children pools={pools} />}
      </Said>
    </Panel>
  );
}

function Children({ pools }: { readonly pools: readonly Json<PoolStats>[] }): JSX.Element {
  const children = pools.flatMap(({ name, children = [] }) =>
    children.map((child) => ({ ...child, pool: name })),
  );
  if (children.length === 0) return <Empty>Its runs share its own process: there are no children.</Empty>;
  return (
    <Table
      label="children"
      rows={children}
      id={({ pid, thread = "" }) => `${pid} ${thread}`}
      columns={[
        { name: "Pid", cell: ({ pid, thread }) => (thread === undefined ? pid : `${pid}, thread ${thread}`) },
        { name: "Pool", cell: ({ pool }) => pool, grows: true },
        { name: "Done", cell: ({ runs }) => count(runs), isNumber: true },
        { name: "Memory", cell: ({ rssBytes }) => bytes(rssBytes), isNumber: true },
      ]}
    />
  );
}

interface QueueFacts {
  readonly name: string;
  readonly paused: boolean;
  readonly since: number | null;
  readonly by: string | null;
}

export function QueuesTab({ node: { node: name }, answers, reload }: TabProps): JSX.Element {
  const add: Question = {
    title: `Have ${name} take from a queue more?`,
    text: "It does so until it restarts.",
    action: "Add consumer",
    field: { label: "Queue", isRequired: true },
    run: async (queue) => {
      const keeps = await tellNode(name, "addConsumer", { queue });
      reload();
      return `${name} takes from ${queue}${keeps}`;
    },
  };
  const cancel = (queue: string): Question => ({
    title: `Have ${name} take from ${queue} no more?`,
    text: "What it has taken goes on. It holds until it restarts.",
    action: "Cancel consumer",
    run: async () => {
      const keeps = await tellNode(name, "cancelConsumer", { queue });
      reload();
      return `${name} takes from ${queue} no more${keeps}`;
    },
  });
  return (
    <Panel title="Queues" aside={<Do label="Add consumer" question={add} />}>
      <Said<readonly QueueFacts[]> answers={answers} verb="activeQueues">
        {(queues) =>
          queues.length === 0 ? (
            <Empty>It takes from no queue.</Empty>
          ) : (
            <Table
              label="queues of this worker"
              rows={queues}
              id={({ name: queue }) => queue}
              columns={[
                {
                  name: "Queue",
                  cell: ({ name: queue }) => <Link to={`/queues/${part(queue)}`}>{queue}</Link>,
                  grows: true,
                },
                {
                  name: "State",
                  cell: ({ paused, by, since }) =>
                    paused ? (
                      <span>
                        <State of="paused" text={`paused by ${by}`} /> <Time at={since} />
                      </span>
                    ) : (
                      <State of="active" />
                    ),
                },
                {
                  name: "",
                  cell: ({ name: queue }) => (
                    <div class="row-actions">
                      <Do label="Cancel" isSmall question={cancel(queue)} />
                    </div>
                  ),
                },
              ]}
            />
          )
        }
      </Said>
    </Panel>
  );
}

interface Run {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly args: string | null;
  readonly retries: number;
  readonly startedAt: number | null;
  readonly runMs: number | null;
  readonly waitMs: number;
  readonly lock: string | null;
  readonly entry: string | null;
  readonly progress: unknown;
}

const RUN_COLUMNS: readonly Column<Run>[] = [
  { name: "Task", cell: ({ task, id }) => <Link to={`/tasks/${part(id)}`}>{task}</Link> },
  { name: "Arguments", cell: ({ args }) => <span class="cut">{args ?? "-"}</span>, grows: true },
  { name: "Queue", cell: ({ queue }) => queue, isWide: true },
  { name: "Runs for", cell: ({ runMs }) => (runMs === null ? "-" : duration(runMs)), isNumber: true },
  { name: "Waited", cell: ({ waitMs }) => duration(waitMs), isNumber: true },
  { name: "Retries", cell: ({ retries }) => count(retries), isNumber: true },
  {
    name: "Lock",
    cell: ({ lock }) => (lock === null ? "-" : <Link to={`/locks/${part(lock)}`}>{lock}</Link>),
  },
  { name: "Progress", cell: ({ progress }) => progressText(progress), isWide: true },
];

function progressText(progress: unknown): string {
  if (progress === null || progress === undefined) return "-";
  const { done, total } = progress as { readonly done?: number; readonly total?: number };
  if (typeof done === "number") return total == null ? count(done) : `${count(done)} of ${count(total)}`;
  return JSON.stringify(progress).slice(0, 80);
}

export function TasksTab({ node, answers }: TabProps): JSX.Element {
  const runs = (verb: string, title: string, empty: string): JSX.Element => (
    <Panel title={title}>
      <Said<readonly Run[]> answers={answers} verb={verb}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>{empty}</Empty>
          ) : (
            <Table label={title} rows={rows.slice(0, MOST_RUNS)} id={({ id }) => id} columns={RUN_COLUMNS} />
          )
        }
      </Said>
    </Panel>
  );
  const tasks = node.worker?.tasks ?? [];
  return (
    <>
      {runs("active", "Active", "It runs nothing.")}
      {runs("reserved", "Reserved", "It has taken nothing that it has not begun.")}
      <Panel title={`Registered, ${count(tasks.length)}`}>
        <ul class="names">
          {tasks.map((task) => (
            <li key={task}>
              <Link to={`/tasks?q=${part(`task:${task}`)}`}>{task}</Link>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}

const MOST_RUNS = 200;
