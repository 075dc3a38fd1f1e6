/** Records of ended attempts, what has failed and is kept, statistics, alerts and the watch: without any one check some case fails. */
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Judges } from "./judges.js";
import { MONITORING_MUTANTS } from "./mutants-monitoring.js";

const judges = new Judges();

afterAll(() => judges.close());

describe.concurrent.each(MONITORING_MUTANTS)(
  "without a check of $file ($nearest)",
  ({ file, nearest, mutants }) => {
    test.each(mutants)("%s, and a case fails", async (_, find, put) => {
      expect(await judges.firstFailure({ file: join("store", file), find, put, nearest })).not.toBe(null);
    });
  },
);
