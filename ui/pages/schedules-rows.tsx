/** Rows of entries: what became of their last ticks, what comes next, and what can be done with one or many. */
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { EntryListed } from "../../src/dashboard/entry-list.js";
import { can } from "../lib/api.js";
import { askFor, type EntryAction, MUTE, PAUSE, RESUME, TRIGGER } from "../lib/entry-actions.js";
import { DRIFT_WORDS } from "../lib/drift.js";
import { fateText, type Tick } from "../lib/fates.js";
import type { Json } from "../lib/json.js";
import { Link, navigate, part, query, setQuery } from "../lib/router.js";
import { quantile } from "../lib/timeline.js";
import { count, duration, zoneFor } from "../lib/time.js";
import { State, Time } from "../parts/basics.js";
import { FateWord } from "../parts/fate-mark.js";
import { Table } from "../parts/table.js";
import { TickGrid } from "../parts/tick-grid.js";

export type Entry = Json<EntryListed>;

/** Of the strip. */
export const TICKS = 60;

function selectionOf(text: string | null): ReadonlySet<string> {
  try {
    const names: unknown = JSON.parse(text ?? "[]");
    return new Set(Array.isArray(names) ? names.map(String) : []);
  } catch {
    return new Set();
  }
}

export function EntryRows({
  rows,
  ticks,
  reload,
}: {
  readonly rows: readonly Entry[];
  readonly ticks: Readonly<Record<string, readonly Tick[]>>;
  readonly reload: () => void;
}): JSX.Element {
  const ids = selectionOf(query.value.get("sel"));
  const set = (chosen: ReadonlySet<string>): void =>
    setQuery({ sel: chosen.size === 0 ? null : JSON.stringify([...chosen]) }, { replace: true });
  const figures = useMemo(
    () => new Map(rows.map(({ name }) => [name, figuresOf(ticks[name] ?? [])])),
    [rows, ticks],
  );
  return (
    <>
      {ids.size > 0 && <Many names={[...ids]} clear={() => set(new Set())} reload={reload} />}
      <div class="entries">
        <Table
          label="entries"
          rows={rows}
          id={({ name }) => name}
          open={({ name }) => navigate(`/schedules/${part(name)}`)}
          selection={{ ids, set }}
          columns={[
            { name: "Entry", cell: (entry) => <Name entry={entry} />, grows: true },
            { name: "Schedule", cell: (entry) => <When entry={entry} /> },
            {
              name: "Last ticks",
              cell: ({ name, timezone }) => (
                <TickGrid ticks={ticks[name] ?? []} zone={zoneFor(timezone)} count={TICKS} />
              ),
            },
            {
              name: "Next",
              cell: (entry) => (
                <div class="when one-line">
                  <Time at={entry.nextDue} zone={entry.timezone} />
                  <span class="small-text">
                    <EntryState entry={entry} />
                  </span>
                </div>
              ),
            },
            { name: "Last", cell: (entry) => <Last entry={entry} tick={ticks[entry.name]?.at(-1)} /> },
            { name: "Late p95", cell: ({ name }) => figures.get(name)!.late, isNumber: true, isWide: true },
            { name: "Failed", cell: ({ name }) => figures.get(name)!.failed, isNumber: true },
            { name: "", cell: (entry) => <Actions entry={entry} reload={reload} /> },
          ]}
        />
      </div>
    </>
  );
}

/** Of the ticks of the strip. */
function figuresOf(ticks: readonly Tick[]): {
  readonly late: ComponentChildren;
  readonly failed: ComponentChildren;
} {
  const late = quantile(
    ticks.flatMap(({ lateMs }) => lateMs ?? []),
    0.95,
  );
  const failed = ticks.filter(({ fate }) => fate === "failed" || fate === "missed").length;
  const lateText = late === null ? "-" : duration(late);
  return {
    late: late !== null && late > 5_000 ? <State of="warning" text={lateText} /> : lateText,
    failed: failed === 0 ? "0" : <State of="failed" text={count(failed)} />,
  };
}

function Name({ entry: { name, task, owner, drift } }: { readonly entry: Entry }): JSX.Element {
  return (
    <>
      <Link to={`/schedules/${part(name)}`} class="cut" title={name}>
        {name}
      </Link>
      <span class="cut dim small-text" title={task ?? ""}>
        {task ?? "?"} · {owner}
      </span>
      {drift !== null && drift !== "paused" && (
        <span class="small-text" title={DRIFT_WORDS[drift]}>
          <State of="warning" text={`drift: ${drift}`} />
        </span>
      )}
    </>
  );
}

function When({ entry: { schedule, timezone, problem } }: { readonly entry: Entry }): JSX.Element {
  const words = schedule?.replace(timezone === null ? "" : ` (${timezone})`, "") ?? null;
  return (
    <div class="when">
      {problem !== null ? (
        <State of="error" text="cannot be read here" />
      ) : (
        <span title={schedule ?? ""}>{words ?? "known to its code alone"}</span>
      )}
      {timezone !== null && <span class="dim small-text">{timezone}</span>}
    </div>
  );
}

function Last({ entry, tick }: { readonly entry: Entry; readonly tick: Tick | undefined }): JSX.Element {
  if (tick === undefined) return <Time at={entry.lastScheduledFor} zone={entry.timezone} />;
  return (
    <div class="when">
      <FateWord fate={tick.fate} reason={tick.reason} text={fateText({ ...tick, late: false })} />
      <span class="dim small-text">
        <Time at={tick.due} zone={entry.timezone} />
      </span>
    </div>
  );
}

export function EntryState({ entry }: { readonly entry: Entry }): JSX.Element {
  const { state, disabled, buffered, unfinished } = entry;
  if (state === "disabled") return <State of="disabled" text={disabled ?? "disabled"} />;
  if (state === "paused") return <State of="paused" />;
  if (buffered) return <State of="waiting" text="a run waits" />;
  return unfinished > 0 ? <State of="running" text={`${unfinished} running`} /> : <State of="active" />;
}

const ICONS: Readonly<Record<string, string>> = {
  Pause: "M3 2h3v10H3ZM8 2h3v10H8Z",
  Resume: "M3 2L12 7L3 12Z",
  Trigger: "M8 1L3 8H6L5 13L11 6H7.5Z",
};

function Actions({ entry, reload }: { readonly entry: Entry; readonly reload: () => void }): JSX.Element {
  const toggle = entry.pausedAt === null ? PAUSE : RESUME;
  return (
    <div class="row-actions">
      {[toggle, TRIGGER]
        .filter(({ right }) => can(right))
        .map((action) => (
          <button
            key={action.name}
            type="button"
            class="small"
            aria-label={`${action.name} ${entry.name}`}
            title={action.name}
            onClick={() => askFor(action, [entry.name], reload)}
          >
            <svg class="icon" viewBox="0 0 14 14" aria-hidden="true">
              <path d={ICONS[action.name]} />
            </svg>
          </button>
        ))}
    </div>
  );
}

const MANY: readonly EntryAction[] = [PAUSE, RESUME, TRIGGER, MUTE];

function Many({
  names,
  clear,
  reload,
}: {
  readonly names: readonly string[];
  readonly clear: () => void;
  readonly reload: () => void;
}): JSX.Element {
  return (
    <div class="many" role="group" aria-label="the selected entries">
      <strong>{names.length} selected</strong>
      {MANY.filter(({ right }) => can(right)).map((action) => (
        <button key={action.name} type="button" class="small" onClick={() => askFor(action, names, reload)}>
          {action.name}
        </button>
      ))}
      <button type="button" class="small quiet" onClick={clear}>
        Select none
      </button>
    </div>
  );
}
