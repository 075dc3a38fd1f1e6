/** The suite every store must pass, as data: no test runner is imported here. */
import { claimCases, enqueueCases } from "./conformance/broker-claim.js";
import { idCases } from "./conformance/broker-ids.js";
import { arrivalCases, deadCases, purgeCases, revokeCases } from "./conformance/broker-operate.js";
import { leaseCases, settleCases } from "./conformance/broker-settle.js";
import { walkCases } from "./conformance/broker-walk.js";
import { dueCases, putCases } from "./conformance/entries.js";
import { ledgerCases } from "./conformance/entry-ledger.js";
import { overlapCases, triggerCases } from "./conformance/entry-overlap.js";
import { fenceCases, tickCases } from "./conformance/entry-tick.js";
import { entryWalkCases } from "./conformance/entry-walk.js";
import { expiryCases } from "./conformance/expiry.js";
import { expiryRunCases } from "./conformance/expiry-runs.js";
import type { ConformanceCase } from "./conformance/harness.js";
import { leadCases } from "./conformance/leases.js";
import { acquireCases, lineCases, lockOperatorCases, permitCases } from "./conformance/locks.js";
import { lockHistoryCases } from "./conformance/lock-history.js";
import { entryLockCases } from "./conformance/lock-entries.js";
import { admitCases, parkedEndCases, sentLockCases } from "./conformance/lock-tasks.js";
import { resultCases } from "./conformance/results.js";
import { channelCases, durableCases, hostileCases, storeCases } from "./conformance/store.js";
import { wholeWalkCases } from "./conformance/whole-walk.js";

export { walkBroker } from "./conformance/broker-walk.js";
export { CAPABILITIES } from "./conformance/harness.js";
export type { Capability, ConformanceCase, Harness, Incapabilities } from "./conformance/harness.js";

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
  ...triggerCases,
  ...expiryRunCases,
  ...ledgerCases,
  ...entryWalkCases,
  ...acquireCases,
  ...lineCases,
  ...permitCases,
  ...lockOperatorCases,
  ...lockHistoryCases,
  ...admitCases,
  ...parkedEndCases,
  ...sentLockCases,
  ...entryLockCases,
  ...wholeWalkCases,
  ...channelCases,
  ...storeCases,
  ...hostileCases,
  ...durableCases,
];
