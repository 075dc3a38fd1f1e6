import type { Page } from "playwright-core";

/** Where the links of a part of the page lead, in order; `within`: a selector of CSS. */
export function linksIn(page: Page, within: string): Promise<string[]> {
  const selector = JSON.stringify(`${within} a`);
  return page.evaluate<string[]>(`[...document.querySelectorAll(${selector})].map(({ href }) => href)`);
}
