/** How a tab of a worker shows what was asked, and has buttons that ask first. */
import type { ComponentChildren, JSX } from "preact";
import type { NodeAnswer } from "../../src/dashboard/node-answers.js";
import type { SeenNode } from "../../src/store/contracts/presence.js";
import { can } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { Empty, Failure } from "../parts/basics.js";
import { confirm, type Question } from "../parts/dialogs.js";

export interface TabProps {
  readonly node: Json<SeenNode>;
  readonly answers: Readonly<Record<string, NodeAnswer | null>>;
  readonly reload: () => void;
}

/** What was asked, or why it is not there. */
export function Said<T>({
  answers,
  verb,
  children,
}: Pick<TabProps, "answers"> & {
  readonly verb: string;
  readonly children: (ok: T) => ComponentChildren;
}): JSX.Element {
  const answer = answers[verb];
  if (answer === undefined) return <Empty>A node of this kind has no {verb}.</Empty>;
  if (answer === null) {
    return (
      <Empty>
        It does not answer: its event loop is blocked, or it has just ended. What it said last stands above.
      </Empty>
    );
  }
  if (answer.error !== null) return <Failure error={new Error(answer.error)} />;
  return <>{children(answer.ok as T)}</>;
}

export function Do({
  label,
  question,
  isHidden = false,
  isSmall = false,
}: {
  readonly label: string;
  readonly question: Question;
  readonly isHidden?: boolean;
  readonly isSmall?: boolean;
}): JSX.Element | null {
  if (isHidden || !can("control")) return null;
  return (
    <button type="button" class={isSmall ? "small" : ""} onClick={() => confirm(question)}>
      {label}
    </button>
  );
}
