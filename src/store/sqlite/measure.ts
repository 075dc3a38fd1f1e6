import type { StoreMeasures } from "../contracts/store.js";
import { currentLeader } from "./leader-row.js";
import { WAITING } from "./schema.js";
import type { Transaction } from "./transaction.js";

/** Counted in an index alone. */
const WAITERS = `SELECT count(*) AS count FROM lock_request INDEXED BY lock_request_waiting WHERE status = ${WAITING}`;
const BYTES = "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()";

export function measure(at: Transaction): StoreMeasures {
  return {
    now: at.now,
    isLed: currentLeader(at) !== null,
    lockWaiters: at.get<{ count: number }>(WAITERS)!.count,
    bytes: at.get<{ bytes: number }>(BYTES)!.bytes,
  };
}
