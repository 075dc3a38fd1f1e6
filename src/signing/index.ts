/** Loaded by apps with `signing` or `encryption`, and by nobody else. */
import type { EncryptionConfig, SigningConfig } from "../config/keys.js";
import type { Logger } from "../core/logger.js";
import type { Keys } from "./envelope.js";
import { KeyRing } from "./key-ring.js";
import { Seals } from "./seals.js";

export { KeyRing } from "./key-ring.js";
export type { Purpose } from "./key-ring.js";
export { keyedStore } from "./store.js";

export function keysOf(
  signing: SigningConfig | null,
  encryption: EncryptionConfig | null,
  logger: Pick<Logger, "warn">,
): Keys {
  return { ring: new KeyRing(signing), seals: encryption && new Seals(encryption, logger) };
}
