/** Warnings of Node about what sunbeat chose: whoever runs it can do nothing about them. */

/** Does `work`, during which Node does not print warnings of this name that mention `what`; it prints all others. */
export function withoutWarning<T>(name: string, what: string, work: () => T): T {
  const emitWarning = Reflect.get(process, "emitWarning") as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (args[1] !== name || !String(args[0]).includes(what)) Reflect.apply(emitWarning, process, args);
  };
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
