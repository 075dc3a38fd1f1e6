import type { Config } from "../config/index.js";
import type { Logger } from "../core/logger.js";
import type { KeyRing } from "../signing/index.js";
import type { Store } from "../store/contracts/store.js";

/** The store as the app uses it: behind its keys, where it has some. */
export async function behindKeys(
  store: Store,
  { config, logger }: { readonly config: Pick<Config, "signing" | "encryption">; readonly logger: Logger },
): Promise<Store> {
  const { signing, encryption } = config;
  if (signing === null && encryption === null) return store;
  const { keyedStore, keysOf } = await import("../signing/index.js");
  return keyedStore(store, keysOf(signing, encryption, logger));
}

const rings = new WeakMap<object, Promise<KeyRing>>();

/** The keys by which requests of remote control are signed and checked; null: there are none. */
export async function ringOf(signing: Config["signing"]): Promise<KeyRing | null> {
  if (signing === null) return null;
  let ring = rings.get(signing);
  if (ring === undefined) {
    ring = import("../signing/index.js").then(({ KeyRing }) => new KeyRing(signing));
    rings.set(signing, ring);
  }
  return ring;
}
