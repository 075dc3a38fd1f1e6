/** What is left of a value of the server on its way here: instants are numbers. */
export type Json<T> = T extends Date
  ? number
  : T extends string | number | boolean | null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Json<Item>[]
      : T extends object
        ? { readonly [K in keyof T]: Json<T[K]> }
        : T;

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Null: there is no more. */
  readonly next: string | null;
}
