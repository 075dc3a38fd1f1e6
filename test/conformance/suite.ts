/** The suite every store must pass, as data: no test runner is imported here. */
import { alertCases, watchLeaseCases } from "./suite/alerts.js";
import { auditCases } from "./suite/audit.js";
import { calendarCases, upcomingCases } from "./suite/calendars.js";
import { claimCases, enqueueCases } from "./suite/broker-claim.js";
import { idCases } from "./suite/broker-ids.js";
import { arrivalCases, deadCases, purgeCases, revokeCases } from "./suite/broker-operate.js";
import { lostCases } from "./suite/broker-lost.js";
import { leaseCases, settleCases } from "./suite/broker-settle.js";
import { walkCases } from "./suite/broker-walk.js";
import { dueCases, putCases } from "./suite/entries.js";
import { ledgerCases } from "./suite/entry-ledger.js";
import { overlapCases, triggerCases } from "./suite/entry-overlap.js";
import { fenceCases, tickCases } from "./suite/entry-tick.js";
import { entryModelCases } from "./suite/entry-model-walk.js";
import { entryWalkCases } from "./suite/entry-walk.js";
import { droppedCases } from "./suite/dropped.js";
import { expiryCases } from "./suite/expiry.js";
import { expiryRunCases } from "./suite/expiry-runs.js";
import { browseCases, failedCases } from "./suite/failed.js";
import { fullCases } from "./suite/full.js";
import { graphEndCases } from "./suite/graph-ends.js";
import { growCases, ownGraphCases } from "./suite/graph-grow.js";
import { largeGraphCases } from "./suite/graph-large.js";
import { cancelCases, keepCases, pinCases, resumeCases } from "./suite/graph-operate.js";
import { raceCases } from "./suite/graph-races.js";
import { graphCases, graphEdgeCases, openCases } from "./suite/graphs.js";
import type { ConformanceCase } from "./suite/harness.js";
import { recordCases, recordKeepingCases, recordQueryCases } from "./suite/history.js";
import { knownRunCases } from "./suite/known-runs.js";
import { laneCases } from "./suite/lanes.js";
import { leadCases } from "./suite/leases.js";
import { acquireCases, lineCases, lockOperatorCases, permitCases } from "./suite/locks.js";
import { lockHistoryCases } from "./suite/lock-history.js";
import { entryLockCases } from "./suite/lock-entries.js";
import { lockWalkCases } from "./suite/lock-walk.js";
import { admitCases, parkedEndCases, sentLockCases } from "./suite/lock-tasks.js";
import { chargeCases, cooldownCases, rateEndCases, rateLockCases } from "./suite/rate-ends.js";
import { limitCases, rateClaimCases } from "./suite/rates.js";
import { entrySuccessCases, measureCases } from "./suite/measures.js";
import { markCases, presenceCases, watchCases } from "./suite/presence.js";
import { pauseCases } from "./suite/pause.js";
import { resultCases } from "./suite/results.js";
import { statCases } from "./suite/stats.js";
import { channelCases, durableCases, hostileCases, storeCases } from "./suite/store.js";
import {
  uniqueGraphCases,
  uniqueKeyCases,
  uniqueLockCases,
  uniqueReplaceCases,
  uniqueStartCases,
  uniqueTimeCases,
} from "./suite/unique.js";
import { uniqueEntryCases } from "./suite/unique-entries.js";
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
  ...lostCases,
  ...idCases,
  ...revokeCases,
  ...purgeCases,
  ...deadCases,
  ...failedCases,
  ...browseCases,
  ...arrivalCases,
  ...laneCases,
  ...pauseCases,
  ...fullCases,
  ...walkCases,
  ...resultCases,
  ...recordCases,
  ...recordQueryCases,
  ...recordKeepingCases,
  ...statCases,
  ...expiryCases,
  ...droppedCases,
  ...leadCases,
  ...watchLeaseCases,
  ...alertCases,
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
  ...calendarCases,
  ...upcomingCases,
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
  ...uniqueKeyCases,
  ...uniqueStartCases,
  ...uniqueTimeCases,
  ...uniqueReplaceCases,
  ...uniqueLockCases,
  ...uniqueGraphCases,
  ...uniqueEntryCases,
  ...wholeWalkCases,
  ...rateClaimCases,
  ...limitCases,
  ...rateEndCases,
  ...cooldownCases,
  ...chargeCases,
  ...rateLockCases,
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
  ...presenceCases,
  ...watchCases,
  ...markCases,
  ...auditCases,
  ...channelCases,
  ...storeCases,
  ...measureCases,
  ...entrySuccessCases,
  ...hostileCases,
  ...durableCases,
];
