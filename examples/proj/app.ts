import { Sunbeat } from "sunbeat";

export const app = new Sunbeat("proj", {
  broker: process.env["SUNBEAT_BROKER"] ?? "memory:",
  include: ["./tasks/*.ts"],
  resultExpires: "1h",
});
