/** Many reasons to ask, few questions. */

/** What happens together is asked for once. */
const GATHER_MS = 50;

/** `soon` asks shortly; where the last time is less than the pause ago, once that is over. */
export function gather(
  ask: () => void,
  pauseMs: () => number,
): { readonly soon: () => void; readonly end: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let askedAt = -Infinity;
  const fire = (): void => {
    timer = undefined;
    askedAt = performance.now();
    ask();
  };
  return {
    soon: () => {
      timer ??= setTimeout(fire, Math.max(GATHER_MS, askedAt + pauseMs() - performance.now()));
    },
    end: () => clearTimeout(timer),
  };
}
