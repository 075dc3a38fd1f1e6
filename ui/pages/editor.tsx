/** Editor: an entry as a form, with what it would be beside it, all the time. */
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { EntryForm } from "../../src/dashboard/entry-form.js";
import type { EntryPreview } from "../../src/monitor/preview.js";
import { can, me, Problem, send } from "../lib/api.js";
import { type Draft, draftOf, entryOf, newDraft } from "../lib/draft.js";
import { entryCode } from "../lib/entry-code.js";
import type { Json } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { Link, navigate, part, query } from "../lib/router.js";
import { partsOf, zoneFor } from "../lib/time.js";
import { Copy, Empty, Failure, Panel, Skeleton } from "../parts/basics.js";
import { tell } from "../parts/dialogs.js";
import { EntryFields } from "../parts/entry-fields.js";
import { Lints, NextRuns } from "../parts/entry-parts.js";
import { Load } from "../parts/load.js";
import { KIND_WORDS } from "../parts/zone-nights.js";
import type { EntryPage } from "./schedule.js";

/** What nobody types on for so long is previewed. */
const PAUSE_MS = 350;

export function Editor({ id }: { readonly id: string | null }): JSX.Element {
  const { data, error, reload } = useResource<EntryPage>(id === null ? null : `/schedules/${part(id)}`, {
    stale: ["schedules"],
    everyMs: 10_000,
  });
  if (!can("edit")) return <Failure error={new Error("To change entries takes the right to edit.")} />;
  if (id === null) return <Form key="new" stored={null} initial={initialDraft()} reload={reload} />;
  if (data === null)
    return error === null ? <Skeleton lines={10} /> : <Failure error={error} retry={reload} />;
  if (data.owner !== "runtime" || data.entry === null) {
    return (
      <>
        <h1>{id}</h1>
        <Empty>
          Code declares it, so it is changed there.{" "}
          <Link to={`/schedules/${part(id)}`}>See the code to change</Link>
        </Empty>
      </>
    );
  }
  return <Form key={id} stored={data} initial={storedDraft(data)} reload={reload} />;
}

/** The first that is named in it. */
function timezoneIn(schedule: unknown): string | null {
  if (typeof schedule !== "object" || schedule === null) return null;
  const { timezone } = schedule as { readonly timezone?: unknown };
  if (typeof timezone === "string") return timezone;
  return Object.values(schedule).reduce<string | null>((found, part) => found ?? timezoneIn(part), null);
}

const appZone = (): string => me.value?.timezone ?? "UTC";

function draftFrom(name: string, entry: EntryForm): Draft {
  const zone = timezoneIn(entry.schedule) ?? appZone();
  const local = (at: number): string => {
    if (at % 1_000 !== 0) return new Date(at).toISOString();
    const { date, time, offset } = partsOf(at, zone);
    return `${date}T${time}${offset}`;
  };
  return draftOf(name, entry, zone, local);
}

const storedDraft = ({ name, entry }: EntryPage): Draft => draftFrom(name, entry as EntryForm);

function initialDraft(): Draft {
  try {
    const { name, entry } = JSON.parse(query.value.get("draft") ?? "") as {
      readonly name: string;
      readonly entry: EntryForm;
    };
    return draftFrom(name, entry);
  } catch {
    return newDraft(appZone());
  }
}

function Form({
  stored,
  initial,
  reload,
}: {
  readonly stored: EntryPage | null;
  readonly initial: Draft;
  readonly reload: () => void;
}): JSX.Element {
  const [draft, setDraft] = useState(initial);
  const [revision, setRevision] = useState(stored?.revision ?? null);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const name = draft.name.trim();
  const meant = useMemo(() => entryOf(draft), [draft]);
  const entry = "entry" in meant ? meant.entry : null;
  const { preview, failure } = usePreview(draft.name || "new", entry);
  const isReady = name !== "" && draft.task.trim() !== "";
  const isOvertaken = stored !== null && revision !== null && stored.revision !== revision;
  const save = async (): Promise<void> => {
    if (entry === null || !isReady) return;
    setBusy(true);
    setProblem(null);
    try {
      const body = {
        entry,
        ...(stored?.args === "kept" && entry["args"] === undefined && { keepArgs: true }),
      };
      await send("PUT", `/schedules/${part(name)}`, body, { "if-match": `"${revision ?? "*none"}"` });
      tell(`${name} is saved`);
      navigate(`/schedules/${part(name)}`);
    } catch (error) {
      const isTaken = error instanceof Problem && error.status === 412;
      if (isTaken && stored === null)
        setProblem(`An entry named ${name} is there already: choose another name.`);
      else if (isTaken) reload();
      else setProblem((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const wrong = "field" in meant ? meant : null;
  const bad = wrong?.message ?? preview?.problem?.message ?? null;
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <header class="page-head">
        <h1>{stored === null ? "New entry" : `Edit ${stored.name}`}</h1>
        <div class="row-actions">
          <Link class="button" to={stored === null ? "/schedules" : `/schedules/${part(stored.name)}`}>
            Cancel
          </Link>
          <button type="submit" class="primary" disabled={isBusy || bad !== null || !isReady || isOvertaken}>
            Save
          </button>
        </div>
      </header>
      {problem !== null && <Failure error={new Error(problem)} />}
      {isOvertaken && entry !== null && (
        <Overtaken
          stored={stored}
          mine={entry}
          takeTheirs={() => {
            setDraft(storedDraft(stored));
            setRevision(stored.revision);
          }}
          keepMine={() => setRevision(stored.revision)}
        />
      )}
      <div class="editing">
        <EntryFields
          draft={draft}
          isNew={stored === null}
          args={stored?.args ?? "shown"}
          timezone={appZone()}
          wrong={wrong}
          set={(change) => setDraft((before) => ({ ...before, ...change }))}
        />
        <div class="preview" aria-live="polite">
          {failure !== null && <Failure error={failure} />}
          {bad !== null && <Wrong message={bad} preview={preview} />}
          {entry !== null && preview !== null && preview.problem === null && (
            <Shown preview={preview} code={entryCode(name || "new", entry)} />
          )}
          {preview === null && failure === null && bad === null && <Skeleton />}
        </div>
      </div>
    </form>
  );
}

/** The newest answer; while another is awaited that of before stays. */
function usePreview(
  name: string,
  entry: EntryForm | null,
): { readonly preview: Json<EntryPreview> | null; readonly failure: Error | null } {
  const [state, setState] = useState<{ preview: Json<EntryPreview> | null; failure: Error | null }>({
    ...{ preview: null, failure: null },
  });
  // When it runs is told before what.
  const text =
    entry === null ? null : JSON.stringify({ name, entry: { ...entry, task: entry.task ?? "task" } });
  useEffect(() => {
    if (text === null) return setState({ preview: null, failure: null });
    let isOld = false;
    const timer = setTimeout(() => {
      send<Json<EntryPreview>>("POST", "/schedules/preview", JSON.parse(text) as object).then(
        (preview) => !isOld && setState({ preview, failure: null }),
        (failure: Error) => !isOld && setState({ preview: null, failure }),
      );
    }, PAUSE_MS);
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [text]);
  return state;
}

/** With the place in the text, where it is known. */
function Wrong({
  message,
  preview,
}: {
  readonly message: string;
  readonly preview: Json<EntryPreview> | null;
}): JSX.Element {
  const details = preview?.problem?.details as
    { readonly position?: number; readonly text?: unknown } | undefined;
  const { position, text } = details ?? {};
  return (
    <div class="failure" role="alert">
      <p>{message}</p>
      {typeof position === "number" && typeof text === "string" && (
        <pre>{`${text}\n${" ".repeat(position)}^`}</pre>
      )}
    </div>
  );
}

function Shown({
  preview,
  code,
}: {
  readonly preview: Json<EntryPreview>;
  readonly code: string;
}): JSX.Element {
  const { description, timezone, lints, zoneNights, load } = preview;
  return (
    <>
      <Panel title={description ?? "Known to its code alone"}>
        <NextRuns preview={preview} />
      </Panel>
      <Panel title="Remarks">
        {(lints.length > 0 || zoneNights.length === 0) && <Lints lints={lints} />}
        {zoneNights.length > 0 && (
          <ul class="plain">
            {zoneNights.slice(0, 4).map(({ at, kind, message }) => (
              <li key={at}>
                <span>
                  <strong>{partsOf(at - 60_000, timezone ?? "UTC").date}</strong> {KIND_WORDS[kind]}:{" "}
                  {message}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Panel>
      {load !== null && (
        <Panel title="Change of load">
          <Load load={load} zone={zoneFor(timezone)} />
        </Panel>
      )}
      <details class="panel">
        <summary>As code</summary>
        <div class="code">
          <pre>{code}</pre>
          <Copy text={code} label="Copy as code" />
        </div>
      </details>
    </>
  );
}

function Overtaken({
  stored,
  mine,
  takeTheirs,
  keepMine,
}: {
  readonly stored: EntryPage;
  readonly mine: EntryForm;
  readonly takeTheirs: () => void;
  readonly keepMine: () => void;
}): JSX.Element {
  const theirs = (stored.entry ?? {}) as Readonly<Record<string, unknown>>;
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])].filter(
    (key) => JSON.stringify(theirs[key]) !== JSON.stringify(mine[key]),
  );
  const text = (value: unknown): string => (value === undefined ? "not set" : JSON.stringify(value));
  return (
    <div class="failure" role="alert">
      <p>Somebody has saved this entry since you opened it. Compare, and decide:</p>
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Saved by somebody</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key}>
              <td data-name="What">{key}</td>
              <td data-name="Saved by somebody">{text(theirs[key])}</td>
              <td data-name="Yours">{text(mine[key])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="row-actions">
        <button type="button" onClick={takeTheirs}>
          Take what was saved
        </button>
        <button type="button" onClick={keepMine}>
          Keep mine, and save over it
        </button>
      </div>
    </div>
  );
}
