/** Calendars of days off, and how long they reach. */
import type { JSX } from "preact";
import type { CalendarListed } from "../../src/dashboard/calendar-page.js";
import { can } from "../lib/api.js";
import type { Json, Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, query } from "../lib/router.js";
import { count, some } from "../lib/time.js";
import { State } from "../parts/basics.js";
import { Listing } from "../parts/listing.js";
import { Table } from "../parts/table.js";
import { CalendarForm } from "./calendar-form.js";

const SOON_DAYS = 90;
const EVERY_MS = 15_000;

export const Calendars = (): JSX.Element =>
  query.value.has("new") ? <CalendarForm stored={null} /> : <List />;

function List(): JSX.Element {
  const found = useResource<Page<Json<CalendarListed>>>("/calendars", {
    ...{ stale: ["calendars"], everyMs: EVERY_MS },
  });
  return (
    <>
      <header class="page-head">
        <h1>Calendars</h1>
        {can("edit") && (
          <div class="row-actions">
            <Link to="/calendars?new=1" class="button primary">
              New calendar
            </Link>
          </div>
        )}
      </header>
      <Listing
        of={found}
        next="after"
        empty="There is no calendar of days off. Declare some in calendars of the app, or make one here."
      >
        {(rows) => (
          <Table
            label="calendars"
            rows={rows}
            id={({ name }) => name}
            open={({ name }) => navigate(`/calendars/${part(name)}`)}
            columns={[
              {
                name: "Calendar",
                cell: ({ name }) => <Link to={`/calendars/${part(name)}`}>{name}</Link>,
                grows: true,
              },
              { name: "Owner", cell: ({ owner }) => owner },
              { name: "Days off", cell: ({ days }) => count(days), isNumber: true },
              { name: "First", cell: ({ first }) => first ?? "-" },
              { name: "Last", cell: ({ last }) => last ?? "-" },
              { name: "Ends", cell: (calendar) => <Ends {...calendar} /> },
              { name: "Entries", cell: ({ entries }) => count(entries.length), isNumber: true },
            ]}
          />
        )}
      </Listing>
    </>
  );
}

export function Ends({ endsIn, covers }: Pick<Json<CalendarListed>, "endsIn" | "covers">): JSX.Element {
  const text = endsIn < 0 ? `ended on ${covers.to}` : `in ${some(endsIn, "day")}`;
  if (endsIn > SOON_DAYS) return <span title={covers.to}>{text}</span>;
  return <State of={endsIn < 0 ? "error" : "warning"} text={text} />;
}
