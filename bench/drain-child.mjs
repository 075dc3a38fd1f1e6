// A worker process of one contender: works off `count` waiting tasks and tells its speed and CPU over the last four
// fifths of them, when it is warm. Arguments: one JSON object.
import { CONTENDERS } from "./contenders.mjs";

const { name, count, ...options } = JSON.parse(process.argv[2]);
const contender = CONTENDERS[name](options);
const warm = Math.floor(count / 5);
let done = 0;
let start;
await new Promise((resolve) => {
  void contender.work(() => {
    if (++done === warm) start = { at: performance.now(), cpu: process.cpuUsage() };
    if (done === count) resolve();
  });
});
const ms = performance.now() - start.at;
const { user, system } = process.cpuUsage(start.cpu);
const measured = count - warm;
process.send({ perSecond: (measured * 1000) / ms, cpuMicros: (user + system) / measured });
await contender.close();
process.disconnect();
