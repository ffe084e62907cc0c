/**
 * Whether everybody can use a page: axe-core's rules for WCAG 2.1, levels A and AA, and its best practices.
 *
 * What will surprise you:
 * - axe's source goes into the page by the browser's own protocol, so that the page's content security policy stays in force.
 * - Colours are judged as they are at that moment: ask for reduced motion, so that nothing is half faded in.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

export interface Violation {
  /** axe's name of the rule. */
  readonly rule: string;
  readonly impact: string;
  readonly help: string;
  /** Each element: its selector, and what axe says of it. */
  readonly elements: readonly string[];
}

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];

let source: string | undefined;

/**
 * Checks the page as it is now.
 * @returns what is wrong; empty: nothing
 */
export async function checkAccess(page: Page): Promise<readonly Violation[]> {
  source ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  if (!(await page.evaluate<boolean>(`'axe' in globalThis`))) await page.evaluate(source);
  // Runs in the page; here it is text, because this side knows no DOM.
  return page.evaluate<readonly Violation[]>(`(async () => {
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(TAGS)} } });
    return violations.map(({ id, impact, help, nodes }) => ({
      rule: id,
      impact: impact ?? 'unknown',
      help,
      elements: nodes.map(({ target, failureSummary }) => target.join(' ') + ': ' + (failureSummary ?? '')),
    }));
  })()`);
}
