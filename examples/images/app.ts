// The app that the worker and its children load. Nothing is started here.
import { Sunbeat } from "sunbeat";

export const app = new Sunbeat("images", { broker: "memory:", logger: null });

/** Brightness of each point, 0 to 255, row by row. */
export interface Image {
  readonly width: number;
  readonly points: readonly number[];
}

/** Each point becomes the mean of those around it. Pure work for a processor: in the worker's own loop it would keep all else waiting. */
export const blur = app.task(
  "blur",
  { pool: "processes", bind: true, softTimeLimit: "20s", timeLimit: "30s" },
  (self, { width, points }: Image, radius: number): Image => {
    const height = points.length / width;
    const at = (x: number, y: number) => points[y * width + x]!;
    const blurred: number[] = [];
    for (let y = 0; y < height; y++) {
      self.signal.throwIfAborted(); // a soft limit or a revoke is seen here, in the middle of the loop
      for (let x = 0; x < width; x++) {
        let sum = 0;
        let count = 0;
        for (let v = Math.max(0, y - radius); v <= Math.min(height - 1, y + radius); v++) {
          for (let u = Math.max(0, x - radius); u <= Math.min(width - 1, x + radius); u++, count++)
            sum += at(u, v);
        }
        blurred.push(Math.round(sum / count));
      }
    }
    return { width, points: blurred };
  },
);

/** A picture that nobody can decode, and that never ends. */
export const decode = app.task("decode", { pool: "processes", timeLimit: 1 }, (): never => {
  for (;;);
});

/** Light work: it stays in the worker's own loop. */
export const publish = app.task("publish", (name: string) => `${name} is published`);
