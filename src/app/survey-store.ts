import type { StoreContext } from "../store/contracts/store.js";
import type { StoreFacts } from "../store/contracts/survey.js";
import type { BrokerUrl } from "./broker-url.js";

/**
 * Reads what the store of a URL tells about itself and of the named entries, within `limitMs`; the technology is loaded
 * here and not before.
 */
export async function surveyStore(
  url: BrokerUrl,
  context: StoreContext,
  limitMs: number,
  entries: readonly string[] | undefined,
): Promise<StoreFacts> {
  switch (url.kind) {
    case "memory":
      return { kind: "memory" };
    case "sqlite": {
      const { surveySqlite } = await import("../store/sqlite/survey.js");
      return surveySqlite(url.path, context, entries);
    }
    case "redis": {
      const { surveyRedis } = await import("../store/redis/survey.js");
      return surveyRedis(url.url, context, limitMs, { entries });
    }
  }
}
