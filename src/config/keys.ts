/** Checks of `signing` and `encryption`. No message shows what was given: it may be a key in the wrong place. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { ConfigurationError } from "../core/errors.js";
import { assertKnownKeys, booleanOption } from "../core/options.js";
import { Secret } from "../core/secret.js";

/** Who may send to workers of this app: docs/security.md. */
export interface SigningOptions {
  /**
   * Keys by their names: base64 of 32 bytes or more (HMAC-SHA-256), or an Ed25519 private key as PEM. All of them verify. A
   * name has 1 to 64 letters, digits, "-" and "_".
   */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  /** Name of the key that signs. Needed with `keys`. */
  readonly current?: string | undefined;
  /** Ed25519 public keys by their names, as PEM: they verify, and cannot sign. */
  readonly public?: Readonly<Record<string, string>> | undefined;
  /** Whether what is not signed is refused, too. Default false: only wrong signatures are. */
  readonly require?: boolean | undefined;
}

/** What those who read the store cannot read: docs/security.md. */
export interface EncryptionOptions {
  /** Keys by their names: base64 of 32 bytes (AES-256-GCM). All of them open. Names are as those of `signing`. */
  readonly keys: Readonly<Record<string, string>>;
  /** Name of the key that seals. */
  readonly current: string;
}

export interface SigningConfig {
  readonly keys: Readonly<Record<string, Secret>>;
  /** PEM. */
  readonly publicKeys: Readonly<Record<string, string>>;
  /** Null: this process verifies alone. */
  readonly current: string | null;
  readonly require: boolean;
}

export interface EncryptionConfig {
  readonly keys: Readonly<Record<string, Secret>>;
  readonly current: string;
}

const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** Bytes. */
const LEAST_KEY = 32;
const AES_KEY = 32;

/** Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN. */
export function signingOption(given: SigningOptions): SigningConfig {
  const options = objectOf(given, "signing", "an object with keys and current");
  assertKnownKeys(options, ["keys", "current", "public", "require"], "signing");
  const keys = keysOf(options["keys"] ?? {}, "signing.keys", assertSigningKey);
  const open = keysOf(options["public"] ?? {}, "signing.public", assertPublicKey);
  const both = Object.keys(keys).find((name) => Object.hasOwn(open, name));
  if (both !== undefined) throw refused(`signing.public.${both}`, "a name that signing.keys does not have");
  const names = Object.keys(keys);
  if (names.length + Object.keys(open).length === 0) {
    throw refused("signing", "at least one key, in keys or in public");
  }
  const { current, require = false } = options;
  const isVerifier = names.length === 0 && current === undefined;
  return Object.freeze({
    keys,
    publicKeys: Object.fromEntries(Object.entries(open).map(([name, key]) => [name, key.reveal()])),
    current: isVerifier ? null : currentOf(current, names, "signing"),
    require: booleanOption(require, "signing.require"),
  });
}

/** Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_OPTION_UNKNOWN. */
export function encryptionOption(given: EncryptionOptions): EncryptionConfig {
  const options = objectOf(given, "encryption", "an object with keys and current");
  assertKnownKeys(options, ["keys", "current"], "encryption");
  const keys = keysOf(options["keys"], "encryption.keys", assertEncryptionKey);
  return Object.freeze({ keys, current: currentOf(options["current"], Object.keys(keys), "encryption") });
}

function refused(option: string, expected: string): ConfigurationError {
  return new ConfigurationError("SUNBEAT_OPTION_INVALID", `${option}: expected ${expected}`, {
    details: { option },
  });
}

function objectOf(value: unknown, option: string, expected: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw refused(option, expected);
}

function keysOf(
  value: unknown,
  option: string,
  check: (key: string, option: string) => void,
): Readonly<Record<string, Secret>> {
  const keys: Record<string, Secret> = {};
  for (const [name, key] of Object.entries(objectOf(value, option, "an object of keys by their names"))) {
    if (!KEY_NAME.test(name)) {
      throw refused(option, 'names of 1 to 64 letters, digits, "-" and "_"; one of them is not (name: key)');
    }
    if (typeof key !== "string") throw refused(`${option}.${name}`, "text");
    check(key, `${option}.${name}`);
    keys[name] = new Secret(key);
  }
  return Object.freeze(keys);
}

function currentOf(current: unknown, names: readonly string[], option: string): string {
  const found = names.find((name) => name === current);
  if (found !== undefined) return found;
  throw refused(
    `${option}.current`,
    `the name of one of ${option}.keys (${names.join(", ") || "it has none"})`,
  );
}

function bytesOf(key: string, option: string, expected: string): number {
  if (!BASE64.test(key)) throw refused(option, expected);
  return Buffer.from(key, "base64").length;
}

function assertSigningKey(key: string, option: string): void {
  const expected = `base64 of at least ${LEAST_KEY} bytes, or an Ed25519 private key as PEM`;
  if (isPem(key)) return assertEd25519(() => createPrivateKey(key), option, expected);
  const bytes = bytesOf(key, option, expected);
  if (bytes < LEAST_KEY) throw refused(option, `${expected}; this one has ${bytes} bytes`);
}

function assertPublicKey(key: string, option: string): void {
  const expected = "an Ed25519 public key as PEM";
  if (!key.includes("BEGIN PUBLIC KEY")) throw refused(option, expected);
  assertEd25519(() => createPublicKey(key), option, expected);
}

function assertEncryptionKey(key: string, option: string): void {
  const expected = `base64 of ${AES_KEY} bytes`;
  const bytes = bytesOf(key, option, expected);
  if (bytes !== AES_KEY) throw refused(option, `${expected}; this one has ${bytes} bytes`);
}

function isPem(key: string): boolean {
  return key.includes("BEGIN PRIVATE KEY");
}

function assertEd25519(read: () => KeyObject, option: string, expected: string): void {
  let type: string | undefined;
  try {
    type = read().asymmetricKeyType;
  } catch {
    // Without a cause: it might show a part of the key.
  }
  if (type !== "ed25519") throw refused(option, expected);
}
