/** Fetched together: nodes, what they hold, and what is told of them. */
export { Alerts } from "./alerts.js";
export { Audit } from "./audit.js";
export { Beat } from "./beat.js";
export { Doctor } from "./doctor.js";
export { Graph } from "./graph.js";
export { Graphs } from "./graphs.js";
export { Lock } from "./lock.js";
export { Locks } from "./locks.js";
export { Worker } from "./worker.js";
export { Workers } from "./workers.js";
