import type { StoreContents } from "../contracts/survey.js";
import type { Handle } from "./driver.js";
import { DEAD } from "./schema.js";

/** Whose entries a file has, and its dead letters, the newest `most` of them with their reasons. */
export function contentsOf(handle: Handle, most: number): StoreContents {
  const owners = handle
    .prepare("SELECT owner, count(*) AS entries FROM entry GROUP BY owner ORDER BY owner")
    .all() as StoreContents["owners"];
  const dead = `FROM message WHERE state = ${DEAD}`;
  const { count } = handle.prepare(`SELECT count(*) AS count ${dead}`).get() as { count: number };
  const newest = handle
    .prepare(`SELECT task, queue, dead_reason AS reason ${dead} ORDER BY seq DESC LIMIT ?`)
    .all(most) as StoreContents["newestDead"];
  return { owners, dead: count, newestDead: newest };
}
