/**
 * What became of a task, signed, sealed, or both: the payload of its record is
 *
 *     ~<key>.<base64url>\n[id, state, ...ids of runs that it stands for]\n<payload, or "*" and what seals it>
 *
 * The store writes records of its own, without a key: how it ended a task. They have no value that anybody uses.
 */
import type { ResultRecord, StoredResult } from "../store/contracts/results.js";
import { CLOSED, refusedText } from "../tasks/closed-text.js";
import { isTold } from "./descent.js";
import type { Keys } from "./envelope.js";
import { type Flaw, invalid, isFlaw, UNSIGNED } from "./flaw.js";
import { isJoin, openJoin } from "./sources.js";

const SEALED = "*";

/** The record as the store gets it; as it is where there is no key, or no value. */
export function closeRecord(
  { ring, seals }: Keys,
  id: string,
  record: ResultRecord,
  standsFor: readonly string[],
): ResultRecord {
  const { state, payload } = record;
  if ((!ring.signs && seals === null) || (payload === null && state !== "SUCCESS")) return record;
  const head = JSON.stringify([id, state, ...standsFor]);
  const text = payload !== null && seals !== null ? SEALED + seals.seal(payload, head) : (payload ?? "");
  const rest = `${head}\n${text}`;
  return { ...record, payload: `${CLOSED}${ring.sign("result", rest)}\n${rest}` };
}

/** The record as it is read: where it is not to be used, with why for a payload. Total. */
export function openRecord(keys: Keys, record: StoredResult): StoredResult {
  const payload = openPayload(keys, record);
  if (payload === record.payload) return record;
  return { ...record, payload: isFlaw(payload) ? refusedText(payload) : payload };
}

function openPayload(keys: Keys, record: StoredResult): string | null | Flaw {
  const { payload, state, reason } = record;
  if (payload?.startsWith(CLOSED)) return openClosed(keys, record, payload);
  if (isJoin(record)) return openJoin(keys.ring, record.id, record.payload);
  const hasValue = state === "SUCCESS" || (payload !== null && reason !== "upstream");
  return keys.ring.requires && hasValue ? UNSIGNED : payload;
}

function openClosed({ ring, seals }: Keys, record: StoredResult, text: string): string | null | Flaw {
  const end = text.indexOf("\n");
  const at = text.indexOf("\n", end + 1);
  if (end < 0 || at < 0) return invalid("its record cannot be read");
  const signature = text.slice(CLOSED.length, end);
  if (signature !== "") {
    const flaw = ring.flawOf("result", text.slice(end + 1), signature);
    if (flaw !== null) return flaw;
  } else if (ring.requires) return UNSIGNED;
  const headText = text.slice(end + 1, at);
  const [own, state, ...standsFor] = textsFrom(headText);
  if (own === undefined || !isTold(record.id, own, standsFor))
    return invalid("it is the result of another task");
  if (state !== record.state) return invalid("its state is not the one that was signed");
  const payload = text.slice(at + 1);
  if (payload === "") return null;
  if (!payload.startsWith(SEALED)) return payload;
  if (seals !== null) return seals.open(payload.slice(SEALED.length), headText);
  return { code: "SUNBEAT_KEY_UNKNOWN", message: "it is sealed, and this app has no encryption" };
}

/** Empty: it is no list of texts. */
function textsFrom(json: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) && list.every((one) => typeof one === "string") ? list : [];
  } catch {
    return [];
  }
}
