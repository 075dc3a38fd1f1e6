import type { Store, StoreContext } from "../store/contracts/store.js";
import type { BrokerUrl } from "./broker-url.js";

/** Opens the store of a URL. The technology is loaded here and not before: importing sunbeat loads no driver. */
export async function openStore(url: BrokerUrl, context: StoreContext): Promise<Store> {
  switch (url.kind) {
    case "memory": {
      const { openMemoryStore } = await import("../store/memory/index.js");
      return openMemoryStore(context);
    }
    case "sqlite": {
      const { openSqliteStore } = await import("../store/sqlite/index.js");
      return openSqliteStore(url.path, context);
    }
    case "redis": {
      const { openRedisStore } = await import("../store/redis/index.js");
      return openRedisStore(url.url, context);
    }
  }
}
