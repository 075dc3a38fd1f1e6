/** For the program that serves the dashboard by itself. */
export { ROLES } from "./access.js";
export { openDashboard } from "./open.js";
export { passwordLine, Users } from "./passwords.js";
export { DashboardServer } from "./server.js";
