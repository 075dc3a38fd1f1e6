// What the children of the pools suite load.
import { Sunbeat } from "sunbeat";

export const app = new Sunbeat("bench", { broker: "memory:", logger: null });

app.task("echo", (value) => value);
app.task("loop", () => {
  for (;;);
});
