/** A page of a list as it is read: on its way, failed, empty, or there, with the way to the next one. */
import type { ComponentChildren, JSX } from "preact";
import type { Page } from "../lib/json.js";
import type { Resource } from "../lib/resource.js";
import { Empty, Failure, Skeleton } from "./basics.js";
import { Pages } from "./paging.js";

export function Listing<Item>({
  of: { data, error, reload },
  empty,
  next,
  children,
}: {
  readonly of: Resource<Page<Item>>;
  readonly empty: ComponentChildren;
  /** The part of the query that says where a page begins. */
  readonly next: "after" | "before";
  readonly children: (items: readonly Item[]) => JSX.Element;
}): JSX.Element {
  return (
    <>
      {error !== null && <Failure error={error} retry={reload} />}
      {data === null ? (
        error === null && <Skeleton />
      ) : data.items.length === 0 ? (
        <Empty>{empty}</Empty>
      ) : (
        children(data.items)
      )}
      <Pages name={next} next={data?.next ?? null} />
    </>
  );
}
