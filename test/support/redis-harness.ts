/** The Redis store as the conformance suite wants it: a namespace of its own for each case. */
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import type { Harness } from "../conformance/suite.js";
import type { ManualClock } from "../../src/testing/manual-clock.js";

let given = 0;

/** A namespace that no other test has. */
export function ownNamespace(): string {
  return `t${process.pid}-${given++}`;
}

export type Opener = (namespace: string, clock: ManualClock) => Promise<Store>;

export function openerOf(url: string): Opener {
  return (namespace, clock) =>
    openRedisStore(
      url,
      { clock, random: systemRandom, logger: silentLogger },
      { namespace, clock: "context" },
    );
}

export async function redisHarness(open: Opener, clock: ManualClock): Promise<Harness> {
  const namespace = ownNamespace();
  const handles: Store[] = [];
  const another = async (): Promise<Store> => {
    const store = await open(namespace, clock);
    handles.push(store);
    return store;
  };
  const closeAll = async (): Promise<void> => {
    for (const handle of handles) await handle.close();
  };
  return {
    clock,
    store: await another(),
    peer: another,
    reopen: async () => {
      await closeAll();
      return another();
    },
    dispose: closeAll,
  };
}
