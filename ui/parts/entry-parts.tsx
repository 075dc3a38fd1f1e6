/** What is told of an entry, saved or not: its next runs and its remarks. */
import type { JSX } from "preact";
import type { EntryPreview } from "../../src/monitor/preview.js";
import type { Json } from "../lib/json.js";
import { duration, exact, partsOf, relative, zoneFor } from "../lib/time.js";
import { Empty } from "./basics.js";

type Preview = Json<EntryPreview>;

const ENDINGS: Readonly<Record<string, string>> = {
  ended: "It is due at no time after that.",
  "max-runs": "Then it has had all its runs.",
  "at-start": "It is sent once, when a beat first leads.",
  disabled: "It is switched off.",
};

export function NextRuns({
  preview: { next, leftOut, ending, timezone },
  isPaused = false,
}: {
  readonly preview: Preview;
  readonly isPaused?: boolean;
}): JSX.Element {
  const zone = zoneFor(timezone);
  const rows = [
    ...next.map((run, index) => ({ at: run.due, run, before: next[index - 1] })),
    ...leftOut.map(({ at, message }) => ({ at, message })),
  ].sort((a, b) => a.at - b.at);
  return (
    <>
      {isPaused && next.length > 0 && <p class="dim">It sends nothing now. As it is set, it would run:</p>}
      <ol class="plain next-runs" aria-label="next runs" tabIndex={0}>
        {rows.map((row) => {
          if (!("run" in row)) return <LeftOut key={`-${row.at}`} {...row} zone={zone} />;
          const { due, sentAt, note } = row.run;
          const { date, time, offset } = partsOf(due, zone);
          const isChanged = row.before !== undefined && partsOf(row.before.due, zone).offset !== offset;
          return (
            <li key={due}>
              <time dateTime={new Date(due).toISOString()} title={exact(due, zone)}>
                {weekday(date)} {date} {time}{" "}
                <span class={isChanged ? "changed" : "dim"}>
                  {offset}
                  {isChanged && " clocks have changed"}
                </span>
              </time>
              <span class="dim">
                {sentAt > due && `sent ${duration(sentAt - due)} later, `}
                {note !== null && `${note}, `}
                {relative(due)}
              </span>
            </li>
          );
        })}
      </ol>
      {ending !== null && <Empty>{ENDINGS[ending] ?? ending}</Empty>}
      <p class="dim">in {zone}</p>
    </>
  );
}

/** What a restriction takes away. */
function LeftOut({ at, message, zone }: Preview["leftOut"][number] & { readonly zone: string }): JSX.Element {
  const { date, time } = partsOf(at, zone);
  return (
    <li class="left-out">
      <s>
        {weekday(date)} {date} {time}
      </s>
      <span class="dim">{message}</span>
    </li>
  );
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

const weekday = (date: string): string => WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()]!;

export function Lints({ lints }: { readonly lints: Preview["lints"] }): JSX.Element {
  if (lints.length === 0) return <Empty>Nothing about it is likely to surprise.</Empty>;
  return (
    <ul class="plain lints">
      {lints.map(({ code, message, suggestion }) => (
        <li key={code + message} class={code === "never" ? "bad" : "warn"}>
          <span aria-hidden="true">!</span>
          <span>
            <strong>{code}</strong> {message}
            {suggestion !== undefined && (
              <>
                {" "}
                Instead: <code>{suggestion}</code>
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
