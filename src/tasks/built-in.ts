/** Names of the tasks that every worker has. */

/** Calls a task, whose name is its first argument, with each value of a list. */
export const MAP_TASK = "sunbeat.map";
/** The same with lists of arguments. */
export const STARMAP_TASK = "sunbeat.starmap";
/** Gives what it is handed: where one part must stand for several. */
export const COLLECT_TASK = "sunbeat.collect";
/** Replaces itself by its form: the canvas of an entry. */
export const CANVAS_TASK = "sunbeat.canvas";
/** Calls a URL. Of workers whose app says whom it may ask (`http`). */
export const HTTP_TASK = "sunbeat.http";
