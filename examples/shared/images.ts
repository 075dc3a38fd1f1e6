// A library: its tasks belong to no app. Programs register those that they want.
import { chain, defineTask } from "sunbeat";

export const resize = defineTask("images.resize", (path: string, width: number) => `${path}@${width}`);

export const publish = defineTask(
  "images.publish",
  { bind: true, ignoreResult: false, retry: { max: 3 } },
  (self, path: string) => `${path} is online (${self.request.queue})`,
);

/** A form of them: whoever sends it decides which app that is. */
export const thumbnail = (path: string) => chain(resize.s(path, 100), publish.s());
