/** What becomes of alerts from look to look. */
import { test } from "vitest";
import { judge } from "../../src/monitor/rules.js";
import { nextStanding } from "../../src/monitor/standing.js";
import { Steadiness } from "../../src/monitor/steadiness.js";
import { STANDING_CASES } from "./standing-cases.js";

test.each(Object.entries(STANDING_CASES))("%s", (_, run) => run({ judge, nextStanding, Steadiness }));
