// A worker process of one contender that works off one chord of `count`, and tells how many milliseconds passed from its start
// to the end of the body. Arguments: one JSON object.
import { FLOWS } from "./graph-contenders.mjs";

const { name, ...options } = JSON.parse(process.argv[2]);
const contender = FLOWS[name](options);
const start = performance.now();
await new Promise((resolve) => void contender.work(resolve));
process.send({ ms: performance.now() - start });
await contender.close();
process.disconnect();
