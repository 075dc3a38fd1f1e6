/**
 * Types for what takes a function and tells its parameters on, as `app.task` and `locked` do.
 *
 * Where a call signature is expected, the compiler asks it for the type of each parameter that has none of its own, also
 * of one with a default value: `n` of `(x: number, n = 5) => ...` would be `unknown`. A type without call signature has
 * no answer, and then the default value gives the type.
 */

/** Any function, by a type that has no call signature. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- the absence of a call signature is the point
export type NotYetCalled = Function;

/** Nothing more for an `F` of this shape; otherwise the shape, for the compiler to name. */
export type Fits<F, Shape> =
  // While `F` is being inferred it is any function, and nothing may be said yet.
  NotYetCalled extends F ? unknown : F extends Shape ? unknown : Shape;

/**
 * A function whose first parameters are `First`, which need no types of their own. The `never` behind them loses against
 * the type of any default value.
 */
export type WithFirst<F, First extends unknown[]> = (F | ((...args: [...First, ...never[]]) => unknown)) &
  Fits<F, (...args: [...First, ...never[]]) => unknown>;
