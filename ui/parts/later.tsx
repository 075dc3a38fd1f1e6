/** Pages that are fetched when somebody goes there. */
import type { FunctionComponent, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure, Skeleton } from "./basics.js";

export function later<Props extends object>(
  load: () => Promise<FunctionComponent<Props>>,
): FunctionComponent<Props> {
  let kept: FunctionComponent<Props> | null = null;
  return function Later(props: Props): JSX.Element {
    const [Found, setFound] = useState<FunctionComponent<Props> | null>(() => kept);
    const [error, setError] = useState<Error | null>(null);
    useEffect(() => {
      if (Found !== null) return;
      load().then((found) => {
        kept = found;
        setFound(() => found);
      }, setError);
    }, []);
    if (Found !== null) return <Found {...props} />;
    return error === null ? <Skeleton /> : <Failure error={error} retry={() => location.reload()} />;
  };
}
