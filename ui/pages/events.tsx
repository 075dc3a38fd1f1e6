/** The live stream of events: what happens now, as far as this page has heard it. */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { LiveEvent } from "../lib/live.js";
import { Link, part, query, setQuery } from "../lib/router.js";
import { count, duration, now, short } from "../lib/time.js";
import { Empty, Panel, State } from "../parts/basics.js";
import { Clock } from "../parts/clock.js";
import { Table } from "../parts/table.js";
import { EventLog, type Heard, matcher } from "./events-log.js";

const SHOWN = 200;
/** Numbers from here on are instants. */
const INSTANTS_FROM = 1e12;
const TYPES = [
  "",
  "task-*",
  "task-failed,task-retried",
  "schedule-*",
  "worker-*,beat-*",
  "lock-*",
  "queue-*,alert-*,operator-action",
];
const TYPE_WORDS = [
  "all",
  "tasks",
  "failures",
  "schedules",
  "workers and beats",
  "locks",
  "queues, alerts, operators",
];

export function Events(): JSX.Element {
  const log = useMemo(() => new EventLog(), []);
  const [, redraw] = useState(0);
  useEffect(() => log.follow(() => redraw((number) => number + 1)), []);
  const types = query.value.get("types") ?? "";
  const text = query.value.get("text") ?? "";
  const isPaused = query.value.get("paused") === "true";
  useEffect(() => log.pause(isPaused), [isPaused]);
  const matches = matcher(types, text);
  const rows = log.shown.filter(({ event }) => matches(event)).slice(0, SHOWN);
  return (
    <>
      <h1>Events</h1>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label>
          Types{" "}
          <select
            value={TYPES.includes(types) ? types : ""}
            onChange={(event) => setQuery({ types: event.currentTarget.value })}
          >
            {TYPES.map((each, index) => (
              <option key={each} value={each}>
                {TYPE_WORDS[index]}
              </option>
            ))}
          </select>
        </label>
        <input
          type="search"
          aria-label="only events with this text"
          placeholder="a task, an id, a node, an error"
          maxLength={200}
          value={text}
          onInput={(event) => setQuery({ text: event.currentTarget.value }, { replace: true })}
        />
        <button
          type="button"
          aria-pressed={isPaused}
          onClick={() => setQuery({ paused: isPaused ? null : "true" })}
        >
          {isPaused ? "Go on" : "Pause"}
        </button>
        <button type="button" onClick={() => save(log.shown.filter(({ event }) => matches(event)))}>
          Export NDJSON
        </button>
      </form>
      <Rates log={log} />
      <Panel title={isPaused ? `Paused: ${count(log.waiting)} came since` : "Newest first"}>
        {rows.length === 0 ? (
          <Empty>
            {log.shown.length === 0
              ? "Nothing has been heard since this page was opened. Events are not stored: what has ended is under "
              : "Nothing of what was heard matches. What has ended is under "}
            <Link to="/tasks">Tasks</Link>.
          </Empty>
        ) : (
          <Table
            label="events"
            rows={rows}
            id={({ number }) => String(number)}
            columns={[
              { name: "At", cell: ({ event }) => <Clock at={event.timestamp} /> },
              { name: "Event", cell: ({ event }) => <Type event={event} /> },
              { name: "What", cell: ({ event }) => <What event={event} />, grows: true },
              { name: "Node", cell: ({ event }) => event.hostname, isWide: true },
            ]}
          />
        )}
      </Panel>
    </>
  );
}

function Rates({ log }: { readonly log: EventLog }): JSX.Element {
  // Turns with the clock.
  void now.value;
  const { rates, heard, lost } = log;
  const all = rates.reduce((sum, [, rate]) => sum + rate, 0);
  return (
    <p class="rates" role="status">
      <strong>{all.toFixed(1)} a second</strong>
      {rates.slice(0, 6).map(([type, rate]) => (
        <span key={type}>
          {type} {rate.toFixed(1)}
        </span>
      ))}
      <span class="dim">{count(heard)} heard</span>
      {lost > 0 ? (
        <State of="lost" text={`${count(lost)} lost or left out`} />
      ) : (
        <span class="dim">none lost</span>
      )}
    </p>
  );
}

const BAD = /-(failed|lost|rejected|missed|missing|stalled|broken|raised)$|^dead-/;
const GOOD = /-(succeeded|online|acquired|cleared|leading)$/;
const WARN = /-(retried|revoked|skipped|offline|paused|stepped-down)$/;

function Type({ event: { type } }: { readonly event: LiveEvent }): JSX.Element {
  const of = BAD.test(type) ? "failed" : GOOD.test(type) ? "ok" : WARN.test(type) ? "retry" : "ready";
  return <State of={of} text={type} />;
}

/** Fields of every event, which stand elsewhere or tell nobody anything. */
const LEFT_OUT = new Set([
  "type",
  "hostname",
  "pid",
  "timestamp",
  "clock",
  "boot",
  "seq",
  "task",
  "id",
  "entry",
]);

function What({ event }: { readonly event: LiveEvent }): JSX.Element {
  const { task, id, entry, ...rest } = event as LiveEvent & Readonly<Record<string, unknown>>;
  return (
    <span class="cut">
      {typeof id === "string" && (
        <Link to={`/tasks/${part(id)}`}>
          <bdi>{typeof task === "string" ? task : id}</bdi>
        </Link>
      )}{" "}
      {typeof entry === "string" && <Link to={`/schedules/${part(entry)}`}>{entry}</Link>}{" "}
      {Object.entries(rest)
        .filter(([name, value]) => !LEFT_OUT.has(name) && value !== null && value !== undefined)
        .map(([name, value]) => (
          <span key={name}>
            <span class="dim">{name}</span> <bdi>{valueText(name, value)}</bdi>{" "}
          </span>
        ))}
    </span>
  );
}

function valueText(name: string, value: unknown): string {
  if (typeof value === "number") {
    if (name.endsWith("Ms")) return duration(value);
    return value > INSTANTS_FROM ? short(value) : String(value);
  }
  if (typeof value !== "object") return String(value);
  const { name: thrown, message } = value as { readonly name?: unknown; readonly message?: unknown };
  return typeof thrown === "string" && typeof message === "string"
    ? `${thrown}: ${message}`
    : JSON.stringify(value);
}

function save(rows: readonly Heard[]): void {
  const text = rows
    .toReversed()
    .map(({ event }) => `${JSON.stringify(event)}\n`)
    .join("");
  const url = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  [link.href, link.download] = [url, "events.ndjson"];
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
