/** Schedules: all entries with what became of their ticks. */
import type { JSX } from "preact";
import { apiUrl, can } from "../lib/api.js";
import { FATE_NAMES, type Tick } from "../lib/fates.js";
import type { Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, query, setQuery } from "../lib/router.js";
import { Empty, Failure, Skeleton } from "../parts/basics.js";
import { later } from "../parts/later.js";
import { type Entry, EntryRows, TICKS } from "./schedules-rows.js";

const PAGE = 50;
const SORTS = ["name", "task", "owner", "state", "zone", "next", "last", "runs"] as const;
const FILTERS = ["q", "state", "owner", "task", "zone", "fate"] as const;

const NewEntry = later(async () => (await import("./schedule-one.js")).NewEntry);

/** The form of a new entry is none of the paths of entries: any name may be one. */
export const Schedules = (): JSX.Element => (query.value.has("new") ? <NewEntry /> : <Entries />);

function Entries(): JSX.Element {
  const asked = Object.fromEntries(FILTERS.map((name) => [name, query.value.get(name)]));
  const order = query.value.get("sort") ?? "name";
  const { data, error, reload } = useResource<Page<Entry>>("/schedules", {
    query: {
      ...asked,
      sort: order.replace(/^-/, ""),
      descending: order.startsWith("-") ? "true" : null,
      after: query.value.get("after"),
      limit: PAGE,
    },
    stale: ["schedules"],
    everyMs: 5_000,
  });
  const rows = data?.items ?? [];
  const ticks = useResource<Readonly<Record<string, readonly Tick[]>>>(
    rows.length > 0 ? "/timelines" : null,
    {
      query: { name: rows.map(({ name }) => name), count: TICKS },
      stale: ["schedules", "tasks"],
      everyMs: 5_000,
    },
  );
  const isFiltered = FILTERS.some((name) => asked[name] !== null);
  return (
    <>
      <header class="page-head">
        <h1>Schedules</h1>
        <div class="row-actions">
          <a class="button" href={apiUrl("/export", { kind: "schedules", format: "csv" })} download>
            Export
          </a>
          {can("edit") && (
            <Link to="/schedules?new=1" class="button primary">
              New entry
            </Link>
          )}
        </div>
      </header>
      <Filters rows={rows} order={order} />
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton lines={10} />
      ) : rows.length === 0 ? (
        <Nothing isFiltered={isFiltered} next={data.next} />
      ) : (
        <EntryRows rows={rows} ticks={ticks.data ?? {}} reload={() => (reload(), ticks.reload())} />
      )}
      {data !== null && <Pages next={data.next} />}
    </>
  );
}

function Nothing({
  isFiltered,
  next,
}: {
  readonly isFiltered: boolean;
  readonly next: string | null;
}): JSX.Element {
  if (next !== null) return <Empty>None of the entries that were looked at so far: go on.</Empty>;
  if (isFiltered)
    return (
      <Empty>
        No entry is like this. <Link to="/schedules">Show all</Link>
      </Empty>
    );
  return (
    <Empty>
      There is no entry yet. Declare some in <code>beatSchedule</code> of the app and start a beat, or make
      one here.
    </Empty>
  );
}

function Filters({ rows, order }: { readonly rows: readonly Entry[]; readonly order: string }): JSX.Element {
  const set = (name: string, value: string, replace = false): void =>
    setQuery({ [name]: value === "" ? null : value, after: null, sel: null }, { replace });
  const value = (name: string): string => query.value.get(name) ?? "";
  const known = (of: (entry: Entry) => string | null): string[] =>
    [...new Set(rows.flatMap((entry) => of(entry) ?? []))].sort();
  const choice = (name: string, all: string, options: readonly string[]): JSX.Element => {
    const shown = value(name) === "" || options.includes(value(name)) ? options : [value(name), ...options];
    return (
      <select
        aria-label={name}
        value={value(name)}
        onChange={(event) => set(name, event.currentTarget.value)}
      >
        <option value="">{all}</option>
        {shown.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    );
  };
  return (
    <div class="filters" role="search">
      <input
        type="search"
        placeholder="Search name, task, schedule"
        aria-label="search entries"
        value={value("q")}
        onInput={(event) => set("q", event.currentTarget.value, true)}
      />
      {choice("state", "any state", ["active", "paused", "disabled"])}
      {choice("fate", "any last fate", FATE_NAMES)}
      {choice(
        "task",
        "any task",
        known(({ task }) => task),
      )}
      {choice(
        "owner",
        "any owner",
        known(({ owner }) => owner),
      )}
      {choice(
        "zone",
        "any zone",
        known(({ timezone }) => timezone),
      )}
      <select aria-label="sort" value={order} onChange={(event) => set("sort", event.currentTarget.value)}>
        {SORTS.flatMap((sort) => [
          <option key={sort} value={sort}>
            by {sort}
          </option>,
          <option key={`-${sort}`} value={`-${sort}`}>
            by {sort} ↓
          </option>,
        ])}
      </select>
    </div>
  );
}

function Pages({ next }: { readonly next: string | null }): JSX.Element | null {
  const isLater = query.value.get("after") !== null;
  if (next === null && !isLater) return null;
  return (
    <div class="pages">
      {isLater && (
        <button type="button" onClick={() => setQuery({ after: null })}>
          First page
        </button>
      )}
      {next !== null && (
        <button type="button" onClick={() => setQuery({ after: next })}>
          Go on
        </button>
      )}
    </div>
  );
}
