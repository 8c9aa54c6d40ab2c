// Features of an area are those that other tools find in the same tiles; files made in the browser are sound.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, visit, type Visit } from './browser.ts';
import { dist, readCatalog } from './folder.ts';
import { servePortal, type Server } from './server.ts';

interface Whole {
  readonly archives: readonly { readonly id: string; readonly file: string; readonly min_zoom: number; readonly max_zoom: number }[];
  readonly datasets: readonly {
    readonly id: string; readonly title: { readonly zh: string }; readonly features: number | null; readonly licence?: string | null;
    readonly layers: readonly { readonly archive: string; readonly layer: string | null; readonly geometry: string; readonly max_zoom: number }[];
  }[];
}
const { archives, datasets } = readCatalog(dist) as unknown as Whole;
const byLayer = (name: string): Whole['datasets'][number] => datasets.find(({ layers }) => layers.some(({ layer }) => layer === name))!;
const ROADS = byLayer('LRDL');
const ASKED = ['LRDL', 'RESA', 'AGNP', 'BOUA'].map(byLayer);
const BASE = archives.find(({ id }) => id === ROADS.layers[0]!.archive)!;

let browser: Browser;
let server: Server;
let shared: Visit;
let page: Page;
let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'longquan-query-'));
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
  shared = await visit(browser, `${server.address}#shade=none`, { viewport: { width: 960, height: 620 } }); // little to draw: what counts is read
  ({ page } = shared);
  page.setDefaultTimeout(90_000);
  await drawn(page);
  await page.locator('[data-tool=query]').click();
  await page.locator('.query .datasets summary').click();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
  rmSync(scratch, { recursive: true });
});

function python(...words: string[]): string {
  return execFileSync(process.env['LONGQUAN_PYTHON'] ?? 'python3', ['-m', ...words], { cwd: join(import.meta.dirname, '..', '..'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** What `longquan archive verify --strict` finds wrong with an archive, by rule. */
function faults(file: string): Record<string, number> {
  const read = (text: string): Record<string, number> => (JSON.parse(text) as { archives: [{ counts: Record<string, number> }] }).archives[0].counts;
  try {
    return read(python('pipeline', 'archive', 'verify', '--strict', '--json', file));
  } catch (error) {
    return read((error as { stdout: string }).stdout);
  }
}

/** An archive is as sound as the one it was cut from: one that Longquan has built has no fault at all. */
function expectSound(file: string): void {
  for (const [rule, count] of Object.entries(faults(file))) {
    sources ??= faults(join(dist, BASE.file));
    expect([rule, count <= (sources[rule] ?? 0)]).toEqual([rule, true]);
  }
}
let sources: Record<string, number> | null = null;

/** A file that a click saves. */
async function saved(selector: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 90_000 }), page.locator(selector).click()]);
  const path = join(scratch, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

/** What a GeoJSON source of the map holds. */
function held(id: string): Promise<{ geometry: { type: string; coordinates: never }; properties: Record<string, unknown> }[]> {
  return page.evaluate((source) => {
    const found = (window.longquanMap as unknown as { getSource(id: string): { serialize(): { data: { features: never[] } } } | undefined }).getSource(source);
    return found?.serialize().data.features ?? [];
  }, id);
}

async function choose(...ids: readonly string[]): Promise<void> {
  for (const box of await page.locator('.query .boxes input').all()) await box.setChecked(ids.includes(await box.inputValue()));
}

async function bounds(source: string): Promise<[number, number, number, number]> {
  const [area] = await held(source);
  const ring = (area!.geometry.coordinates as number[][][][])[0]![0]!;
  const [lng, lat] = [ring.map(([x]) => x!), ring.map(([, y]) => y!)];
  return [Math.min(...lng), Math.min(...lat), Math.max(...lng), Math.max(...lat)];
}

const number = (text: string | null | undefined): number => Number((text ?? '').replace(/[^\d.]/g, ''));

test('a drawn rectangle holds what shapely finds in the tiles', async () => {
  await choose(...ASKED.map(({ id }) => id));
  await page.locator('.query .area-kinds button').first().click();
  await page.mouse.click(150, 200);
  await page.mouse.move(390, 400);
  await page.mouse.click(420, 430);
  await page.locator('.query .found button').first().waitFor();
  const sides = await bounds('longquan-query-area');
  for (const { id, layers: [layer] } of ASKED) {
    const expected = JSON.parse(python('tests.e2e.fixture.met', join(dist, BASE.file), String(layer!.max_zoom), layer!.layer!, ...sides.map(String))) as number[];
    const shown = page.locator(`.query .found [data-dataset="${id}"] b`);
    expect([id, (await shown.count()) > 0 ? number(await shown.innerText()) : 0]).toEqual([id, expected.length]);
  }
});

describe('the list of one dataset', () => {
  beforeAll(async () => {
    await page.locator(`.query .found [data-dataset="${ROADS.id}"]`).click();
  });
  const rows = (): Promise<string[][]> => page.locator('.query .rows tbody tr:not(.spacer)').evaluateAll((lines) => lines.map((line) => [...line.children].map((cell) => cell.textContent)));
  const count = (): Promise<string> => page.locator('.query .detail .count').innerText();

  test('sorts, and sums what it shows', async () => {
    const length = page.locator('.query thead button').nth(1);
    await length.click();
    await length.click();
    const metres = (await rows()).map((row) => number(row[1]));
    expect(metres).toEqual([...metres].sort((a, b) => b - a));
    expect(metres.length).toBeGreaterThan(1);
    expect(await page.locator('.query th[aria-sort=descending]').count()).toBe(1);
    expect((await held('longquan-query-found')).length).toBe(number(await count()));
  });

  test('a row is shown on the map', async () => {
    await page.locator('.query .rows tbody button').first().click();
    const picked = await held('longquan-query-picked');
    expect(picked.map(({ geometry }) => geometry.type.replace('Multi', ''))).toEqual(['LineString']);
  });

  test('a filter leaves what has the code, and files hold what is left', async () => {
    const all = number(await count());
    await page.locator('.query .filters > summary').click();
    await page.locator('.query .filter > select').selectOption('CLASS');
    const code = page.locator('.query .codes label').first();
    const expected = number(await code.locator('small').innerText());
    await code.locator('input').check();
    await expect.poll(count).toBe(expected === all ? `${all} 条` : `${expected} / ${all} 条`);
    const csv = readFileSync(await saved('.query .files .actions button:first-child'), 'utf8');
    expect(csv.startsWith('\uFEFF')).toBe(true);
    const lines = csv.slice(1).trimEnd().split('\r\n');
    expect(lines.length).toBe(expected + 1);
    expect(lines[0]).toContain('长度（米）');
    await page.locator('.query .files input').uncheck();
    expect(readFileSync(await saved('.query .files .actions button:first-child'), 'utf8').split('\r\n')[0]).toContain('length_m');
    const { features } = JSON.parse(readFileSync(await saved('.query .files .actions button:nth-child(2)'), 'utf8')) as { features: { properties: Record<string, unknown> }[] };
    expect(features.length).toBe(expected);
    expect(new Set(features.map(({ properties }) => properties['CLASS'])).size).toBe(1);
  });
});

test('all features of a dataset belong to towns, in classes on the map', async () => {
  await page.locator('.query .tabs button').nth(1).click();
  await page.locator('.towns select').first().selectOption(ROADS.id);
  await page.locator('.towns select').nth(1).selectOption('length');
  await page.locator('.towns .run').click();
  await page.locator('.town-result .legend li').first().waitFor({ timeout: 100_000 });
  const towns = await held('longquan-query-towns');
  const lines = readFileSync(await saved('.town-result .actions button:first-child'), 'utf8').slice(1).trimEnd().split('\r\n').slice(1).map((line) => line.split(','));
  expect(lines.length).toBe(towns.length);
  expect(lines.reduce((sum, line) => sum + Number(line[3]), 0)).toBeLessThanOrEqual(ROADS.features!);
  expect(lines.reduce((sum, line) => sum + Number(line[3]), 0)).toBeGreaterThan(ROADS.features! * 0.9);
  expect(new Set(towns.map(({ properties }) => properties['colour'])).size).toBe(await page.locator('.town-result .legend li').count());
  const values = new Map(lines.map((line) => [line[0], Number(line[2])]));
  for (const { properties } of towns) expect(values.get(String(properties['name']))).toBeCloseTo(Number(properties['value']), 6);
  expect(await violations(page)).toEqual([]);
});

describe('a piece of an archive', () => {
  beforeAll(async () => {
    await page.locator('[data-tool=download]').click();
    await page.locator('.download .area-kinds button').nth(3).click();
    await page.locator('.download .size').filter({ hasText: '瓦片' }).waitFor({ timeout: 60_000 });
  });

  test('is as large as told before, sound, and says whose it is', async () => {
    const told = number(/（(\d+) 张/.exec(await page.locator('.download .size').innerText())?.[1]);
    const file = await saved('.download .save');
    expectSound(file);
    const { header, metadata } = JSON.parse(python('pipeline', 'archive', 'show', '--json', file)) as { header: Record<string, number>; metadata: Record<string, unknown> };
    expect(header['addressed_tiles']).toBe(told);
    expect(metadata['attribution']).toBeTruthy();
    expect(metadata['licence']).toBe([...new Set(datasets.filter(({ layers }) => layers.some(({ archive }) => archive === BASE.id)).flatMap(({ licence }) => licence ?? []))].join('; '));
  });

  test('holds the layers asked for and no others', async () => {
    await page.locator('.download .both button').nth(1).click();
    await page.locator(`.download .layers input[value="${ROADS.id}"]`).check();
    await page.locator('.download .size').filter({ hasText: '最多' }).waitFor();
    const file = await saved('.download .save');
    expectSound(file);
    const { metadata } = JSON.parse(python('pipeline', 'archive', 'show', '--json', file)) as { metadata: { vector_layers: { id: string }[] } };
    expect(metadata.vector_layers.map(({ id }) => id).filter((id) => !id.endsWith('_label'))).toEqual(['LRDL']);
  });

  test('or its features as GeoJSON', async () => {
    await page.locator('.download input[value=geojson]').check();
    await page.locator('.download .size').filter({ hasText: '读取' }).waitFor();
    const { features, licence } = JSON.parse(readFileSync(await saved('.download .save'), 'utf8')) as { features: { geometry: { type: string }; properties: { dataset: string } }[]; licence: string };
    expect(features.length).toBeGreaterThan(0);
    expect(new Set(features.map(({ properties }) => properties.dataset))).toEqual(new Set([ROADS.id]));
    expect(licence).toBe(ROADS.licence ?? '');
  });
});

test('on a phone all targets are for fingers, and axe finds nothing', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const small = (): Promise<string[]> => page.locator('#tool button:visible, #tool label:visible, #tool summary:visible, #tool select:visible').evaluateAll((nodes) =>
    nodes.filter((node) => node.getBoundingClientRect().height < 44 && !node.closest('thead, .choose')).map((node) => node.outerHTML.slice(0, 90)));
  expect(await small()).toEqual([]);
  expect(await violations(page)).toEqual([]);
  await page.locator('#tool .close').click();
  await page.locator('.tools-button').click();
  await page.locator('[data-tool=query]').click();
  await page.locator('.query .tabs button').first().click();
  await page.locator('.query .area-kinds button').nth(3).click();
  await page.locator('.query .found button').first().waitFor();
  expect(await small()).toEqual([]);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test('all of that without a single error, request to elsewhere or layer left behind', async () => {
  await page.locator('#tool .close').click();
  const left = await page.evaluate(() => window.longquanMap.getStyle().layers.filter(({ id }) => /^longquan-(query|download)/.test(id)).map(({ id }) => id));
  expect(left).toEqual([]);
  expect(shared.troubles).toEqual([]);
  expect(shared.strangers).toEqual([]);
});
