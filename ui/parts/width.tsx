/** Draws in pixels: what is inside is told how wide it may be, again whenever that changes. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export function Wide({
  class: name = "",
  children,
}: {
  readonly class?: string;
  readonly children: (width: number) => JSX.Element;
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return (
    <div ref={box} class={`drawn ${name}`}>
      {width > 0 && children(width)}
    </div>
  );
}
