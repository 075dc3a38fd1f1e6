import { formatDay } from "../civil.js";
import { ENGLISH } from "../telling/english.js";
import { dayOfText } from "./day-mask.js";
import { DaySearch } from "./day-search.js";
import { treeOf } from "./days-like.js";
import { boundTree, canonical, depthOfTree, maskOfTree } from "./days-tree.js";
import { tellDays } from "./describe-days.js";
import { daysInvalid } from "./refusal.js";
import { TREE, type Days, type DaysDefaults, type DaysLike, type DaysTree, type LocalDate } from "./tree.js";

const FIRST_DATE = dayOfText("0001-01-01")!;
const LAST_DATE = dayOfText("9999-12-31")!;

const DEEPEST = 16;

/** A set of days and what it refers to by name; its tree is checked already. */
export class DaySet implements Days {
  readonly [TREE]: DaysTree;
  readonly #defaults: DaysDefaults;
  #search: DaySearch | undefined;

  /** Throws SUNBEAT_DAYS_INVALID for sets that are too deep one in the other. */
  constructor(tree: DaysTree, defaults: DaysDefaults = {}) {
    if (depthOfTree(tree) > DEEPEST) {
      throw daysInvalid("days", `at most ${DEEPEST} sets one in the other`, "more");
    }
    this[TREE] = tree;
    this.#defaults = defaults;
    Object.freeze(this);
  }

  /** The days as masks. Throws SUNBEAT_CALENDAR_UNKNOWN. */
  get search(): DaySearch {
    return (this.#search ??= new DaySearch(maskOfTree(this[TREE], this.#defaults)));
  }

  has(date: LocalDate): boolean {
    return this.search.has(numberOf(date));
  }

  next(after: LocalDate): LocalDate | null {
    const found = this.search.next(numberOf(after) + 1);
    return found > LAST_DATE ? null : (formatDay(found) as LocalDate);
  }

  previous(before: LocalDate): LocalDate | null {
    const found = this.search.previous(numberOf(before) - 1);
    return found < FIRST_DATE ? null : (formatDay(found) as LocalDate);
  }

  and(other: DaysLike): DaySet {
    return new DaySet({ all: [...partsIn(this[TREE], "all"), treeOf(other, "and")] }, this.#defaults);
  }

  or(other: DaysLike): DaySet {
    return new DaySet({ any: [...partsIn(this[TREE], "any"), treeOf(other, "or")] }, this.#defaults);
  }

  not(): DaySet {
    return new DaySet({ not: this[TREE] }, this.#defaults);
  }

  describe(): string {
    return tellDays(canonical(this[TREE]), ENGLISH);
  }

  toJSON(): object {
    return canonical(boundTree(this[TREE], this.#defaults)) as object;
  }
}

/** The members of a list of sets, so that lists of lists stay flat. */
function partsIn(tree: DaysTree, key: "all" | "any"): readonly DaysTree[] {
  return (tree as { readonly all?: readonly DaysTree[]; readonly any?: readonly DaysTree[] })[key] ?? [tree];
}

function numberOf(date: unknown): number {
  const day = typeof date === "string" ? dayOfText(date) : undefined;
  if (day !== undefined) return day;
  throw daysInvalid("date", 'a date such as "2027-03-28"', date);
}
