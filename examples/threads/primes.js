import { parentPort, workerData } from "node:worker_threads";

let count = 0;
for (let n = 2; n < workerData; n++) {
  let isPrime = true;
  for (let d = 2; d * d <= n && isPrime; d++) isPrime = n % d !== 0;
  if (isPrime) count++;
}
parentPort.postMessage(count);
