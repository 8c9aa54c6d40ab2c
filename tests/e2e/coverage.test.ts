// A reader's own check of a planned project comes to the numbers of `longquan duplicates`.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, PHONE, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

interface Share {
  readonly cells: number;
  readonly percent: number;
}

interface Result {
  readonly standing: string;
  readonly project: { readonly cells: number; readonly square_metres: number };
  readonly themes: readonly {
    readonly id: string; readonly conclusion: string; readonly right: Share; readonly existing: Share; readonly unfit: Share; readonly gap: Share;
    readonly datasets: readonly (Share & { readonly id: string; readonly fit: string; readonly coverage: { readonly how: string; readonly reach: number } })[];
  }[];
}

let browser: Browser;
let server: Server;
let scratch: string;
let shared: Visit;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'longquan-check-'));
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
  shared = await visit(browser, server.address);
  await drawn(shared.page);
  await shared.page.locator('[data-tool=check]').click();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(scratch, { recursive: true });
});

/** A crooked area with a hole around the city's centre, a side of `size` degrees, and a small one beside it. */
function someArea(size: number): object {
  const [lng, lat] = catalog.center;
  const at = (x: number, y: number): [number, number] => [lng + x * size, lat + y * size];
  return {
    type: 'FeatureCollection',
    features: [
      { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[at(-0.5, -0.4), at(0.6, -0.5), at(0.4, 0.45), at(-0.1, 0.2), at(-0.55, 0.5), at(-0.5, -0.4)], [at(0, -0.1), at(0.1, 0.1), at(0.2, -0.1), at(0, -0.1)]] } },
      { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [[at(0.7, 0.7), at(0.701, 0.7), at(0.701, 0.701), at(0.7, 0.7)]] } },
    ],
  };
}

/** What the command line says of the same file and the same folder. */
function byCommand(file: string, ...wanted: string[]): Result {
  const python = process.env['LONGQUAN_PYTHON'] ?? 'python3';
  return JSON.parse(execFileSync(python, ['-m', 'pipeline', 'duplicates', file, '--dist', dist, '--json', ...wanted], { cwd: join(import.meta.dirname, '..', '..'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })) as Result;
}

/** What the portal says: the file that it saves. */
async function byPortal(page: Page): Promise<Result> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.check .save').click()]);
  const saved = join(scratch, 'saved.json');
  await download.saveAs(saved);
  return JSON.parse(readFileSync(saved, 'utf8')) as Result;
}

/** The numbers and words that both must say alike. */
function alike({ standing, project, themes }: Result): object {
  return {
    standing, cells: project.cells, square_metres: project.square_metres,
    themes: themes.map(({ id, conclusion, right, existing, unfit, gap, datasets }) => ({
      id, conclusion, right, existing,
      unfit: { cells: unfit.cells, percent: unfit.percent }, gap: { cells: gap.cells, percent: gap.percent },
      datasets: datasets.map(({ id: dataset, cells, percent, fit, coverage: { how, reach } }) => ({ dataset, cells, percent, fit, how, reach })),
    })),
  };
}

async function open(page: Page, area: object): Promise<string> {
  const file = join(scratch, 'area.geojson');
  writeFileSync(file, JSON.stringify(area));
  await page.locator('.check .file').setInputFiles(file);
  await page.locator('.result .size').waitFor();
  return file;
}

test.each([0.3, 0.02, 0.0004])('an area of %s° from a file', async (size) => {
  const file = await open(shared.page, someArea(size));
  const expected = byCommand(file);
  await expect.poll(async () => alike(await byPortal(shared.page)), { timeout: 30_000 }).toEqual(alike(expected));
  expect(expected.project.cells).toBeGreaterThan(0);
  expect(expected.themes.length).toBeGreaterThan(0);
  if (size === 0.3) expect(expected.themes.some((theme) => theme.existing.cells > 0)).toBe(true);
});

test('what the project needs', async () => {
  const { page } = shared;
  const file = await open(page, someArea(0.1));
  const theme = byCommand(file).themes.find(({ existing }) => existing.cells > 0)!.id;
  await page.locator('.wanted select').nth(0).selectOption(theme);
  await page.locator('.wanted select').nth(1).selectOption('2000');
  await page.locator('.wanted input[type=date]').fill('2026-01-01');
  await page.locator('.wanted input[type=number]').fill('0.5');
  await page.locator('.wanted input[type=number]').blur();
  const expected = byCommand(file, '--theme', theme, '--scale', '1:2000', '--date', '2026-01-01', '--accuracy', '0.5');
  await expect.poll(async () => alike(await byPortal(page)), { timeout: 30_000 }).toEqual(alike(expected));
  expect(await page.locator('.match').count()).toBe(1);
  const shown = await page.locator('.match li').evaluateAll((rows) => rows.map((row) => [row.dataset['dataset'], row.className, row.querySelector('.share')?.textContent]));
  expect(shown).toEqual(expected.themes[0]!.datasets.map(({ id, fit, percent }) => [id, fit, `${percent.toFixed(1)}%`]));
  await page.locator('.wanted select').nth(0).selectOption('');
  await page.locator('.wanted select').nth(1).selectOption('');
  await page.locator('.wanted input[type=date]').fill('');
  await page.locator('.wanted input[type=number]').fill('');
});

test('it says that it is no formal opinion, and axe finds nothing', async () => {
  expect(await shared.page.locator('.check .standing').innerText()).toContain('自查，非正式意见');
  expect(await violations(shared.page)).toEqual([]);
});

test('an area drawn corner by corner is on the map, and a click asks nothing meanwhile', async () => {
  const { page } = shared;
  await page.locator('.check .actions button').first().click();
  expect(await page.locator('.check .actions:not([hidden]) button').first().isDisabled()).toBe(true);
  for (const [x, y] of [[480, 250], [760, 260], [740, 560], [500, 540]] as const) await page.mouse.click(x, y);
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  await page.locator('.result .size').waitFor();
  expect(await page.locator('#here').isVisible()).toBe(false);
  const corners = await page.evaluate(() => {
    const source = (window.longquanMap as unknown as { getSource(id: string): { serialize(): { data: { features: { properties: { kind: string }; geometry: { coordinates: number[][][][] } }[] } } } }).getSource('longquan-check');
    return source.serialize().data.features.find((feature) => feature.properties.kind === 'outline')!.geometry.coordinates[0]![0]!.map((at) => {
      const { x, y } = window.longquanMap.project(at as [number, number]);
      return [Math.round(x), Math.round(y)];
    });
  });
  expect(corners).toEqual([[480, 250], [760, 260], [740, 560], [480, 250]]);
});

test('what is in view is an area, too', async () => {
  await shared.page.locator('.check .actions button').nth(2).click();
  await expect.poll(async () => (await byPortal(shared.page)).project.cells, { timeout: 30_000 }).toBeGreaterThan(100);
});

test('a file without an area is refused in words', async () => {
  const { page } = shared;
  const file = join(scratch, 'line.geojson');
  writeFileSync(file, '{"type":"LineString","coordinates":[[119,28],[119.1,28]]}');
  await page.locator('.check .file').setInputFiles(file);
  await page.locator('.check .message:not(:empty)').waitFor();
  expect(await page.locator('.check .message').innerText()).toContain('没有面要素');
});

test('an area that is not in the city is no answer', async () => {
  const file = join(scratch, 'far.geojson');
  writeFileSync(file, '{"type":"Polygon","coordinates":[[[28,60],[28.1,60],[28.1,60.1],[28,60]]]}');
  await shared.page.locator('.check .file').setInputFiles(file);
  await expect.poll(() => shared.page.locator('.check .message').innerText(), { timeout: 30_000 }).toContain('本市之外');
});

test('closing it takes the area off the map', async () => {
  const { page } = shared;
  await page.locator('#tool .close').click();
  expect(await page.locator('#tool').isVisible()).toBe(false);
  await drawn(page);
  const left = await page.evaluate(() => window.longquanMap.queryRenderedFeatures().filter(({ source }) => source === 'longquan-check').length);
  expect(left).toBe(0);
});

test('all of that without a single error or request to elsewhere', () => {
  expect(shared.troubles).toEqual([]);
  expect(shared.strangers).toEqual([]);
});

test('on a phone it is a sheet with targets for fingers', async () => {
  const { page, troubles, close } = await visit(browser, server.address, PHONE);
  await drawn(page);
  await page.locator('.tools-button').tap();
  await page.locator('[data-tool=check]').tap();
  await open(page, someArea(0.1));
  const small = await page.locator('#tool button:visible, #tool label:visible, #tool summary:visible').evaluateAll((nodes) =>
    nodes.map((node) => ({ html: node.outerHTML.slice(0, 90), box: node.getBoundingClientRect() })).filter(({ box }) => box.height < 44).map(({ html }) => html));
  expect(small).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.viewport.width);
  expect(await violations(page)).toEqual([]);
  expect(troubles).toEqual([]);
  await close();
});
