/** What the build puts into one file of the package, so that nobody installs it: hono and its server for Node. */
export { getRequestListener } from "@hono/node-server";
export { Hono } from "hono";
