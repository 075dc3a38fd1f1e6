/** Where alerts go: URLs and secrets of options. Whoever may write options may name an inner host, so only the form is judged. */
import { invalidOption } from "../core/options.js";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const EXPECTED = "an https URL (http where it is this machine), without a user name or a password in it";

/** The message shows nothing of the URL: paths of hooks are secrets. Code: SUNBEAT_OPTION_INVALID. */
export function urlOption(given: unknown, what: string): string {
  const url = typeof given === "string" ? parsed(given) : null;
  const isFine =
    url !== null &&
    (url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.test(url.hostname))) &&
    url.username === "" &&
    url.password === "";
  if (!isFine) throw invalidOption(what, EXPECTED, typeof given === "string" ? "[hidden]" : given);
  return url.href;
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Scheme and host of a URL: what may be shown of it. */
export function shownUrl(text: string): string {
  return parsed(text)?.origin ?? "a URL that cannot be read";
}

const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** The message shows nothing of the secret. Code: SUNBEAT_OPTION_INVALID. */
export function secretKeys(given: string | readonly string[], what: string): readonly Uint8Array[] {
  const list: readonly unknown[] = typeof given === "string" ? [given] : given;
  if (!Array.isArray(list) || list.length === 0)
    throw invalidOption(what, "a secret, or a list of them", given);
  return list.map((secret) => {
    const text = typeof secret === "string" ? secret.replace(/^whsec_/, "") : "";
    const key = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : Buffer.alloc(0);
    if (key.length >= LEAST_BYTES && key.length <= MOST_BYTES) return key;
    throw invalidOption(
      what,
      `"whsec_" and base64 of ${LEAST_BYTES} to ${MOST_BYTES} bytes (openssl rand -base64 32)`,
      secret === "" ? "" : "[hidden]",
    );
  });
}
