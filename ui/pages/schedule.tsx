/** Schedule: one entry, what became of its ticks, what will, and what can be done to it. */
import type { ComponentChildren, JSX } from "preact";
import type { EntryPageView } from "../../src/dashboard/entry-page.js";
import type { AuditRecord } from "../../src/store/contracts/audit.js";
import { apiUrl, can, send } from "../lib/api.js";
import { DRIFT_WORDS } from "../lib/drift.js";
import { entryCode } from "../lib/entry-code.js";
import {
  askFor,
  type EntryAction,
  MUTE,
  PAUSE,
  RESUME,
  runTick,
  TRIGGER,
  UNMUTE,
} from "../lib/entry-actions.js";
import type { Tick } from "../lib/fates.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part } from "../lib/router.js";
import { count, zoneFor } from "../lib/time.js";
import { Copy, Empty, Facts, Failure, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { confirm } from "../parts/dialogs.js";
import { Lints, NextRuns } from "../parts/entry-parts.js";
import { RunTimes } from "../parts/run-times.js";
import { Timeline } from "../parts/timeline.js";
import { EntryNight } from "../parts/zone-nights.js";
import { Versions } from "./entry-versions.js";
import { EntryState } from "./schedules-rows.js";

export type EntryPage = Json<EntryPageView>;

const RUNS = 200;

export function Schedule({ id }: { readonly id: string }): JSX.Element {
  const { data, error, reload } = useResource<EntryPage>(`/schedules/${part(id)}`, {
    stale: ["schedules", "alerts"],
    everyMs: 10_000,
  });
  if (error !== null && data === null) {
    return (
      <>
        <h1>{id}</h1>
        <Failure error={error} retry={reload} />
        <Link to="/schedules">All entries</Link>
      </>
    );
  }
  if (data === null) return <Skeleton lines={10} />;
  return (
    <>
      <Head entry={data} reload={reload} />
      <Overview entry={data} />
      <Timeline
        name={id}
        timezone={data.timezone}
        actions={(tick, again) => <TickActions entry={id} tick={tick} reload={() => (reload(), again())} />}
      />
      <div class="grid two">
        <Panel title="Next runs">
          {data.preview === null ? (
            <Empty>Its code alone knows when it runs.</Empty>
          ) : (
            <NextRuns preview={data.preview} isPaused={data.state !== "active"} />
          )}
        </Panel>
        <Runs name={id} timezone={data.timezone} />
        {(data.preview?.zoneNights.length ?? 0) > 0 && (
          <Panel title="Nights on which clocks change" class="wide">
            {data.preview!.zoneNights.slice(0, 4).map((night) => (
              <EntryNight key={night.at} night={night} />
            ))}
          </Panel>
        )}
        <Panel title="Remarks">
          <Lints lints={data.preview?.lints ?? []} />
        </Panel>
        <Audit name={id} />
        <Versions name={id} isOurs={data.owner === "runtime"} />
        <Definition entry={data} />
      </div>
    </>
  );
}

function Head({ entry, reload }: { readonly entry: EntryPage; readonly reload: () => void }): JSX.Element {
  const { name, owner, pausedAt, mute } = entry;
  const actions: readonly EntryAction[] = [
    TRIGGER,
    pausedAt === null ? PAUSE : RESUME,
    mute === null ? MUTE : UNMUTE,
  ];
  const isOurs = owner === "runtime";
  const remove = (): void =>
    confirm({
      title: `Delete entry ${name}?`,
      text: `It sends nothing any more, and its ${count(entry.runs)} runs so far stay in the history. This cannot be undone.`,
      action: "Delete",
      isDangerous: true,
      run: async () => {
        await send("DELETE", `/schedules/${part(name)}`);
        navigate("/schedules");
        return `${name} is deleted`;
      },
    });
  return (
    <header class="page-head">
      <h1>
        {name} <EntryState entry={entry} />
        {mute !== null && <State of="paused" text={`muted by ${mute.by}`} />}
      </h1>
      <div class="row-actions">
        {actions
          .filter(({ right }) => can(right))
          .map((action) => (
            <button key={action.name} type="button" onClick={() => askFor(action, [name], reload)}>
              {action.name}
            </button>
          ))}
        {can("edit") && isOurs && (
          <Link class="button" to={`/schedules/${part(name)}?edit=1`}>
            Edit
          </Link>
        )}
        {can("edit") && (isOurs || entry.disabled === "left-code" || entry.disabled === "renamed") && (
          <button type="button" onClick={remove}>
            Delete
          </button>
        )}
        <a
          class="button"
          href={apiUrl("/export", { kind: "tasks", q: `entry:"${name}"`, format: "csv" })}
          download
        >
          Export
        </a>
      </div>
    </header>
  );
}

function Overview({ entry }: { readonly entry: EntryPage }): JSX.Element {
  const { schedule, task, timezone, owner, nextDue, lastScheduledFor, runs, problem, description, drift } =
    entry;
  return (
    <Panel title={schedule ?? "Known to its code alone"} class="lead">
      {problem !== null && <Failure error={new Error(problem)} />}
      {description !== null && <p class="text">{description}</p>}
      <Facts
        rows={[
          ["task", task === null ? "?" : <Link to={`/tasks?q=${part(`task:${task}`)}`}>{task}</Link>],
          ["zone", timezone ?? "none"],
          ["next", <Time key="next" at={nextDue} zone={timezone} />],
          ["last", <Time key="last" at={lastScheduledFor} zone={timezone} />],
          ["sent so far", count(runs)],
          ["owner", owner],
        ]}
      />
      {drift !== null && drift !== "paused" && (
        <p>
          <State of="warning" text="drift" />: {DRIFT_WORDS[drift]}. <code>sunbeat schedule plan</code> tells
          what a registration would change.
        </p>
      )}
    </Panel>
  );
}

function TickActions({
  entry,
  tick: { due, fate, count: many },
  reload,
}: {
  readonly entry: string;
  readonly tick: Tick;
  readonly reload: () => void;
}): JSX.Element | null {
  if (!can("trigger") || many > 1 || (fate !== "skipped" && fate !== "missed")) return null;
  return (
    <>
      {fate === "missed" && <span class="dim">a beat that leads will send or skip it;</span>}
      <button type="button" class="small" onClick={() => runTick(entry, due, false, reload)}>
        Run this tick
      </button>
    </>
  );
}

function Runs({ name, timezone }: { readonly name: string; readonly timezone: string | null }): JSX.Element {
  const { data, error } = useResource<Readonly<Record<string, readonly Tick[]>>>("/timelines", {
    query: { name: [name], count: RUNS },
    stale: ["schedules", "tasks"],
    everyMs: 10_000,
  });
  return (
    <Panel title="Run time">
      {error !== null && <Failure error={error} />}
      {data === null ? (
        <Skeleton lines={3} />
      ) : (
        <RunTimes ticks={data[name] ?? []} zone={zoneFor(timezone)} />
      )}
    </Panel>
  );
}

function Audit({ name }: { readonly name: string }): JSX.Element {
  const { data, error } = useResource<Page<Json<AuditRecord>>>("/audit", {
    query: { target: name, limit: 20 },
    stale: ["audit", "schedules"],
  });
  return (
    <Panel title="Who did what" aside={<Link to={`/audit?target=${part(name)}`}>all</Link>}>
      {error !== null && <Failure error={error} />}
      {data === null ? (
        error === null && <Skeleton lines={3} />
      ) : data.items.length === 0 ? (
        <Empty>Nobody has changed it by hand.</Empty>
      ) : (
        <ul class="plain">
          {data.items.map(({ id, at, by, verb, outcome }) => (
            <li key={id}>
              <span>
                <strong>{by}</strong> {verb}
                {outcome !== "ok" && <State of="failed" text={outcome} />}
              </span>
              <Time at={at} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const ARGS_WORDS: Readonly<Record<EntryPage["args"], string | null>> = {
  shown: null,
  kept: "Its arguments are not shown here, or not all of them.",
  code: "Its arguments are made by a function of its code.",
};

function Definition({
  entry: { name, owner, entry, args, revision },
}: {
  readonly entry: EntryPage;
}): JSX.Element {
  const isOurs = owner === "runtime";
  if (entry === null) {
    return (
      <Panel title="Definition">
        <Empty>It cannot be read here.</Empty>
      </Panel>
    );
  }
  const code = entryCode(name, entry);
  const { schedule, ...rest } = entry as Readonly<Record<string, ComponentChildren>>;
  const json = JSON.stringify(entry, null, 2);
  return (
    <Panel title="Definition" class="wide" aside={<Copy text={json} label="Copy as JSON" />}>
      <Facts
        rows={[
          ...Object.entries({ ...rest, schedule }).map(
            ([key, value]) =>
              [
                key,
                typeof value === "string" || typeof value === "number" ? (
                  value
                ) : (
                  <code>{JSON.stringify(value)}</code>
                ),
              ] as const,
          ),
          ["revision", <code key="revision">{revision.slice(0, 8)}</code>],
        ]}
      />
      {ARGS_WORDS[args] !== null && <p class="dim">{ARGS_WORDS[args]}</p>}
      <details open={!isOurs}>
        <summary>{isOurs ? "As code" : "To change it, change its code"}</summary>
        {!isOurs && (
          <p>
            The code of <strong>{owner.replace(/^code:/, "")}</strong> declares it in{" "}
            <code>beatSchedule</code>: change it there, and the next beat that starts stores it.
          </p>
        )}
        <div class="code">
          <pre>{code}</pre>
          <Copy text={code} label="Copy code" />
        </div>
      </details>
      {can("edit") && (
        <p>
          <Link to={`/schedules?new=1&draft=${part(JSON.stringify({ name: `${name}-copy`, entry }))}`}>
            Make another one like it
          </Link>
        </p>
      )}
    </Panel>
  );
}
