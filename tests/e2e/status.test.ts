// The status page: read without a script, accessible, its lights and their numbers those of the reader's day.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';

import { violations } from './axe.ts';
import { DESKTOP, launch, PHONE, visit } from './browser.ts';
import { dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

interface Dataset {
  readonly id: string;
  readonly light: string;
  readonly fresh_until: string | null;
  readonly stale_after: string | null;
}

const status = JSON.parse(readFileSync(join(dist, 'status.json'), 'utf8')) as {
  readonly as_of: string;
  readonly submissions: boolean;
  readonly departments: readonly { readonly datasets: readonly Dataset[] }[];
};
const datasets = status.departments.flatMap((department) => department.datasets);

/** The light of a dataset on a day, from the data beside the page. */
function light(dataset: Dataset, day: string): string {
  if (dataset.fresh_until === null || dataset.stale_after === null) return 'none';
  return day <= dataset.fresh_until ? 'green' : day <= dataset.stale_after ? 'yellow' : 'red';
}

function counted(lights: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of lights) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

let browser: Browser;
let server: Server;
beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** What a reader sees: the lights in the order of the rows, and the numbers above them. */
async function seen(options: Parameters<typeof visit>[2], day?: string): Promise<{ lights: string[]; tally: Record<string, number> }> {
  const clock = day && (new Function(`const Real = Date; Date = class extends Real { constructor() { super('${day}T12:00:00'); } };`) as () => void);
  const { page, troubles, close } = await visit(browser, `${server.address}status.html`, options, clock || undefined);
  const lights = await page.locator('.list .light').evaluateAll((nodes) => nodes.map((node) => node.className.replace('light ', '')));
  const tally = await page.locator('[data-light-count]').evaluateAll((nodes) => nodes.map((node) => [node.getAttribute('data-light-count'), Number(node.textContent)] as const));
  expect(troubles).toEqual([]);
  await close();
  return { lights, tally: Object.fromEntries(tally.filter(([, n]) => n > 0)) as Record<string, number> };
}

test.each([['desktop', DESKTOP], ['phone', PHONE]] as const)('nothing fails, nothing is foreign, nothing sticks out, axe finds nothing: %s', async (_name, options) => {
  const { page, troubles, strangers, close } = await visit(browser, `${server.address}status.html`, options);
  expect(await page.locator('h1').count()).toBe(1);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  expect([...troubles, ...strangers]).toEqual([]);
  await close();
});

test('without a script the lights are those of the day of the build', async () => {
  const found = await seen({ javaScriptEnabled: false });
  expect(found.lights).toEqual(datasets.map((dataset) => dataset.light));
  expect(found.lights).toEqual(datasets.map((dataset) => light(dataset, status.as_of)));
  expect(found.tally).toEqual(counted(found.lights));
});

test('with one they are those of the reader\'s day, and so are their numbers', async () => {
  const turns = datasets.flatMap((dataset) => [dataset.fresh_until, dataset.stale_after]).filter((day) => day !== null);
  for (const day of new Set(['2020-01-01', turns[0] ?? '2027-01-10', turns[1] ?? '2027-04-10', '2099-01-01'])) {
    const found = await seen({}, day);
    expect(found.lights, day).toEqual(datasets.map((dataset) => light(dataset, day)));
    expect(found.tally, day).toEqual(counted(found.lights));
  }
});

test('a page that does not tell of submissions has no word of them', async () => {
  if (status.submissions) return;
  const { page, close } = await visit(browser, `${server.address}status.html`);
  expect(await page.content()).not.toMatch(/逾期|已退回|零报告|overdue|sent back|nil return/);
  await close();
});
