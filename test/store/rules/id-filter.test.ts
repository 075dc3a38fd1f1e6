import { expect, test } from "vitest";
import { idFilter, isInFilter } from "../../../src/store/rules/id-filter.js";

const ids = Array.from({ length: 1_000 }, (_, index) => `task-${index}`);
const others = Array.from({ length: 10_000 }, (_, index) => `other-${index}`);

test("each id of a filter is found in it: a record that is missed here is lost to whoever asks by its id", () => {
  const filter = idFilter(ids);
  expect(ids.filter((id) => !isInFilter(filter, id))).toEqual([]);
});

test("of ids that are not in it about one in a hundred seems to be", () => {
  const filter = idFilter(ids);
  expect(others.filter((id) => isInFilter(filter, id)).length).toBeLessThan(200);
});
