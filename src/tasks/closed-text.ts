/**
 * Texts of the store that are signed or sealed begin with a mark that no JSON begins with. An app with keys opens them before anybody
 * reads them; what it cannot open comes with the reason in its place.
 */
import { type ErrorCode, ResultError } from "../core/errors.js";

export const CLOSED = "~";
const REFUSED = `${CLOSED}!`;

/** Stands for a text that is not to be used. */
export function refusedText({
  code,
  message,
}: {
  readonly code: ErrorCode;
  readonly message: string;
}): string {
  return `${REFUSED}${code} ${message}`;
}

/** Why this text has no value here; null: it is open. */
export function closedReason(
  text: string | null,
): { readonly code: ErrorCode; readonly message: string } | null {
  if (text === null || !text.startsWith(CLOSED)) return null;
  const [, code, message] = /^~!(SUNBEAT_[A-Z_]+) (.*)$/s.exec(text) ?? [];
  if (code !== undefined && message !== undefined) return { code: code as ErrorCode, message };
  const needs = "it is signed or sealed, and this app has no signing and no encryption";
  return { code: "SUNBEAT_KEY_UNKNOWN", message: needs };
}

/** Codes: SUNBEAT_SIGNATURE_INVALID, SUNBEAT_KEY_UNKNOWN. `what` begins the message. */
export function assertOpen(text: string | null, what: string): void {
  const closed = closedReason(text);
  if (closed !== null) throw new ResultError(closed.code, `${what}: ${closed.message}`);
}
