import type { Events } from "../events/index.js";
import type { WorkerEventSink } from "../worker/events.js";

/** What a worker tells, as events of the app. */
export function workerSink(events: Events): WorkerEventSink {
  return {
    emit(event) {
      const { type, hostname, at: _, ...fields } = event;
      events.emit(type, fields, hostname);
      if (event.type === "task-rejected" && !event.requeued) {
        const { id, task, queue, reason } = event;
        events.emit("dead-lettered", { id, task, queue, reason }, hostname);
      }
    },
  };
}
