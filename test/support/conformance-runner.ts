/** Turns the store conformance suite into tests. */
import { describe, test } from "vitest";
import { storeConformance, type Harness, type Incapabilities } from "../conformance/suite.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

/**
 * Every case of the suite as a test of the store that `open` gives: empty, new for each case, ruled by `clock`.
 * What the store `cannot` do is skipped, and the reason stands in the test's name.
 */
export function describeStore(
  name: string,
  open: (clock: ManualClock) => Promise<Harness>,
  cannot: Incapabilities = {},
): void {
  const groups = new Set(storeConformance.map((each) => each.group));
  describe.each([...groups])(`${name}: %s`, (group) => {
    for (const each of storeConformance.filter((candidate) => candidate.group === group)) {
      const title = each.because ? `${each.name}: ${each.because}` : each.name;
      const reason = each.needs && cannot[each.needs];
      if (reason) {
        test.skip(`${title} [${name} store is not ${each.needs}: ${reason}]`);
        continue;
      }
      test(title, async () => {
        const harness = await open(new ManualClock());
        try {
          await each.run(harness);
        } finally {
          await harness.dispose();
        }
      });
    }
  });
}
