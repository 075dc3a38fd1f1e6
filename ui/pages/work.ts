/** Fetched together: tasks, and where they wait. */
export { Dead } from "./dead.js";
export { Events } from "./events.js";
export { Queue } from "./queue.js";
export { Queues } from "./queues.js";
export { Task } from "./task.js";
export { Tasks } from "./tasks.js";
