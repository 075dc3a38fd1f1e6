/** AES-256-GCM. What a text is bound to is told with it: opened in another place it is refused. */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import type { EncryptionConfig } from "../config/keys.js";
import { ConfigurationError } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { secureBytes } from "../core/random.js";
import { type Flaw, invalid } from "./flaw.js";
import { unknownKey } from "./key-ring.js";

const CIPHER = "aes-256-gcm";
/** Bytes. */
const IV = 12;
const TAG = 16;
/** With random IVs a key is used up by then: after 2^32 texts two of them have the same IV with a chance of 2^-32. */
export const MOST_SEALED = 2 ** 32;

export class Seals {
  readonly #keys = new Map<string, KeyObject>();
  readonly #current: string;
  readonly #logger: Pick<Logger, "warn">;
  readonly #most: number;
  /** By this process, under the key that seals. */
  #sealed = 0;

  constructor(config: EncryptionConfig, logger: Pick<Logger, "warn">, most = MOST_SEALED) {
    this.#current = config.current;
    this.#logger = logger;
    this.#most = most;
    for (const [name, secret] of Object.entries(config.keys)) {
      this.#keys.set(name, createSecretKey(Buffer.from(secret.reveal(), "base64")));
    }
  }

  /** "<name of the key>.<base64 of IV, text and tag>". `bound`: what must be the same when it is opened. Code: SUNBEAT_OPTION_INVALID. */
  seal(text: string, bound: string): string {
    this.#count();
    const name = this.#current;
    const iv = secureBytes(IV);
    const cipher = createCipheriv(CIPHER, this.#keys.get(name)!, iv, { authTagLength: TAG });
    cipher.setAAD(Buffer.from(boundText(name, bound)));
    const parts = [iv, cipher.update(text, "utf8"), cipher.final()];
    return `${name}.${Buffer.concat([...parts, cipher.getAuthTag()]).toString("base64")}`;
  }

  open(sealed: string, bound: string): string | Flaw {
    const at = sealed.indexOf(".");
    const name = sealed.slice(0, Math.max(0, at));
    const key = this.#keys.get(name);
    if (key === undefined) return unknownKey("encryption", name);
    const bytes = Buffer.from(sealed.slice(at + 1), "base64");
    try {
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(boundText(name, bound)));
      decipher.setAuthTag(bytes.subarray(-TAG));
      const text = decipher.update(bytes.subarray(IV, -TAG));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch {
      return invalid("what is sealed in it was changed, or comes from another place");
    }
  }

  #count(): void {
    this.#sealed++;
    const name = this.#current;
    if (this.#sealed > this.#most) {
      const message = `encryption.current: expected a key that is not used up; ${name} has sealed ${this.#most} texts in this process: make another key current`;
      throw new ConfigurationError("SUNBEAT_OPTION_INVALID", message, {
        details: { option: "encryption.current" },
      });
    }
    if (this.#sealed !== Math.ceil(this.#most / 2)) return;
    this.#logger.warn(
      `Encryption key ${name} has sealed half of the ${this.#most} texts that one key may; make another key current`,
    );
  }
}

function boundText(name: string, bound: string): string {
  return `sunbeat2 sealed ${name}\n${bound}`;
}
