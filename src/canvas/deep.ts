/**
 * Functions that call themselves without the stack of the machine: forms nest as deep as programs make them. Such a function is
 * a generator that yields the calls that it needs, and is handed what they return.
 */
// An alias cannot name itself, so it is an interface.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
export interface Deep<T> extends Generator<Deep<T>, T, T> {}

export function runDeep<T>(call: Deep<T>): T {
  const calls = [call];
  let step = call.next();
  for (;;) {
    if (!step.done) {
      calls.push(step.value);
      step = step.value.next();
      continue;
    }
    calls.pop();
    const caller = calls.at(-1);
    if (caller === undefined) return step.value;
    step = caller.next(step.value);
  }
}
