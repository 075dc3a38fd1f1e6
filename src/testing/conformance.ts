/** The suite every store must pass, as data: no test runner is imported here. */
import { claimCases, enqueueCases } from "./conformance/broker-claim.js";
import { arrivalCases, deadCases, purgeCases, revokeCases } from "./conformance/broker-operate.js";
import { leaseCases, settleCases } from "./conformance/broker-settle.js";
import type { ConformanceCase } from "./conformance/harness.js";

export { CAPABILITIES } from "./conformance/harness.js";
export type { Capability, ConformanceCase, Harness, Incapabilities } from "./conformance/harness.js";

export const storeConformance: readonly ConformanceCase[] = [
  ...enqueueCases,
  ...claimCases,
  ...settleCases,
  ...leaseCases,
  ...revokeCases,
  ...purgeCases,
  ...deadCases,
  ...arrivalCases,
];
