/** How the system does, at one look. */
import type { JSX } from "preact";
import type { Overview as OverviewData } from "../../src/dashboard/overview.js";
import type { Json } from "../lib/json.js";
import { overview } from "../lib/live.js";
import { Link, part } from "../lib/router.js";
import { count, duration, short, some } from "../lib/time.js";
import { Bars } from "../parts/bars.js";
import { Empty, Facts, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { Table } from "../parts/table.js";

type Data = Json<OverviewData>;

export function Overview(): JSX.Element {
  const data = overview.value;
  if (data === null) return <Skeleton lines={8} />;
  return (
    <>
      <h1>Overview</h1>
      <div class="grid">
        <Beat data={data} />
        {data.drift.entries.length > 0 && <Drift data={data} />}
        <Workers data={data} />
        <Store data={data} />
        <Work data={data} />
        <Queues data={data} />
        <Failures data={data} />
      </div>
    </>
  );
}

function Beat({ data: { leader, next, ticks, entries } }: { readonly data: Data }): JSX.Element {
  return (
    <Panel title="Beat" aside={<Link to="/beat">{leader === null ? "nobody leads" : leader.host}</Link>}>
      {leader === null ? (
        <p>
          <State of="missed" text="no beat leads" />: nothing is sent until one does. Start one with{" "}
          <code>sunbeat -A app.ts beat</code>.
        </p>
      ) : (
        <Facts
          rows={[
            ["lag", leader.lagMs === null ? "-" : duration(leader.lagMs)],
            ["sent, skipped", `${count(ticks.sent)}, ${count(ticks.skipped)}`],
            [
              "entries",
              `${count(entries.total)}${entries.paused > 0 ? `, ${count(entries.paused)} paused` : ""}`,
            ],
          ]}
        />
      )}
      {next.length === 0 ? (
        <Empty>No entry is due.</Empty>
      ) : (
        <ol class="plain">
          {next.map(({ entry, due }) => (
            <li key={entry}>
              <Link to={`/schedules/${part(entry)}`} class="cut">
                {entry}
              </Link>
              <Time at={due} />
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Drift({ data: { drift } }: { readonly data: Data }): JSX.Element {
  const kinds = Object.entries(drift.kinds);
  const all = kinds.reduce((sum, [, number]) => sum + number, 0);
  return (
    <Panel title="Drift" aside={<Link to="/schedules">schedules</Link>}>
      <p>
        <State of="warning" text={`${count(all)} stored otherwise than the code declares`} />:{" "}
        {kinds.map(([kind, number]) => `${number} ${kind}`).join(", ")}.
      </p>
      <ul class="plain">
        {drift.entries.map((entry) => (
          <li key={entry}>
            <Link to={`/schedules/${part(entry)}`} class="cut">
              {entry}
            </Link>
          </li>
        ))}
      </ul>
      <p class="dim">
        <code>sunbeat schedule plan</code> tells what would change, <code>sunbeat schedule apply</code>{" "}
        changes it.
      </p>
    </Panel>
  );
}

function Workers({ data: { nodes } }: { readonly data: Data }): JSX.Element {
  return (
    <Panel title="Workers" aside={<Link to="/workers">all</Link>}>
      {nodes.workers === 0 && (
        <p>
          <State of="missed" text="no worker is there" />: tasks wait. Start one with{" "}
          <code>sunbeat -A app.ts worker</code>.
        </p>
      )}
      <p class="figure">
        {nodes.running} <small>of {nodes.slots} slots busy</small>
      </p>
      <Facts
        rows={[
          ["workers", nodes.workers],
          ["beats", nodes.beats],
          ["lost", nodes.lost === 0 ? "0" : <State of="lost" text={String(nodes.lost)} />],
        ]}
      />
    </Panel>
  );
}

function Work({ data: { minutes, wait, run } }: { readonly data: Data }): JSX.Element {
  const sum = (of: "ok" | "failed" | "retried"): number =>
    minutes.reduce((all, minute) => all + minute[of], 0);
  const time = (ms: number | null): string => (ms === null ? "-" : duration(ms));
  return (
    <Panel title="Last hour" class="wide" aside={<Link to="/tasks">tasks</Link>}>
      <Bars
        label={`tasks a minute: ${sum("ok")} done, ${sum("failed")} failed in the last hour`}
        bars={minutes.map(({ at, ok, failed, retried }) => ({
          label: `${short(at)}: ${ok} done, ${failed} failed, ${retried} retried`,
          parts: [
            { value: ok, tone: "good" },
            { value: retried, tone: "warn" },
            { value: failed, tone: "bad" },
          ],
        }))}
      />
      <Facts
        rows={[
          ["done", count(sum("ok"))],
          ["failed", sum("failed") === 0 ? "0" : <State of="failed" text={count(sum("failed"))} />],
          ["retried", count(sum("retried"))],
          ["wait p50, p95", `${time(wait.p50)}, ${time(wait.p95)}`],
          ["run p50, p95", `${time(run.p50)}, ${time(run.p95)}`],
        ]}
      />
    </Panel>
  );
}

function Queues({ data: { queues, now } }: { readonly data: Data }): JSX.Element {
  return (
    <Panel title="Queues" class="wide" aside={<Link to="/queues">all</Link>}>
      {queues.length === 0 ? (
        <Empty>Every queue is empty.</Empty>
      ) : (
        <Table
          label="queues"
          rows={queues.slice(0, 8)}
          id={({ queue }) => queue}
          columns={[
            {
              name: "Queue",
              cell: ({ queue }) => <Link to={`/queues/${part(queue)}`}>{queue}</Link>,
              grows: true,
            },
            { name: "Ready", cell: ({ ready }) => count(ready), isNumber: true },
            { name: "Running", cell: ({ leased }) => count(leased), isNumber: true },
            { name: "Scheduled", cell: ({ scheduled }) => count(scheduled), isNumber: true, isWide: true },
            {
              name: "Oldest",
              cell: ({ oldestReadyAt }) =>
                oldestReadyAt === null ? "-" : duration(Math.max(0, now - oldestReadyAt)),
              isNumber: true,
            },
            {
              name: "State",
              cell: ({ paused }) => (paused === null ? "" : <State of="paused" text={`by ${paused.by}`} />),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function Failures({ data: { failures } }: { readonly data: Data }): JSX.Element {
  return (
    <Panel title="Newest failures" class="wide" aside={<Link to="/tasks?q=state:failure,dead">all</Link>}>
      {failures.length === 0 ? (
        <Empty>Nothing has failed within a day.</Empty>
      ) : (
        <Table
          label="newest failures"
          rows={failures}
          id={({ id }) => id}
          columns={[
            { name: "Task", cell: ({ task, id }) => <Link to={`/tasks/${part(id)}`}>{task}</Link> },
            { name: "Error", cell: ({ error }) => <span class="cut">{error}</span>, grows: true },
            { name: "Times", cell: ({ count: times }) => count(times), isNumber: true },
            { name: "Last", cell: ({ last }) => <Time at={last} /> },
          ]}
        />
      )}
    </Panel>
  );
}

function Store({ data: { broker, doctor } }: { readonly data: Data }): JSX.Element {
  const { errors, warnings, unknown } = doctor;
  const state = errors > 0 ? "error" : warnings + unknown > 0 ? "warning" : "ok";
  const text =
    errors > 0
      ? some(errors, "error")
      : warnings + unknown > 0
        ? some(warnings + unknown, "warning")
        : "all is well";
  return (
    <Panel title="Store" aside={<Link to="/doctor">doctor</Link>}>
      <p class="cut">{broker}</p>
      <State of={state} text={text} />
    </Panel>
  );
}
