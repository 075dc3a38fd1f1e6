// The app of examples/syslog.ts: what `sunbeat worker`, `sunbeat beat` and their children log goes to a syslog server.
import { Sunbeat, syslogLogger } from "sunbeat";

export const app = new Sunbeat("shop", { broker: process.env["SHOP_BROKER"] });

// With a logger of a handler nothing of sunbeat's own is installed. Children send their lines to their worker.
app.signals.setupLogging.connect(({ component, level }) => {
  if (component === "task") return undefined;
  return syslogLogger({
    ...{ host: "127.0.0.1", port: Number(process.env["SHOP_SYSLOG_PORT"]), facility: "local0", app: "shop" },
    level: level as "info",
  });
});

export const hello = app.task("hello", { bind: true }, (self) => self.log.warn("nobody is here"));
