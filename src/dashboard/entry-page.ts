/** One entry for whoever may see it, with what a form needs to change it. */
import type { AlertMuteView } from "../app/index.js";
import type { EntryView } from "../beat/index.js";
import { maskCredentials } from "../core/credentials.js";
import { withoutSecrets } from "../core/plain-data.js";
import type { EntryPreview } from "../monitor/index.js";
import { type EntryForm, entryOptionsOf, formOf } from "./entry-form.js";
import { type EntryListed, listedOf } from "./entry-list.js";
import { showsArgs, type Viewer } from "./task-page.js";

export interface EntryPageView extends EntryListed {
  /** What was set, but for what may not be shown; null: it cannot be read here. */
  readonly entry: EntryForm | null;
  /** "shown": as they are; "kept": they stay on the server, whole or in part; "code": a function makes them. */
  readonly args: "shown" | "kept" | "code";
  /** Null: its code alone can tell. */
  readonly preview: EntryPreview | null;
  /** Who wanted to hear nothing of it; null: nobody. */
  readonly mute: AlertMuteView | null;
}

export async function showEntry(viewer: Viewer, view: EntryView): Promise<EntryPageView> {
  const { core } = viewer;
  const [mutes, stored] = [await core.alerts.mutes(), storedFormOf(view)];
  const form = stored === null ? null : shownForm(viewer, stored.form);
  const preview =
    stored === null || view.schedule === null
      ? null
      : await core.schedules.preview(
          view.name,
          { ...entryOptionsOf(stored.form), schedule: view.schedule },
          // The page is read at each tick, and a week of all entries is long to count.
          { load: false },
        );
  return {
    ...listedOf(view, core.schedules),
    entry: form?.entry ?? null,
    args: stored?.hasCodeArgs === true ? "code" : form?.isWhole === false ? "kept" : "shown",
    preview,
    mute: mutes.find(({ kind, subject }) => kind === "*" && subject === view.name) ?? null,
  };
}

interface Stored {
  readonly form: EntryForm;
  readonly hasCodeArgs: boolean;
}

function storedFormOf({ definition }: EntryView): Stored | null {
  try {
    const json = JSON.parse(definition) as Readonly<Record<string, unknown>>;
    return { form: formOf(json), hasCodeArgs: json["argsFrom"] === "code" };
  } catch {
    return null;
  }
}

/** Arguments of a stored entry, for a change that leaves them as they are. */
export function argsOfView(view: EntryView): readonly unknown[] {
  const args = storedFormOf(view)?.form["args"];
  return Array.isArray(args) ? args : [];
}

function shownForm(
  viewer: Viewer,
  form: EntryForm,
): { readonly entry: EntryForm; readonly isWhole: boolean } {
  const { args, ...rest } = form;
  const isHidden = (name: string): boolean => viewer.core.logger.hides(name);
  const entry = withoutSecrets(rest, isHidden) as EntryForm;
  if (args === undefined) return { entry, isWhole: true };
  if (!showsArgs(viewer)) return { entry, isWhole: false };
  const text = JSON.stringify(args);
  const shown = maskCredentials(JSON.stringify(withoutSecrets(args, isHidden)));
  return { entry: { ...entry, args: JSON.parse(shown) as unknown }, isWhole: shown === text };
}
