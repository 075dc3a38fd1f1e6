/** Arguments and results as text, or why they are not shown. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { Shown as Value } from "../../src/dashboard/task-page.js";
import { send } from "../lib/api.js";
import { Copy } from "./basics.js";
import { attempt, Modal } from "./dialogs.js";

const WHY = {
  hidden: "You have no right to see this.",
  sealed: "This is encrypted, and no key here opens it.",
} as const;

export function Shown({ value, none }: { readonly value: Value; readonly none: string }): JSX.Element {
  const { text, why, isCut } = value;
  if (why !== null) return <p class="dim">{WHY[why]}</p>;
  if (text === null) return <p class="dim">{none}</p>;
  return (
    <div class="shown">
      <pre dir="ltr" tabIndex={0}>
        {text}
      </pre>
      <p class="dim">
        <Copy text={text} /> {isCut && "Cut: it is longer than 100,000 characters."}
      </p>
    </div>
  );
}

/** Other arguments for the same task. `go` gives what is told. */
export function ArgsForm({
  title,
  text,
  value,
  action,
  close,
  go,
}: {
  readonly title: string;
  readonly text: string;
  readonly value: Value;
  readonly action: string;
  readonly close: () => void;
  readonly go: (args: readonly unknown[]) => Promise<string | void>;
}): JSX.Element {
  const [args, setArgs] = useState(value.text ?? "[]");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    const read = readArgs(args);
    if (typeof read === "string") return setProblem(read);
    setProblem(null);
    setBusy(true);
    if (await attempt(() => go(read))) close();
    setBusy(false);
  };
  return (
    <Modal title={title} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p>{text}</p>
        {(value.isCut || value.text === null) && (
          <p class="dim">The arguments are not known whole here: give all of them.</p>
        )}
        <label>
          Arguments, a list as JSON
          <textarea
            class="args"
            rows={10}
            spellcheck={false}
            aria-invalid={problem !== null}
            aria-describedby="args-problem"
            value={args}
            onInput={(event) => setArgs(event.currentTarget.value)}
          />
        </label>
        <p id="args-problem" class="problem" role="alert">
          {problem}
        </p>
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {action}
          </button>
        </div>
      </form>
    </Modal>
  );
}

/** Text: what is wrong. */
export function readArgs(text: string): readonly unknown[] | string {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    return (error as Error).message;
  }
  if (!Array.isArray(read)) return "expected a list: [1, 2]";
  return /"\*\*"/.test(text)
    ? '"**" stands for what is hidden: give its value'
    : (read as readonly unknown[]);
}

export const sendArgs = (path: string, body: object): Promise<{ readonly id: string }> =>
  send("POST", path, body);
