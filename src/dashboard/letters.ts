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
  /** Where to go on; null: there is no more. */
  readonly next: string | null;
}

export interface GroupedLetters {
  readonly groups: readonly LetterGroup[];
  /** Letters in them. */
  readonly found: number;
  /** False: the oldest were not looked at. */
  readonly isAll: boolean;
}

/** Looked at in one step: their bodies come with them. */
const STEP = 500;
/** Looked at for groups. */
const MOST_GROUPED = 10_000;
/** For one page, of those that do not match. */
const MOST_STEPS = 20;
const MOST_ERROR = 256;

type Source = Pick<AppCore, "dead" | "lazyStore">;

/** A page: about `limit` that match, fewer where they are far between. */
export async function readLetters(
  core: Source,
  filter: LetterFilter,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<FoundLetters> {
  const { error, ...query } = filter;
  const letters: Letter[] = [];
  let from = after;
  for (let step = 0; step < MOST_STEPS; step++) {
    const page = await core.dead.list({ ...query, after: from, limit });
    const errors = filter.failed ? await errorsOf(core, page.letters) : new Map<string, string>();
    for (const letter of page.letters) {
      const own = errors.get(letter.id) ?? null;
      if (error === undefined || (own ?? "") === error) letters.push({ ...letter, error: own });
    }
    if (page.next === null) return { letters, next: null };
    from = page.next;
    if (letters.length >= limit) break;
  }
  return { letters, next: from ?? null };
}

/** Of the newest. */
export async function groupLetters(core: Source, filter: LetterFilter): Promise<GroupedLetters> {
  const groups = new Map<string, LetterGroup>();
  let [found, after]: [number, string | undefined] = [0, undefined];
  for (let looked = 0; looked < MOST_GROUPED; looked += STEP) {
    const page: FoundLetters = await readLetters(core, filter, { after, limit: STEP });
    found += page.letters.length;
    addTo(groups, page.letters);
    if (page.next === null) return { groups: sorted(groups), found, isAll: true };
    after = page.next;
  }
  return { groups: sorted(groups), found, isAll: false };
}

function addTo(groups: Map<string, LetterGroup>, letters: readonly Letter[]): void {
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
}

const sorted = (groups: ReadonlyMap<string, LetterGroup>): LetterGroup[] =>
  [...groups.values()].sort((a, b) => b.count - a.count || b.newest - a.newest);

/** Null: there is none of this id. */
export async function findLetter(core: Source, id: string): Promise<Letter | null> {
  const [letter = null] = await core.dead.get(id);
  return letter && { ...letter, error: (await errorsOf(core, [letter])).get(id) ?? null };
}

/** Pages of ids that match and were there at the start: one that is put back may be here again at once. */
export async function* letterPages(core: Source, filter: LetterFilter): AsyncGenerator<readonly string[]> {
  const startedAt = await core.lazyStore.now();
  for (let after: string | undefined; ;) {
    const { letters, next }: FoundLetters = await readLetters(core, filter, { after, limit: STEP });
    const ids = letters.filter(({ at }) => at.getTime() <= startedAt).map(({ id }) => id);
    if (ids.length > 0) yield ids;
    if (next === null) return;
    after = next;
  }
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
