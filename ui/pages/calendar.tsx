/** Calendar: its days off by year, and the entries that hang on it. */
import type { JSX } from "preact";
import type { CalendarPageView } from "../../src/dashboard/calendar-page.js";
import { can, send } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, query } from "../lib/router.js";
import { count } from "../lib/time.js";
import { Empty, Facts, Failure, Panel, Skeleton, Time } from "../parts/basics.js";
import { confirm } from "../parts/dialogs.js";
import { YearGrid } from "../parts/year-grid.js";
import { CalendarForm } from "./calendar-form.js";
import { Ends } from "./calendars.js";

const EVERY_MS = 15_000;
const MOST_YEARS = 12;

export function Calendar({ id: name }: { readonly id: string }): JSX.Element {
  const { data, error, reload } = useResource<Json<CalendarPageView>>(`/calendars/${part(name)}`, {
    ...{ stale: ["calendars"], everyMs: EVERY_MS },
  });
  if (data === null) {
    if (error === null) return <Skeleton lines={8} />;
    return (
      <>
        <h1>{name}</h1>
        <Failure error={error} retry={reload} />
        <Link to="/calendars">All calendars</Link>
      </>
    );
  }
  if (query.value.get("edit") === "1" && data.isOurs) return <CalendarForm stored={data} />;
  const { covers, days, owner, source, digest, at, entries, isOurs } = data;
  const names = new Map(days.map((day) => [day.date, day.name]));
  const [first, last] = [Number(covers.from.slice(0, 4)), Number(covers.to.slice(0, 4))];
  const years = Array.from({ length: Math.min(MOST_YEARS, last - first + 1) }, (_, index) => first + index);
  return (
    <>
      <header class="page-head">
        <h1>{name}</h1>
        {can("edit") && isOurs && (
          <div class="row-actions">
            <Link class="button" to={`/calendars/${part(name)}?edit=1`}>
              Edit
            </Link>
            <button type="button" disabled={entries.length > 0} onClick={() => remove(data)}>
              Delete
            </button>
          </div>
        )}
      </header>
      <Panel title={`${count(days.length)} days off`} class="lead">
        <Facts
          rows={[
            ["covers", `${covers.from} to ${covers.to}`],
            ["ends", <Ends key="ends" {...data} />],
            ["owner", owner],
            ["written", at === null ? "not stored yet" : <Time key="at" at={at} />],
            ["digest", <code key="digest">{digest}</code>],
            ...(source === null ? [] : [["source", source] as const]),
          ]}
        />
        {!isOurs && <p class="dim">Code declares it, so it is changed there.</p>}
      </Panel>
      <div class="grid two">
        <Panel title="Entries that name it" class="wide">
          {entries.length === 0 ? (
            <Empty>No entry names it, so it may be deleted.</Empty>
          ) : (
            <ul class="in-columns">
              {entries.map((entry) => (
                <li key={entry}>
                  <Link to={`/schedules/${part(entry)}`}>{entry}</Link>
                </li>
              ))}
            </ul>
          )}
        </Panel>
        {years.map((year) => (
          <Panel key={year} title={String(year)} class="wide">
            <YearGrid {...{ year, names, covers }} />
          </Panel>
        ))}
        <Panel title="Days off" class="wide">
          <ul class="in-columns">
            {days.map(({ date, name: text }) => (
              <li key={date}>
                {date} {text}
              </li>
            ))}
          </ul>
        </Panel>
      </div>
    </>
  );
}

function remove({ name, revision }: Json<CalendarPageView>): void {
  confirm({
    title: `Delete calendar ${name}?`,
    text: "No entry names it. This cannot be undone.",
    action: "Delete",
    isDangerous: true,
    run: async () => {
      await send("DELETE", `/calendars/${part(name)}`, {}, { "if-match": `"${revision}"` });
      navigate("/calendars");
      return `${name} is deleted`;
    },
  });
}
