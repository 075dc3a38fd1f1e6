/**
 * A pattern of a program's as its own copy, without the flags that make one answer depend on the one before: a global or sticky one
 * remembers where it stopped.
 */
export function statelessPattern({ source, flags }: RegExp): RegExp {
  return new RegExp(source, flags.replace(/[gy]/g, ""));
}
