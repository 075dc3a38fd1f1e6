/** A page of the documentation, where whoever installed the package finds it: `node_modules/sunbeat/docs/errors.md`. */
export function docsPage(name: `${string}.md`): string {
  return `node_modules/sunbeat/docs/${name}`;
}
