/** Dead letters, and what is kept of tasks that failed: with their errors, in groups, and one whole. */
import type { AppCore, DeadView } from "../app/index.js";
import type { EpochMs } from "../core/clock.js";
import { maskCredentials } from "../core/credentials.js";
import { decodeFailure } from "../tasks/failure.js";

export interface LetterFilter {
  /** Those kept since their tasks failed, and no dead letters. */
  readonly failed?: boolean | undefined;
  readonly queue?: string | undefined;
  readonly task?: string | undefined;
  readonly reason?: string | undefined;
  /** "" for those without one. */
  readonly error?: string | undefined;
}

export interface Letter extends DeadView {
  /** `Name: message` of a task that failed, with credentials masked; null: none is known here. */
  readonly error: string | null;
}

/** Those of one reason, task and error. */
export interface LetterGroup {
  readonly reason: string;
  readonly task: string;
  readonly error: string | null;
  readonly count: number;
  readonly newest: EpochMs;
  readonly oldest: EpochMs;
}

export interface FoundLetters {
  /** Newest first. */
  readonly letters: readonly Letter[];
  /** False: the oldest were not looked at. */
  readonly isAll: boolean;
}

/** Looked at, of one queue or all: their bodies come with them. */
const LOOKED_AT = 500;
const MOST_ERROR = 256;

type Source = Pick<AppCore, "dead" | "lazyStore">;

/** The newest that match. */
export async function readLetters(core: Source, filter: LetterFilter): Promise<FoundLetters> {
  const { failed = false, queue } = filter;
  const found = await core.dead.list({ failed, queue, limit: LOOKED_AT });
  const errors = failed ? await errorsOf(core, found) : new Map<string, string>();
  const letters = found
    .map((letter) => ({ ...letter, error: errors.get(letter.id) ?? null }))
    .filter((letter) => matches(letter, filter));
  return { letters, isAll: found.length < LOOKED_AT };
}

export function groupsOf(letters: readonly Letter[]): LetterGroup[] {
  const groups = new Map<string, LetterGroup>();
  for (const { reason, task, error, at } of letters) {
    const key = JSON.stringify([reason, task, error]);
    const known = groups.get(key);
    groups.set(
      key,
      known === undefined
        ? { reason, task, error, count: 1, newest: at.getTime(), oldest: at.getTime() }
        : { ...known, count: known.count + 1, oldest: at.getTime() },
    );
  }
  return [...groups.values()].sort((a, b) => b.count - a.count || b.newest - a.newest);
}

/** Null: there is none of this id among the newest. */
export async function findLetter(core: Source, id: string, failed: boolean): Promise<Letter | null> {
  return (await readLetters(core, { failed })).letters.find((letter) => letter.id === id) ?? null;
}

/**
 * Pages of ids that match and were there at the start: one that is put back may be here again at once. Each page is to be worked off
 * before the next is asked for.
 */
export async function* letterPages(core: Source, filter: LetterFilter): AsyncGenerator<readonly string[]> {
  const startedAt = await core.lazyStore.now();
  const seen = new Set<string>();
  for (;;) {
    const { letters } = await readLetters(core, filter);
    const ids = letters
      .filter(({ id, at }) => at.getTime() <= startedAt && !seen.has(id))
      .map(({ id }) => id);
    if (ids.length === 0) return;
    for (const id of ids) seen.add(id);
    yield ids;
  }
}

function matches(letter: Letter, { task, reason, error }: LetterFilter): boolean {
  return (
    (task === undefined || letter.task === task) &&
    (reason === undefined || letter.reason === reason) &&
    (error === undefined || (letter.error ?? "") === error)
  );
}

async function errorsOf(
  { lazyStore: { results } }: Source,
  letters: readonly DeadView[],
): Promise<Map<string, string>> {
  const found = await results.get(letters.map(({ id }) => id));
  const errors = new Map<string, string>();
  for (const [index, result] of found.entries()) {
    if (result?.state === "FAILURE") errors.set(letters[index]!.id, errorOf(result.payload));
  }
  return errors;
}

function errorOf(payload: string | null): string {
  const { name, message } = decodeFailure(payload);
  return maskCredentials(`${name}: ${message}`.slice(0, MOST_ERROR));
}
