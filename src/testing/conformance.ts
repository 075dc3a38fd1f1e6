/** The suite every store must pass, as data: no test runner is imported here. */
import { claimCases, enqueueCases } from "./conformance/broker-claim.js";
import type { ConformanceCase } from "./conformance/harness.js";

export { CAPABILITIES } from "./conformance/harness.js";
export type { Capability, ConformanceCase, Harness, Incapabilities } from "./conformance/harness.js";

export const storeConformance: readonly ConformanceCase[] = [...enqueueCases, ...claimCases];
