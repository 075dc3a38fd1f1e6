/** All routes of the API: the table that the handler, its description and its tests read. */
import type { Route } from "../route.js";
import { alertRoutes } from "./alerts.js";
import { calendarRoutes } from "./calendars.js";
import { deadRoutes } from "./dead.js";
import { graphRoutes } from "./graphs.js";
import { lockRoutes } from "./locks.js";
import { nodeRoutes } from "./nodes.js";
import { queueRoutes } from "./queues.js";
import { scheduleRoutes } from "./schedules.js";
import { systemRoutes } from "./system.js";
import { taskRoutes } from "./tasks.js";

export const ROUTES: readonly Route[] = [
  ...systemRoutes,
  ...nodeRoutes,
  ...queueRoutes,
  ...taskRoutes,
  ...deadRoutes,
  ...scheduleRoutes,
  ...calendarRoutes,
  ...lockRoutes,
  ...graphRoutes,
  ...alertRoutes,
];
