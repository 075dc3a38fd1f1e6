/** Dead letters, and what is kept of tasks that failed: in groups, one by one, and whole. */
import type { JSX } from "preact";
import type { GroupedLetters, LetterGroup } from "../../src/dashboard/letters.js";
import { apiUrl, can } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, part, query, setQuery } from "../lib/router.js";
import { count, some } from "../lib/time.js";
import { Empty, Failure, Panel, Skeleton, Time } from "../parts/basics.js";
import { askBulk, BulkProgress } from "../parts/bulk.js";
import { Pages } from "../parts/paging.js";
import { Table } from "../parts/table.js";
import { LetterDialog } from "./dead-letter.js";
import { selectedIds, selectIds } from "./tasks-selection.js";
import { TaskLink } from "./tasks-waiting.js";

/** A letter as a row. */
export interface LetterRow {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly reason: string;
  readonly at: number;
  readonly error: string | null;
  readonly args: string | null;
}

interface Found {
  readonly items: readonly LetterRow[];
  readonly next: string | null;
}

const MOST_ROWS = 100;

export function Dead(): JSX.Element {
  const { value } = query;
  const failed = value.get("failed") === "true";
  const filter = filterOf(value);
  const isFiltered = ["queue", "task", "reason", "error"].some((name) => value.has(name));
  const { data, error, reload } = useResource<Found>("/dead", {
    query: { ...filter, after: value.get("after") ?? undefined, limit: MOST_ROWS },
    ...{ stale: ["dead", "queues"], everyMs: 5_000 },
  });
  const grouped = useResource<Json<GroupedLetters>>("/dead-groups", {
    query: filter,
    ...{ stale: ["dead", "queues"], everyMs: 30_000 },
  });
  const reloadAll = (): void => (reload(), grouped.reload());
  const kinds = [
    [false, "Dead letters"],
    [true, "Failed and kept"],
  ] as const;
  return (
    <>
      <h1>Dead letters</h1>
      <ul class="tabs">
        {kinds.map(([kind, name]) => (
          <li key={name}>
            <Link
              to={kind ? "/dead?failed=true" : "/dead"}
              aria-current={kind === failed ? "page" : undefined}
            >
              {name}
            </Link>
          </li>
        ))}
      </ul>
      <p class="dim">
        {failed
          ? "Messages of tasks that failed for good, kept for 7 days unless set otherwise so that they can be run again."
          : "Tasks that were given up: no worker knows them, they cannot be read, or each worker that took them was lost."}
      </p>
      <BulkProgress />
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton lines={8} />
      ) : (
        <>
          {isFiltered ? <Chosen failed={failed} /> : grouped.data !== null && <Groups of={grouped.data} />}
          <Letters
            found={data}
            number={wholeOf(data) ?? grouped.data}
            failed={failed}
            isFiltered={isFiltered}
            reload={reloadAll}
          />
        </>
      )}
      {value.has("letter") && (
        <LetterDialog key={value.get("letter")} id={value.get("letter")!} reload={reloadAll} />
      )}
    </>
  );
}

/** A page that is the first and the last has all there are, and is fresher than the groups. */
function wholeOf({ items, next }: Found): Pick<GroupedLetters, "found" | "isAll"> | null {
  return next === null && !query.value.has("after") ? { found: items.length, isAll: true } : null;
}

function filterOf(from: URLSearchParams): Readonly<Record<string, string | boolean>> {
  const filter: Record<string, string | boolean> = { failed: from.get("failed") === "true" };
  for (const name of ["queue", "task", "reason"]) if (from.has(name)) filter[name] = from.get(name)!;
  // Of those that have none the question says so.
  if (from.has("error") && from.get("error") !== NO_ERROR) filter["error"] = from.get("error")!;
  return filter;
}

const NO_ERROR = "-";

function Groups({ of: { groups, found, isAll } }: { readonly of: Json<GroupedLetters> }): JSX.Element | null {
  if (groups.length < 2) return null;
  const hasErrors = groups.some(({ error }) => error !== null);
  const show = ({ reason, task, error }: Json<LetterGroup>): void =>
    setQuery({ reason, task, error: error ?? NO_ERROR, sel: null, after: null });
  return (
    <Panel title={`${groups.length} groups${isAll ? "" : ` of the newest ${count(found)}`}`}>
      <Table
        label="groups by reason, task and error"
        rows={groups}
        id={({ reason, task, error }) => JSON.stringify([reason, task, error])}
        open={show}
        columns={[
          { name: "Count", cell: (group) => count(group.count), isNumber: true },
          { name: "Task", cell: ({ task }) => <bdi class="cut">{task}</bdi>, grows: true },
          {
            name: hasErrors ? "Error" : "Reason",
            cell: ({ error, reason }) => <bdi class="cut why">{error ?? reason}</bdi>,
            grows: true,
          },
          { name: "Newest", cell: ({ newest }) => <Time at={newest} /> },
          { name: "Oldest", cell: ({ oldest }) => <Time at={oldest} />, isWide: true },
          {
            name: "",
            cell: (group) => (
              <button type="button" class="small" onClick={() => show(group)}>
                Show
              </button>
            ),
          },
        ]}
      />
    </Panel>
  );
}

function Chosen({ failed }: { readonly failed: boolean }): JSX.Element {
  const chosen = ["queue", "reason", "task", "error"].flatMap((name) => {
    const value = query.value.get(name);
    return value === null || value === NO_ERROR ? [] : [[name, value] as const];
  });
  return (
    <p class="chosen">
      {chosen.map(([name, value]) => (
        <span key={name}>
          <span class="dim">{name}</span> <bdi>{value}</bdi>{" "}
          <button
            type="button"
            class="small quiet"
            aria-label={`any ${name}`}
            onClick={() => setQuery({ [name]: null, sel: null, after: null })}
          >
            ✕
          </button>
        </span>
      ))}
      <Link to={failed ? "/dead?failed=true" : "/dead"}>All groups</Link>
    </p>
  );
}

function Letters({
  found: { items, next },
  number,
  failed,
  isFiltered,
  reload,
}: {
  readonly found: Found;
  /** Null: they are being counted. */
  readonly number: Pick<GroupedLetters, "found" | "isAll"> | null;
  readonly failed: boolean;
  readonly isFiltered: boolean;
  readonly reload: () => void;
}): JSX.Element {
  const ids = selectedIds.value;
  const what = failed ? "tasks that failed" : "dead letters";
  const ask = (action: "retry" | "delete", all: boolean): void =>
    askBulk({
      ...{ action, verb: action === "retry" ? "Retry" : "Drop", isDangerous: action === "delete" },
      target: all ? { letters: filterOf(query.value) } : { ids: [...ids] },
      what: `${all ? "" : "selected "}${what}${all && isFiltered ? " that match" : ""}`,
      text:
        action === "retry"
          ? "They go back into their queues, as if they had just been sent."
          : "They are dropped for good; their results and records stay. This cannot be undone.",
      then: () => (selectIds(new Set()), reload()),
    });
  const actions = (["retry", "delete"] as const).filter(can);
  return (
    <Panel
      title={titleOf(number, failed)}
      aside={
        <>
          {ids.size > 0 &&
            actions.map((action) => (
              <button key={action} type="button" class="small" onClick={() => ask(action, false)}>
                {action === "retry" ? "Retry" : "Drop"} {ids.size}
              </button>
            ))}
          {items.length > 0 &&
            actions.map((action) => (
              <button key={`all ${action}`} type="button" class="small" onClick={() => ask(action, true)}>
                {action === "retry" ? "Retry" : "Drop"} all{isFiltered ? " that match" : ""}
              </button>
            ))}
          {!failed && (
            <a href={apiUrl("/export", { kind: "dead", q: query.value.get("queue") })} download="dead.csv">
              CSV
            </a>
          )}
        </>
      }
    >
      {items.length === 0 ? (
        <Empty>
          {isFiltered
            ? "None matches any more: they were retried or dropped."
            : failed
              ? "No task that failed is kept."
              : "There are no dead letters. That is good."}
        </Empty>
      ) : (
        <Table
          label={what}
          rows={items}
          id={({ id }) => id}
          open={({ id }) => setQuery({ letter: id })}
          {...(actions.length > 0 && { selection: { ids, set: selectIds } })}
          columns={[
            { name: "When", cell: ({ at }) => <Time at={at} /> },
            { name: "Task", cell: ({ task, id }) => <TaskLink id={id} task={task} />, grows: true },
            {
              name: "Queue",
              cell: ({ queue }) => <Link to={`/queues/${part(queue)}`}>{queue}</Link>,
              isWide: true,
            },
            {
              name: "Why",
              cell: ({ error, reason }) => (
                <bdi class="cut why" title={error ?? reason}>
                  {error ?? reason}
                </bdi>
              ),
              grows: true,
            },
            {
              name: "Arguments",
              cell: ({ args }) => <bdi class="cut why">{args ?? "?"}</bdi>,
              grows: true,
              isWide: true,
            },
            {
              name: "",
              cell: ({ id }) => (
                <button type="button" class="small" onClick={() => setQuery({ letter: id })}>
                  Open
                </button>
              ),
            },
          ]}
        />
      )}
      <Pages name="after" next={next} />
    </Panel>
  );
}

function titleOf(number: Pick<GroupedLetters, "found" | "isAll"> | null, failed: boolean): string {
  if (number === null) return failed ? "Tasks that failed" : "Dead letters";
  const found = some(number.found, failed ? "task" : "dead letter");
  return `${number.isAll ? "" : "At least "}${found}${failed ? " that failed" : ""}`;
}
