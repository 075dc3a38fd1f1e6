/** A message of a failed task is sent again by the ordinary way. */
import { isFinal } from "../../tasks/states.js";
import type { NewMessage } from "../../tasks/message.js";
import type { Results } from "../contracts/results.js";
import type { Sender } from "../contracts/sender.js";

interface FailedLetters {
  /** Null: there is none of this id. */
  find(id: string): Promise<NewMessage | null>;
  /** Gives whether it was there. */
  drop(id: string): Promise<boolean>;
}

interface Stores {
  readonly sender: Pick<Sender, "enqueue">;
  readonly results: Pick<Results, "get" | "forget">;
  readonly failed: FailedLetters;
}

/**
 * Gives whether it was sent. The letter goes last: after a crash in between it is there still, and is not sent a second time where its
 * message is there.
 */
export async function redriveFailed({ sender, results, failed }: Stores, id: string): Promise<boolean> {
  const message = await failed.find(id);
  if (message === null) return false;
  const [result = null] = await results.get([id]);
  const isOver = result !== null && (!isFinal(result.state) || result.state === "SUCCESS");
  if (!isOver) await results.forget([id]);
  const [outcome] = isOver ? ["duplicate"] : await sender.enqueue([message]);
  if (outcome === "full") return false;
  await failed.drop(id);
  return outcome !== "duplicate";
}
