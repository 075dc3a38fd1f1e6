/** What is done to entries by hand: asked, done one after the other, and told. */
import { send } from "./api.js";
import { part } from "./router.js";
import { attempt, confirm } from "../parts/dialogs.js";

const at = (name: string): string => `/schedules/${part(name)}`;

export interface EntryAction {
  readonly name: string;
  readonly right: "pause" | "trigger" | "acknowledge";
  /** "Pause": of one and of many. */
  readonly title: string;
  readonly text: string;
  readonly done: string;
  /** The button that stands there afterwards takes it back: of one entry it is not asked for. */
  readonly isUndoable?: boolean;
  readonly run: (entry: string) => Promise<unknown>;
}

export const PAUSE: EntryAction = {
  ...{ name: "Pause", right: "pause", title: "Pause", done: "paused; resume to go on" },
  text: "Nothing is sent until it is resumed. What was due in the meantime is recorded as skipped.",
  isUndoable: true,
  run: (entry) => send("POST", `${at(entry)}/pause`),
};
export const RESUME: EntryAction = {
  ...{ name: "Resume", right: "pause", title: "Resume", done: "resumed" },
  text: "It goes on from now: what was due while it was paused is not made up.",
  isUndoable: true,
  run: (entry) => send("POST", `${at(entry)}/resume`),
};
export const TRIGGER: EntryAction = {
  ...{ name: "Trigger", right: "trigger", title: "Send a run now of", done: "told to run" },
  text: "The run goes beside the schedule, and heeds overlap and lock. It cannot be taken back.",
  run: (entry) => send("POST", `${at(entry)}/trigger`),
};
export const MUTE: EntryAction = {
  ...{ name: "Mute", right: "acknowledge", title: "Mute", done: "muted for a day" },
  text: "Nobody is told of its alerts for a day. They stand all the same.",
  isUndoable: true,
  run: (entry) => send("POST", `${at(entry)}/mute`, { seconds: 86_400 }),
};
export const UNMUTE: EntryAction = {
  ...{ name: "Unmute", right: "acknowledge", title: "Unmute", done: "heard again" },
  text: "Its alerts are told again.",
  isUndoable: true,
  run: (entry) => send("POST", `${at(entry)}/mute`, { end: true }),
};

/** Of many it does each, and tells how many it could not do. */
export function askFor(action: EntryAction, names: readonly string[], after: () => void): void {
  const one = names.length === 1;
  const whom = one ? names[0]! : `${names.length} entries`;
  const run = async (): Promise<string> => {
    const failures: string[] = [];
    for (const name of names) {
      try {
        await action.run(name);
      } catch (error) {
        failures.push(`${name}: ${(error as Error).message}`);
      }
    }
    after();
    if (failures.length > 0) {
      throw new Error(`${names.length - failures.length} of ${names.length} ${action.done}. ${failures[0]}`);
    }
    return `${whom} ${one ? "is" : "are"} ${action.done}`;
  };
  if (one && action.isUndoable === true) {
    void attempt(run);
    return;
  }
  confirm({
    title: `${action.title} ${whom}?`,
    text: one ? action.text : `${action.text} ${named(names)}`,
    action: one ? action.name : `${action.name} ${names.length} entries`,
    run,
  });
}

function named(names: readonly string[]): string {
  const [shown, more] = [names.slice(0, 5), names.length - 5];
  return more > 0 ? `${shown.join(", ")} and ${more} more.` : `${shown.join(", ")}.`;
}

/** Runs a tick that was skipped, or missed while it was paused, as though it had been sent then. */
export function runTick(entry: string, due: number, force: boolean, after: () => void): void {
  void attempt(async () => {
    const body = { due, ...(force && { force }) };
    const { outcome } = await send<{ readonly outcome: string }>("POST", `${at(entry)}/trigger`, body);
    after();
    return outcome === "sent" ? "the tick is sent" : `not sent now: ${outcome}`;
  });
}
