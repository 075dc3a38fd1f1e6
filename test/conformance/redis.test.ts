import { inject } from "vitest";
import { describeStore } from "../support/conformance-runner.js";
import { openerOf, redisHarness } from "../support/redis-harness.js";

const open = openerOf(inject("redisUrl"));

describeStore("redis", (clock) => redisHarness(open, clock));
