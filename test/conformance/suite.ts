/** The suite every store must pass, as data: no test runner is imported here. */
import { claimCases, enqueueCases } from "./suite/broker-claim.js";
import { idCases } from "./suite/broker-ids.js";
import { arrivalCases, deadCases, purgeCases, revokeCases } from "./suite/broker-operate.js";
import { leaseCases, settleCases } from "./suite/broker-settle.js";
import { walkCases } from "./suite/broker-walk.js";
import { dueCases, putCases } from "./suite/entries.js";
import { ledgerCases } from "./suite/entry-ledger.js";
import { overlapCases, triggerCases } from "./suite/entry-overlap.js";
import { fenceCases, tickCases } from "./suite/entry-tick.js";
import { entryModelCases } from "./suite/entry-model-walk.js";
import { entryWalkCases } from "./suite/entry-walk.js";
import { expiryCases } from "./suite/expiry.js";
import { expiryRunCases } from "./suite/expiry-runs.js";
import { graphEndCases } from "./suite/graph-ends.js";
import { growCases, ownGraphCases } from "./suite/graph-grow.js";
import { largeGraphCases } from "./suite/graph-large.js";
import { cancelCases, keepCases, pinCases, resumeCases } from "./suite/graph-operate.js";
import { raceCases } from "./suite/graph-races.js";
import { graphCases, graphEdgeCases, openCases } from "./suite/graphs.js";
import type { ConformanceCase } from "./suite/harness.js";
import { knownRunCases } from "./suite/known-runs.js";
import { leadCases } from "./suite/leases.js";
import { acquireCases, lineCases, lockOperatorCases, permitCases } from "./suite/locks.js";
import { lockHistoryCases } from "./suite/lock-history.js";
import { entryLockCases } from "./suite/lock-entries.js";
import { lockWalkCases } from "./suite/lock-walk.js";
import { admitCases, parkedEndCases, sentLockCases } from "./suite/lock-tasks.js";
import { resultCases } from "./suite/results.js";
import { channelCases, durableCases, hostileCases, storeCases } from "./suite/store.js";
import { wholeWalkCases } from "./suite/whole-walk.js";

export { walkBroker } from "./suite/broker-walk.js";
export { walkEntryModel } from "./suite/entry-model-walk.js";
export { walkLocks } from "./suite/lock-walk.js";
export { CAPABILITIES } from "./suite/harness.js";
export type { Capability, ConformanceCase, Harness, Incapabilities } from "./suite/harness.js";

export const storeConformance: readonly ConformanceCase[] = [
  ...enqueueCases,
  ...claimCases,
  ...settleCases,
  ...leaseCases,
  ...idCases,
  ...revokeCases,
  ...purgeCases,
  ...deadCases,
  ...arrivalCases,
  ...walkCases,
  ...resultCases,
  ...expiryCases,
  ...leadCases,
  ...putCases,
  ...dueCases,
  ...tickCases,
  ...fenceCases,
  ...overlapCases,
  ...knownRunCases,
  ...triggerCases,
  ...expiryRunCases,
  ...ledgerCases,
  ...entryWalkCases,
  ...entryModelCases,
  ...acquireCases,
  ...lineCases,
  ...permitCases,
  ...lockOperatorCases,
  ...lockHistoryCases,
  ...admitCases,
  ...parkedEndCases,
  ...sentLockCases,
  ...entryLockCases,
  ...lockWalkCases,
  ...wholeWalkCases,
  ...graphCases,
  ...graphEdgeCases,
  ...openCases,
  ...graphEndCases,
  ...cancelCases,
  ...resumeCases,
  ...pinCases,
  ...keepCases,
  ...growCases,
  ...ownGraphCases,
  ...largeGraphCases,
  ...raceCases,
  ...channelCases,
  ...storeCases,
  ...hostileCases,
  ...durableCases,
];
