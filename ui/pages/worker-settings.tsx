/** What a worker is set to, and what it takes: limits, options and figures. */
import type { JSX } from "preact";
import type { RateLimitView } from "../../src/app/control.js";
import { send } from "../lib/api.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { part, query } from "../lib/router.js";
import { bytes, count, duration } from "../lib/time.js";
import { Facts, Failure, Panel, State } from "../parts/basics.js";
import type { Question } from "../parts/dialogs.js";
import { Search, Toolbar } from "../parts/paging.js";
import { Table } from "../parts/table.js";
import { tellNode } from "./worker-actions.js";
import { Do, Said, type TabProps } from "./worker-said.js";

/** So many tasks are drawn; the others are found by their names. */
const MOST_TASKS = 200;

interface Registered {
  readonly name: string;
  readonly queue: string;
  readonly softTimeLimit: number | null;
  readonly timeLimit: number | null;
  readonly timeLimitSource: "code" | "control";
  readonly rateLimit: string | null;
  readonly lock: unknown;
}

export function LimitsTab({ node: { node: name }, answers, reload }: TabProps): JSX.Element {
  const limits = useResource<Page<Json<RateLimitView>>>("/limits", { everyMs: 10_000 });
  const rateOf = new Map(limits.data?.items.map((limit) => [limit.task, limit]));
  const words = (query.value.get("q") ?? "").toLowerCase();
  const askTime = (task: string): Question => ({
    title: `Limit the time of ${task} on ${name}?`,
    text: "For runs that begin from now on, until the worker restarts.",
    action: "Set limits",
    field: { label: "Soft and hard limit in seconds, such as 30 60; none for no limit", value: "none none" },
    run: async (given) => {
      const [soft, hard] = given
        .trim()
        .split(/[\s,]+/)
        .map(secondsOf);
      const keeps = await tellNode(name, "timeLimit", { task, soft: soft ?? null, hard: hard ?? null });
      reload();
      return `${task} has its limits${keeps}`;
    },
  });
  const askRate = (task: string): Question => ({
    title: `Limit the rate of ${task}?`,
    text: "For all workers together, until somebody changes it again or its code does.",
    action: "Set rate",
    field: {
      label: "Such as 10/m; none for no limit; reset for what the code says",
      value: rateOf.get(task)?.rate ?? "none",
      isRequired: true,
    },
    run: async (rate) => {
      await send("POST", `/limits/${part(task)}`, { rate: rate.trim() });
      limits.reload();
      return `${task}: ${rate.trim()}, on all workers`;
    },
  });
  return (
    <>
      <Toolbar>
        <Search label="Name of a task" />
      </Toolbar>
      {limits.error !== null && <Failure error={limits.error} retry={limits.reload} />}
      <Said<readonly Registered[]> answers={answers} verb="registered">
        {(tasks) => (
          <Table
            label="limits of tasks"
            rows={tasks.filter((task) => task.name.toLowerCase().includes(words)).slice(0, MOST_TASKS)}
            id={(task) => task.name}
            columns={[
              { name: "Task", cell: (task) => task.name, grows: true },
              { name: "Queue", cell: ({ queue }) => queue, isWide: true },
              { name: "Time, soft and hard", cell: (task) => <TimeLimit of={task} /> },
              { name: "Rate", cell: (task) => <Rate limit={rateOf.get(task.name)} code={task.rateLimit} /> },
              {
                name: "",
                cell: (task) => (
                  <div class="row-actions">
                    <Do label="Time limit" isSmall question={askTime(task.name)} />
                    <Do label="Rate limit" isSmall question={askRate(task.name)} />
                  </div>
                ),
              },
            ]}
          />
        )}
      </Said>
    </>
  );
}

function TimeLimit({
  of: { softTimeLimit, timeLimit, timeLimitSource },
}: {
  readonly of: Registered;
}): JSX.Element {
  const time = (seconds: number | null): string => (seconds === null ? "-" : duration(seconds * 1_000));
  return (
    <span>
      {softTimeLimit === null && timeLimit === null ? "-" : `${time(softTimeLimit)}, ${time(timeLimit)}`}
      {timeLimitSource === "control" && <span class="dim"> by an operator</span>}
    </span>
  );
}

function Rate({
  limit,
  code,
}: {
  readonly limit: Json<RateLimitView> | undefined;
  readonly code: string | null;
}): JSX.Element {
  if (limit === undefined) return <>{code ?? "-"}</>;
  return (
    <span>
      {limit.rate ?? "none"}
      {limit.source === "control" && <span class="dim"> by an operator</span>}
    </span>
  );
}

function secondsOf(text: string): number | null {
  if (text === "none" || text === "") return null;
  const seconds = Number(text);
  if (!(seconds > 0)) throw new Error(`expected seconds or none, got ${text}`);
  return seconds;
}

export function ConfTab({ answers }: TabProps): JSX.Element {
  const words = (query.value.get("q") ?? "").toLowerCase();
  return (
    <>
      <Toolbar>
        <Search label="Name of an option" />
      </Toolbar>
      <Said<Readonly<Record<string, unknown>>> answers={answers} verb="conf">
        {(conf) => (
          <Table
            label="options, secrets masked"
            rows={Object.entries(conf).filter(([name]) => name.toLowerCase().includes(words))}
            id={([name]) => name}
            columns={[
              { name: "Option", cell: ([name]) => name },
              { name: "Value", cell: ([, value]) => <code class="value">{textOf(value)}</code>, grows: true },
            ]}
          />
        )}
      </Said>
    </>
  );
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

interface CallFigures {
  readonly n: number;
  readonly errors: number;
  readonly p50: number | null;
  readonly p99: number | null;
}

interface StatsAnswer {
  readonly rusage: { readonly userMs: number; readonly systemMs: number; readonly maxRss: number };
  readonly heap: number;
  readonly heapLimit: number;
  readonly handles: number;
  readonly loadavg: number;
  readonly clockOffsetMs: number;
  readonly storeCalls: CallFigures & { readonly calls: Readonly<Record<string, CallFigures>> };
}

export function StatsTab({ answers }: TabProps): JSX.Element {
  const time = (ms: number | null): string => (ms === null ? "-" : `${ms} ms`);
  return (
    <Said<StatsAnswer> answers={answers} verb="stats">
      {({ rusage, storeCalls, ...stats }) => (
        <>
          <Panel title="Process">
            <Facts
              rows={[
                ["CPU, user", duration(rusage.userMs)],
                ["CPU, system", duration(rusage.systemMs)],
                ["memory at most", bytes(rusage.maxRss)],
                ["heap", `${bytes(stats.heap)} of ${bytes(stats.heapLimit)}`],
                ["handles", count(stats.handles)],
                ["load of a minute", stats.loadavg.toFixed(2)],
                ["store's clock less its own", `${stats.clockOffsetMs} ms`],
              ]}
            />
          </Panel>
          <Panel title="Calls to the store">
            <Table
              label="calls to the store"
              rows={[["all", storeCalls] as const, ...Object.entries(storeCalls.calls)]}
              id={([name]) => name}
              columns={[
                { name: "Call", cell: ([name]) => name, grows: true },
                { name: "Times", cell: ([, { n }]) => count(n), isNumber: true },
                {
                  name: "Errors",
                  cell: ([, { errors }]) => (errors === 0 ? "0" : <State of="error" text={count(errors)} />),
                  isNumber: true,
                },
                { name: "p50", cell: ([, { p50 }]) => time(p50), isNumber: true },
                { name: "p99", cell: ([, { p99 }]) => time(p99), isNumber: true },
              ]}
            />
          </Panel>
        </>
      )}
    </Said>
  );
}
