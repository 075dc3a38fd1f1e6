/** Keys for tests. */
import { createHash, generateKeyPairSync } from "node:crypto";
import {
  encryptionOption,
  type EncryptionOptions,
  signingOption,
  type SigningOptions,
} from "../../src/config/keys.js";
import { silentLogger } from "../../src/core/logger.js";
import { keysOf } from "../../src/signing/index.js";
import type { Keys } from "../../src/signing/envelope.js";

/** Base64 of 32 bytes, the same for the same name. */
export function secretOf(name: string): string {
  return createHash("sha256").update(name).digest("base64");
}

export const SIGNING = { keys: { k1: secretOf("k1") }, current: "k1" } as const satisfies SigningOptions;
export const REQUIRED = { ...SIGNING, require: true } as const satisfies SigningOptions;
export const ENCRYPTION = {
  keys: { e1: secretOf("e1") },
  current: "e1",
} as const satisfies EncryptionOptions;

export function pairOf(): { readonly private: string; readonly public: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    private: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    public: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

export function keysFor(signing: SigningOptions | null, encryption: EncryptionOptions | null = null): Keys {
  return keysOf(signing && signingOption(signing), encryption && encryptionOption(encryption), silentLogger);
}
