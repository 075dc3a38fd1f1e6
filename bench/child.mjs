// A process of its own for what is measured, so that it shares no event loop and no heap with the rest.
import { fork } from "node:child_process";

/** What the program told with `process.send`, once it has ended well. `options` are its one argument, as JSON. */
export function inChild(program, options) {
  return new Promise((resolve, reject) => {
    let told;
    const child = fork(program, [JSON.stringify(options)]);
    child.on("message", (message) => {
      told = message;
    });
    child.on("exit", (code, signal) => {
      if (code === 0 && told !== undefined) resolve(told);
      else reject(new Error(`${program} ${JSON.stringify(options)} ended with ${signal ?? code}`));
    });
  });
}
