/** What is asked before something is done, and what is told after it. */
import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface Question {
  /** What is done, as a question: "Purge queue mail?". */
  readonly title: string;
  /** What it means, with its target and numbers. */
  readonly text: ComponentChildren;
  /** Of the button that does it: "Purge 1,204 tasks". */
  readonly action: string;
  /** It cannot be undone. */
  readonly isDangerous?: boolean;
  /** A field for words, such as a reason. */
  readonly field?: { readonly label: string; readonly value?: string; readonly isRequired?: boolean };
  readonly run: (words: string) => Promise<string | void>;
}

const question = signal<Question | null>(null);

interface Notice {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
}

const notices = signal<readonly Notice[]>([]);
let numbers = 0;

const NOTICE_MS = 6_000;

export function confirm(asked: Question): void {
  question.value = asked;
}

export function tell(text: string, isBad = false): void {
  const notice = { id: ++numbers, text, isBad };
  notices.value = [...notices.value.slice(-3), notice];
  setTimeout(
    () => (notices.value = notices.value.filter(({ id }) => id !== notice.id)),
    isBad ? 3 * NOTICE_MS : NOTICE_MS,
  );
}

/** Does it, and tells how it went: what it gives is told. */
export async function attempt(work: () => Promise<string | void>): Promise<boolean> {
  try {
    const said = await work();
    if (said !== undefined) tell(said);
    return true;
  } catch (error) {
    tell((error as Error).message, true);
    return false;
  }
}

export function Dialogs(): JSX.Element {
  return (
    <>
      {question.value !== null && <Ask key={question.value.title} asked={question.value} />}
      <div class="notices" role="status" aria-live="polite">
        {notices.value.map(({ id, text, isBad }) => (
          <p key={id} class={isBad ? "bad" : ""}>
            {text}
          </p>
        ))}
      </div>
    </>
  );
}

function Ask({ asked }: { readonly asked: Question }): JSX.Element {
  const { title, text, action, isDangerous, field, run } = asked;
  const [words, setWords] = useState(field?.value ?? "");
  const [isBusy, setBusy] = useState(false);
  const end = (): void => void (question.value = null);
  const go = async (): Promise<void> => {
    setBusy(true);
    if (await attempt(() => run(words))) end();
    setBusy(false);
  };
  return (
    <Modal title={title} close={end}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <div class="text">{text}</div>
        {field !== undefined && (
          <label>
            {field.label}
            <input
              value={words}
              required={field.isRequired === true}
              maxLength={255}
              onInput={(event) => setWords(event.currentTarget.value)}
            />
          </label>
        )}
        <div class="buttons">
          <button type="button" onClick={end}>
            Cancel
          </button>
          <button type="submit" class={isDangerous === true ? "danger" : "primary"} disabled={isBusy}>
            {action}
          </button>
        </div>
      </form>
    </Modal>
  );
}

export function Modal({
  title,
  close,
  children,
}: {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const had = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    // Once the dialog is gone: while it stands, nothing behind it can have the focus.
    return () => queueMicrotask(() => had?.focus());
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onClose={close} onCancel={close}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}
