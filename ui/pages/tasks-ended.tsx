/** Attempts that have ended, as a search finds them. */
import type { JSX } from "preact";
import { apiUrl, can } from "../lib/api.js";
import { preference } from "../lib/prefs.js";
import { Link, navigate, part, query, setQuery } from "../lib/router.js";
import { duration, exact } from "../lib/time.js";
import { Empty, Failure, Panel, Skeleton, State, Time } from "../parts/basics.js";
import { askBulk } from "../parts/bulk.js";
import { type Column, type Selection, Table } from "../parts/table.js";
import { PAGE, type Row, type Search, useSearch } from "./tasks-search.js";
import { selectedIds, selectIds } from "./tasks-selection.js";
import { TaskLink } from "./tasks-waiting.js";

const time = (ms: number | null): string => (ms === null ? "" : duration(ms));

const COLUMNS: readonly Column<Row>[] = [
  { name: "Ended", cell: ({ at }) => <Time at={at} /> },
  { name: "State", cell: ({ state }) => <State of={state} /> },
  { name: "Task", cell: ({ task, id }) => <TaskLink id={id} task={task} />, grows: true },
  {
    name: "Why",
    cell: ({ error, reason }) => <bdi class="cut why">{error ?? reason ?? ""}</bdi>,
    grows: true,
  },
  { name: "Ran", cell: ({ runMs }) => time(runMs), isNumber: true },
  { name: "Waited", cell: ({ waitMs }) => time(waitMs), isNumber: true, isWide: true },
  { name: "Queue", cell: ({ queue }) => <Link to={`/queues/${part(queue)}`}>{queue}</Link>, isWide: true },
  { name: "Arguments", cell: ({ args }) => <bdi class="cut why">{args ?? ""}</bdi>, grows: true },
  { name: "Worker", cell: ({ worker }) => worker ?? "", isWide: true },
  { name: "Attempt", cell: ({ attempt }) => attempt, isNumber: true, isWide: true },
  {
    name: "Entry",
    cell: ({ entry }) => (entry === null ? "" : <Link to={`/schedules/${part(entry)}`}>{entry}</Link>),
    isWide: true,
  },
];
const shownColumns = preference<string>("tasks-columns", "Ended,State,Task,Why,Ran,Waited,Queue");

const rowKey = ({ id, attempt, at }: Row): string => `${id} ${attempt} ${at}`;

export function Ended({ q }: { readonly q: string }): JSX.Element {
  const cursor = query.value.get("cursor");
  const found = useSearch(q, cursor);
  const { rows, error, reload } = found;
  const names = shownColumns.value.split(",");
  return (
    <Panel title={q === "" ? "Ended" : "Found"} aside={<Actions q={q} found={found} />}>
      {error !== null && <Failure error={error} retry={reload} />}
      {rows === null ? (
        error === null && <Skeleton lines={10} />
      ) : rows.length === 0 ? (
        !found.isSearching && found.next === null && <Nothing q={q} />
      ) : (
        <Table
          label="tasks that have ended"
          rows={rows}
          id={rowKey}
          open={({ id }) => navigate(`/tasks/${part(id)}`)}
          columns={COLUMNS.filter(({ name }) => name === "Task" || names.includes(name))}
          {...(can("retry") && { selection: selectionOf(rows) })}
        />
      )}
      <Paging found={found} cursor={cursor} />
    </Panel>
  );
}

/** Rows are attempts, and what is selected are tasks. */
function selectionOf(rows: readonly Row[]): Selection {
  const ids = selectedIds.value;
  const keys = new Set(rows.filter(({ id }) => ids.has(id)).map(rowKey));
  const set = (next: ReadonlySet<string>): void => {
    const wanted = new Set(ids);
    for (const row of rows) {
      const key = rowKey(row);
      if (next.has(key) === keys.has(key)) continue;
      if (next.has(key)) wanted.add(row.id);
      else wanted.delete(row.id);
    }
    selectIds(wanted);
  };
  return { ids: keys, set };
}

function Nothing({ q }: { readonly q: string }): JSX.Element {
  return q === "" ? (
    <Empty>
      No task has ended yet. Send one: <code>sunbeat -A app.ts call tasks.add -a "[2, 3]"</code>
    </Empty>
  ) : (
    <Empty>
      No record matches. Records are kept for 7 days unless set otherwise. <Link to="/tasks">All tasks</Link>
    </Empty>
  );
}

function Paging({ found, cursor }: { readonly found: Search; readonly cursor: string | null }): JSX.Element {
  const { rows, next, reached, isSearching, goOn } = found;
  const isPartial = next !== null && rows !== null && rows.length < PAGE;
  return (
    <div class="pages" role="status">
      {cursor !== null && (
        <button type="button" class="small" onClick={() => setQuery({ cursor: null })}>
          Newest
        </button>
      )}
      {isPartial && (
        <>
          <span>
            {isSearching ? "searching" : "searched"}
            {reached === null ? "" : ` back to ${exact(reached)}`}
          </span>
          {!isSearching && (
            <button type="button" class="small" onClick={goOn}>
              Go on
            </button>
          )}
        </>
      )}
      {next !== null && !isPartial && rows !== null && (
        <button type="button" class="small" onClick={() => setQuery({ cursor: next })}>
          Older
        </button>
      )}
    </div>
  );
}

const WORDS = {
  retry: [
    "Retry",
    "Those that failed or are dead letters go back into their queues. What has succeeded, or is not kept any more, is skipped.",
  ],
  run: [
    "Run again",
    "Each is sent once more under a new id, whatever became of it. Those whose arguments are not kept whole are skipped.",
  ],
  forget: ["Forget", "Their results are dropped. Their records stay. This cannot be undone."],
} as const;

function Actions({ q, found }: { readonly q: string; readonly found: Search }): JSX.Element {
  const ids = selectedIds.value;
  const ask = (action: keyof typeof WORDS, isAll: boolean): void =>
    askBulk({
      ...{ action, verb: WORDS[action][0], text: WORDS[action][1], isDangerous: action === "forget" },
      target: isAll ? { q } : { ids: [...ids] },
      what: isAll ? "tasks that match" : "selected tasks",
      then: () => (selectIds(new Set()), found.reload()),
    });
  const right = { retry: "retry", run: "run", forget: "delete" } as const;
  const actions = (Object.keys(WORDS) as (keyof typeof WORDS)[]).filter((action) => can(right[action]));
  return (
    <>
      {ids.size > 0 &&
        actions.map((action) => (
          <button key={action} type="button" class="small" onClick={() => ask(action, false)}>
            {WORDS[action][0]} {ids.size}
          </button>
        ))}
      {ids.size > 0 && (
        <button type="button" class="small quiet" onClick={() => selectIds(new Set())}>
          Select none
        </button>
      )}
      {actions.length > 0 && (
        <Menu name="All that match">
          {actions.map((action) => (
            <button key={action} type="button" class="small" onClick={() => ask(action, true)}>
              {WORDS[action][0]} all that match
            </button>
          ))}
        </Menu>
      )}
      <Menu name="Columns">
        {COLUMNS.filter(({ name }) => name !== "Task").map(({ name }) => {
          const names = shownColumns.value.split(",");
          const has = names.includes(name);
          return (
            <label key={name}>
              <input
                type="checkbox"
                checked={has}
                onChange={() =>
                  (shownColumns.value = (has ? names.filter((one) => one !== name) : [...names, name]).join())
                }
              />{" "}
              {name}
            </label>
          );
        })}
      </Menu>
      <Menu name="Export">
        {(["csv", "ndjson"] as const).map((format) => (
          <a key={format} href={apiUrl("/export", { kind: "tasks", q, format })} download={`tasks.${format}`}>
            {format === "csv" ? "CSV, for a spreadsheet" : "NDJSON, one object a line"}
          </a>
        ))}
      </Menu>
    </>
  );
}

function Menu({
  name,
  children,
}: {
  readonly name: string;
  readonly children: JSX.Element | readonly JSX.Element[];
}): JSX.Element {
  return (
    <details
      class="drop"
      onClick={(event) => {
        // What was chosen is done; boxes stay to be ticked.
        if ((event.target as HTMLElement).closest("button, a") !== null) event.currentTarget.open = false;
      }}
    >
      <summary>{name}</summary>
      <div>{children}</div>
    </details>
  );
}
