/** A calendar of days off while it is edited, with the entries that it would move. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { CalendarChange, CalendarPageView } from "../../src/dashboard/calendar-page.js";
import { can, Problem, send } from "../lib/api.js";
import { daysOfText, textOfDays } from "../lib/calendar-text.js";
import type { FieldRow, Texts } from "../lib/fields.js";
import type { Json } from "../lib/json.js";
import { Link, navigate, part } from "../lib/router.js";
import { some } from "../lib/time.js";
import { Empty, Failure, Panel, Time } from "../parts/basics.js";
import { tell } from "../parts/dialogs.js";
import { FieldRows } from "../parts/field-rows.js";

type Stored = Json<CalendarPageView>;

const PAUSE_MS = 350;
const ROWS: readonly (readonly FieldRow[])[] = [
  [{ field: "name", label: "Name", hint: "DE-BY" }],
  [
    { field: "from", label: "Covers the days from", hint: "2027-01-01" },
    { field: "to", label: "up to, included", hint: "2028-12-31" },
  ],
  [{ field: "source", label: "Where its days come from" }],
  [{ field: "days", label: "Days off, one a line", hint: "2027-01-06 Epiphany", input: "lines" }],
];

function textsOf(stored: Stored | null): Texts {
  if (stored === null) return { name: "", from: "", to: "", source: "", days: "" };
  const { name, covers, source, days } = stored;
  return { name, ...covers, source: source ?? "", days: textOfDays(days) };
}

function meantBy({ name = "", from, to, source = "", days = "" }: Texts): object | Error {
  try {
    return { name: name.trim(), covers: { from, to }, ...(source && { source }), days: daysOfText(days) };
  } catch (error) {
    return error as Error;
  }
}

export function CalendarForm({ stored }: { readonly stored: Stored | null }): JSX.Element {
  const [texts, setTexts] = useState(() => textsOf(stored));
  const [revision] = useState(stored?.revision ?? "*none");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const meant = meantBy(texts);
  const { change, failure } = useChange(meant);
  const name = texts["name"]!.trim();
  const back = stored === null ? "/calendars" : `/calendars/${part(stored.name)}`;
  const isOvertaken = stored !== null && stored.revision !== revision;
  if (!can("edit")) return <Failure error={new Error("To change calendars takes the right to edit.")} />;
  const save = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await send("PUT", `/calendars/${part(name)}`, { calendar: meant }, { "if-match": `"${revision}"` });
      tell(`${name} is saved`);
      navigate(`/calendars/${part(name)}`);
    } catch (error) {
      const isTaken = error instanceof Problem && error.status === 412 && stored === null;
      setProblem(
        isTaken
          ? `A calendar named ${name} is there already: choose another name.`
          : (error as Error).message,
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <header class="page-head">
        <h1>{stored === null ? "New calendar" : `Edit ${stored.name}`}</h1>
        <div class="row-actions">
          <Link class="button" to={back}>
            Cancel
          </Link>
          <button type="submit" class="primary" disabled={isBusy || isOvertaken || change === null}>
            Save
          </button>
        </div>
      </header>
      {problem !== null && <Failure error={new Error(problem)} />}
      {isOvertaken && (
        <Failure error={new Error("Somebody has saved this calendar since you opened it: open it again.")} />
      )}
      <div class="editing">
        <div class="fields">
          <fieldset>
            <FieldRows
              rows={stored === null ? ROWS : ROWS.slice(1)}
              {...{ texts, path: "", wrong: null }}
              set={(changed) => setTexts((before) => ({ ...before, ...changed }))}
            />
          </fieldset>
        </div>
        <div class="preview" aria-live="polite">
          {name !== "" && failure !== null && <Failure error={failure} />}
          {change !== null && <Change change={change} />}
        </div>
      </div>
    </form>
  );
}

function useChange(meant: object | Error): {
  readonly change: Json<CalendarChange> | null;
  readonly failure: Error | null;
} {
  const [state, setState] = useState<{ change: Json<CalendarChange> | null; failure: Error | null }>({
    ...{ change: null, failure: null },
  });
  const text = meant instanceof Error ? meant.message : JSON.stringify(meant);
  useEffect(() => {
    if (meant instanceof Error) return setState({ change: null, failure: meant });
    let isOld = false;
    const timer = setTimeout(() => {
      send<Json<CalendarChange>>("POST", "/calendars/preview", { calendar: meant }).then(
        (change) => !isOld && setState({ change, failure: null }),
        (failure: Error) => !isOld && setState({ change: null, failure }),
      );
    }, PAUSE_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [text]);
  return state;
}

function Change({
  change: { added, removed, renamed, moves },
}: {
  readonly change: Json<CalendarChange>;
}): JSX.Element {
  const lines = [
    ...removed.map((date) => `- ${date}`),
    ...added.map((date) => `+ ${date}`),
    ...renamed.map((date) => `~ ${date}`),
  ];
  return (
    <>
      <Panel title="Entries that move">
        {moves.length === 0 ? (
          <Empty>What is due next of entries stays.</Empty>
        ) : (
          <ul class="plain">
            {moves.map(({ entry, from, to, passed }) => (
              <li key={entry}>
                <Link to={`/schedules/${part(entry)}`} class="cut">
                  {entry}
                </Link>
                <span>
                  <Time at={from} form="exact" /> {to === null ? "and then never" : "to "}
                  {to !== null && <Time at={to} form="exact" />}
                  {passed && <span class="dim">, a due time is over and not made up</span>}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      <Panel title={`${some(lines.length, "day")} changed`}>
        {lines.length === 0 ? (
          <Empty>The days are the same.</Empty>
        ) : (
          <pre class="tall">{lines.join("\n")}</pre>
        )}
      </Panel>
    </>
  );
}
