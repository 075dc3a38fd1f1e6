/** What has not ended, over one queue or all of them. */
import type { AppCore } from "../app/index.js";
import { invalidOption } from "../core/options.js";
import type { BrowsedMessage, MessageState } from "../store/contracts/queues.js";

export interface Waiting {
  readonly state: MessageState;
  /** Absent: of all queues, one after the other, by name. */
  readonly queue?: string | undefined;
  readonly task?: string | undefined;
}

export interface WaitingPage {
  readonly messages: readonly BrowsedMessage[];
  /** Null: there is no more. */
  readonly next: string | null;
}

/** Pages of queues that one page looks at: of a task that is rare most are empty. */
const MOST_STEPS = 20;

export async function browseWaiting(
  core: Pick<AppCore, "queues">,
  { state, queue, task }: Waiting,
  { cursor, limit = 50 }: { readonly cursor?: string | undefined; readonly limit?: number | undefined } = {},
): Promise<WaitingPage> {
  let [at, after] = cursor === undefined ? ["", null] : readCursor(cursor);
  const queues =
    queue === undefined
      ? (await core.queues.list()).filter((each) => each[state] > 0).map((each) => each.queue)
      : [queue];
  const messages: BrowsedMessage[] = [];
  let steps = 0;
  for (const name of queues) {
    if (name < at) continue;
    if (name !== at) [at, after] = [name, null];
    do {
      if (messages.length >= limit || steps++ >= MOST_STEPS)
        return { messages, next: JSON.stringify([at, after]) };
      const options = { state, task, limit: limit - messages.length, ...(after !== null && { after }) };
      const page = await core.queues.browse(name, options);
      messages.push(...page.messages);
      after = page.next;
    } while (after !== null);
  }
  return { messages, next: null };
}

function readCursor(cursor: string): [queue: string, after: string | null] {
  try {
    const read: unknown = JSON.parse(cursor);
    if (
      Array.isArray(read) &&
      typeof read[0] === "string" &&
      (read[1] === null || typeof read[1] === "string")
    )
      return [read[0], read[1]];
  } catch {
    // Told below.
  }
  throw invalidOption("cursor", "where an earlier page ended", cursor);
}
