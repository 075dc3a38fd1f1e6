/**
 * The keys of one app, by name: who has one of them may speak. Each kind of text has a purpose, which is signed with it, so that what
 * was signed as one thing is not taken for another.
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";
import type { SigningConfig } from "../config/keys.js";
import type { Flaw } from "./flaw.js";

export type Purpose = "message" | "result" | "join" | "added" | "entry" | "control";

interface Key {
  readonly key: KeyObject;
  /** Of an Ed25519 key; null: the same key verifies. */
  readonly verifier: KeyObject | null;
}

export class KeyRing {
  /** Whether what is not signed is refused. */
  readonly requires: boolean;
  /** Whether this process has a key to sign with. */
  readonly signs: boolean;
  readonly #keys = new Map<string, Key>();
  readonly #current: string | null;

  /** Null: it knows no key, and requires none. */
  constructor(config: SigningConfig | null) {
    this.requires = config?.require ?? false;
    this.#current = config?.current ?? null;
    this.signs = this.#current !== null;
    for (const [name, secret] of Object.entries(config?.keys ?? {}))
      this.#keys.set(name, keyOf(secret.reveal()));
    for (const [name, pem] of Object.entries(config?.publicKeys ?? {})) {
      const key = createPublicKey(pem);
      this.#keys.set(name, { key, verifier: key });
    }
  }

  /** "<name of the key>.<base64url>"; "": it has no key to sign with. */
  sign(purpose: Purpose, text: string): string {
    const name = this.#current;
    if (name === null) return "";
    const { key, verifier } = this.#keys.get(name)!;
    const prefix = prefixOf(purpose, name);
    if (verifier !== null)
      return `${name}.${sign(null, Buffer.from(prefix + text), key).toString("base64url")}`;
    return `${name}.${createHmac("sha256", key).update(prefix).update(text).digest("base64url")}`;
  }

  /** What is wrong with the signature of a text; null: it is that of one who has a key. */
  flawOf(purpose: Purpose, text: string, signature: string): Flaw | null {
    const at = signature.indexOf(".");
    const name = signature.slice(0, Math.max(0, at));
    const known = this.#keys.get(name);
    if (known === undefined) return unknownKey("signing", name);
    const given = Buffer.from(signature.slice(at + 1), "base64url");
    return isRight(known, prefixOf(purpose, name), text, given) ? null : WRONG;
  }

  /** Whether it is the key that signs now: what another one has signed is to be signed anew at the next occasion. */
  isCurrent(signature: string): boolean {
    return this.#current !== null && signature.startsWith(`${this.#current}.`);
  }
}

const WRONG: Flaw = {
  code: "SUNBEAT_SIGNATURE_INVALID",
  message: "its signature is wrong: it was not made by this text and this key",
};

/** Names come from the store: only those that may be names are shown. */
export function unknownKey(option: "signing" | "encryption", name: string): Flaw {
  const shown = /^[A-Za-z0-9_-]{1,64}$/.test(name) ? `'${name}'` : "of no valid name";
  return { code: "SUNBEAT_KEY_UNKNOWN", message: `its key ${shown} is not in ${option} of this app` };
}

function prefixOf(purpose: Purpose, name: string): string {
  return `sunbeat2 ${purpose} ${name}\n`;
}

function keyOf(text: string): Key {
  if (!text.includes("BEGIN PRIVATE KEY")) {
    return { key: createSecretKey(Buffer.from(text, "base64")), verifier: null };
  }
  const key = createPrivateKey(text);
  return { key, verifier: createPublicKey(key) };
}

function isRight({ key, verifier }: Key, prefix: string, text: string, given: Buffer): boolean {
  if (verifier !== null) return verify(null, Buffer.from(prefix + text), verifier, given);
  const right = createHmac("sha256", key).update(prefix).update(text).digest();
  return given.length === right.length && timingSafeEqual(given, right);
}
