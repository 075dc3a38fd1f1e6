/** The API for machines, from the table of routes. */
import { schemaOf } from "./fields.js";
import type { Route } from "./route.js";

export function openApi(routes: readonly Route[], title: string, version: string): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const each of routes) {
    const path = each.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[each.method.toLowerCase()] = operationOf(each);
  }
  return {
    openapi: "3.1.0",
    info: { title: `${title}: sunbeat`, version, description: "Instants are milliseconds since 1970." },
    servers: [{ url: "./" }],
    paths,
    components: {
      schemas: {
        Problem: {
          type: "object",
          required: ["type", "title", "status", "code", "detail"],
          properties: {
            type: { type: "string" },
            title: { type: "string" },
            status: { type: "integer" },
            code: { type: "string" },
            detail: { type: "string" },
          },
        },
      },
    },
  };
}

function operationOf({ summary, right, path, query, body, status }: Route): object {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const parameters = [
    ...names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...Object.entries(query).map(([name, { schema, isOptional }]) => {
      return { name, in: "query", required: !isOptional, schema };
    }),
  ];
  const problem = { $ref: "#/components/schemas/Problem" };
  return {
    summary,
    "x-right": right,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== null && {
      requestBody: { required: true, content: { "application/json": { schema: schemaOf(body) } } },
    }),
    responses: {
      [status]: { description: "As asked for", content: { "application/json": {} } },
      default: { description: "What is wrong", content: { "application/problem+json": { schema: problem } } },
    },
  };
}
