/** What another schedule would make of the week to come. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { EntryPreview } from "../../src/monitor/preview.js";
import { can, me, send } from "../lib/api.js";
import { draftOfText, entryOf } from "../lib/draft.js";
import type { Json } from "../lib/json.js";
import { Link, part, query, setQuery } from "../lib/router.js";
import { Failure, Panel } from "../parts/basics.js";
import { NextRuns } from "../parts/entry-parts.js";
import { Load } from "../parts/load.js";

export function WhatIf({ zone }: { readonly zone: string }): JSX.Element {
  const [text, setText] = useState(query.value.get("whatif") ?? "");
  const [name, setName] = useState(query.value.get("entry") ?? "");
  const [preview, setPreview] = useState<Json<EntryPreview> | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const draft = draftOfText(text, me.value?.timezone ?? "UTC");
  const meant = entryOf({ ...draft, name, task: "what-if" });
  const look = async (): Promise<void> => {
    setQuery({ whatif: text, entry: name || null }, { replace: true });
    setPreview(null);
    setProblem("field" in meant ? meant.message : null);
    if ("field" in meant) return;
    try {
      const found = await send<Json<EntryPreview>>("POST", "/schedules/preview", {
        name: name || "what-if",
        entry: meant.entry,
      });
      setPreview(found);
      setProblem(found.problem?.message ?? null);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <Panel title="What if" class="wide">
      <form
        class="what-if"
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <label>
          Schedule
          <input
            value={text}
            required
            placeholder="*/5 8-18 * * mon-fri, or every 90s"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label>
          of entry
          <input
            value={name}
            placeholder="a new one"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <button type="submit">Look</button>
      </form>
      {problem !== null && <Failure error={new Error(problem)} />}
      {preview !== null && preview.problem === null && (
        <>
          <p>{preview.description}</p>
          {preview.load !== null && <Load load={preview.load} zone={zone} />}
          <details>
            <summary>Next runs</summary>
            <NextRuns preview={preview} />
          </details>
          {can("edit") && "entry" in meant && (
            <p>
              <Link
                to={`/schedules?new=1&draft=${part(JSON.stringify({ name: "", entry: { ...meant.entry, task: "" } }))}`}
              >
                Make it an entry
              </Link>
            </p>
          )}
        </>
      )}
    </Panel>
  );
}
