/** The end of a file, for log lines. */
import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from "node:fs";
import type { Clock } from "../core/clock.js";
import { messageOf } from "../core/errors.js";

/** Whoever rotates logs moves the file away: that is looked for so often. */
const LOOK_MS = 1_000;
const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;

/**
 * Appends to a file, which is made with mode 0600 where it is not there, and throws where it cannot be opened: a symbolic link is not
 * followed, since somebody else may have put it there. A file that was moved away or removed is left for a new one of its name within a
 * second, so that rotation needs no signal; one that was cut to nothing is written on from its start. Synchronous, as stderr is: the last
 * lines before an end by force are those that are wanted most.
 *
 * A full disk must not end the work: `tell` hears of the first line that could not be written, and the lines until it can be are lost.
 */
export function appendTo(
  file: string,
  clock: Pick<Clock, "monotonicMs">,
  tell: (problem: string) => void,
): (text: string) => void {
  let descriptor = openToAppend(file);
  let lookedAt = clock.monotonicMs();
  let isFailing = false;
  /** Why a file that was moved away is still written to. */
  let unfollowed: string | null = null;
  const follow = (): void => {
    const now = clock.monotonicMs();
    if (now - lookedAt < LOOK_MS) return;
    lookedAt = now;
    try {
      if (wasMoved(file, descriptor)) {
        const next = openToAppend(file);
        closeSync(descriptor);
        descriptor = next;
      }
      unfollowed = null;
    } catch (error) {
      unfollowed = messageOf(error);
    }
  };
  return (text) => {
    follow();
    let problem = unfollowed;
    try {
      writeSync(descriptor, text);
    } catch (error) {
      problem = messageOf(error);
    }
    if (problem !== null && !isFailing) tell(problem);
    isFailing = problem !== null;
  };
}

function openToAppend(file: string): number {
  // Not blocking: a pipe that nobody reads would keep us waiting.
  const descriptor = openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const stats = fstatSync(descriptor);
  if (stats.isFile() || stats.isCharacterDevice()) return descriptor;
  closeSync(descriptor);
  throw new Error(`${file} is no file`);
}

function wasMoved(file: string, descriptor: number): boolean {
  const open = fstatSync(descriptor);
  const now = statSync(file, { throwIfNoEntry: false });
  return now === undefined || now.ino !== open.ino || now.dev !== open.dev;
}
