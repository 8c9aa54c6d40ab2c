// How little is needed for a first map, and that it stays smooth where there is most to draw.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';

import { drawn, launch, visit, type Visit } from './browser.ts';
import { catalog, dist } from './folder.ts';
import { servePortal, type Server } from './server.ts';

const BUDGET = 700_000; // bytes before the first tile, compressed
const LONG = 200; // ms a single task may keep the page from answering

const requests: { readonly name: string; readonly range: string | undefined }[] = [];
let browser: Browser;
let server: Server;
let shared: Visit;
beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
  shared = await visit(browser, 'about:blank');
  shared.page.on('request', (request) => {
    const name = decodeURIComponent(new URL(request.url()).pathname).split('/地图/')[1];
    if (name !== undefined) requests.push({ name: name || 'index.html', range: request.headers()['range'] });
  });
  await shared.page.goto(server.address);
  await drawn(shared.page);
}, 180_000);
afterAll(async () => {
  await browser.close();
  await server.stop();
});

test('at most 700 KB, compressed, before the first tile', () => {
  const first = requests.findIndex(({ name, range }) => name.endsWith('.pmtiles') && !range?.startsWith('bytes=0-'));
  expect(first).toBeGreaterThan(0);
  const before = requests.slice(0, first);
  const files = [...new Set(before.filter(({ name }) => !name.endsWith('.pmtiles')).map(({ name }) => name))];
  expect(files).toContain('catalog.json');
  const sizes = files.map((name) => {
    const data = readFileSync(join(dist, name));
    return /\.(html|js|css|json|svg)$/.test(name) ? gzipSync(data).length : data.length;
  });
  const heads = before.filter(({ name }) => name.endsWith('.pmtiles')).map(({ name, range }) => {
    const length = Number(range!.split('-')[1]) + 1;
    return Math.min(length, catalog.archives.find(({ file }) => file === name)!.bytes);
  });
  const sum = [...sizes, ...heads].reduce((total, size) => total + size, 0);
  expect(sum, files.map((name, i) => `${name} ${sizes[i]}`).join('\n')).toBeLessThanOrEqual(BUDGET);
});

test('no archive is asked for before something of it is to be drawn', () => {
  const asked = new Set(requests.map(({ name }) => name).filter((name) => name.endsWith('.pmtiles')));
  const wanted = new Set(['vector', 'terrain', 'hillshade', 'tint', undefined]); // what the map shows by itself
  const without = catalog.archives.filter(({ product, file }) => !wanted.has(product) && asked.has(file));
  expect(without.map(({ id }) => id)).toEqual([]);
  expect(requests.filter(({ name }) => name === catalog.archives[0]!.file)[0]!.range).toBe('bytes=0-16383');
});

test('all that is waited for is asked for at once: scripts, catalogue and style, before any of them has run', async () => {
  const page = readFileSync(join(dist, 'index.html'), 'utf8');
  for (const name of ['catalog.json', catalog.styles[0]!.href]) expect(page).toContain(`<link rel="preload" href="${name}"`);
  const scripts = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]!);
  const loaded = [...new Set(requests.map(({ name }) => name).filter((name) => /^assets\/(?!.*worker).*\.js$/.test(name)))];
  const named = loaded.filter((name) => scripts.includes(name));
  expect(named.length).toBeGreaterThan(1);
  expect(requests.findIndex(({ name }) => name === 'catalog.json')).toBeLessThan(8);
});

test('panning over the densest place keeps the page answering', async () => {
  const { page } = shared;
  const [lng, lat] = catalog.center;
  await page.evaluate(([x, y]) => window.longquanMap.jumpTo({ center: [x, y], zoom: 15 }), [lng, lat] as const);
  await drawn(page);
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'] });
  await page.evaluate(async () => {
    const map = window.longquanMap as unknown as { panBy(offset: [number, number], options: object): void; once(event: string, done: () => void): void };
    for (const step of [[320, 0], [0, 320], [-320, 0], [-320, 0], [0, -320], [0, -320]] as [number, number][]) {
      await new Promise<void>((done) => {
        map.once('moveend', done);
        map.panBy(step, { duration: 300, essential: true });
      });
    }
  });
  await drawn(page);
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: { name: string; ph: string; pid: number; tid: number; dur?: number; tdur?: number; args?: { name?: string } }[] };
  const main = new Set(trace.traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(({ pid, tid }) => `${pid}/${tid}`));
  const tasks = trace.traceEvents.filter(({ name, ph, pid, tid }) => ph === 'X' && /RunTask/.test(name) && main.has(`${pid}/${tid}`));
  // Time of the processor, not of the clock: other programs on the machine are not the page's fault.
  const spent = tasks.map(({ dur = 0, tdur }) => (tdur ?? dur) / 1000).sort((a, b) => b - a);
  expect(tasks.length).toBeGreaterThan(20);
  expect(spent.filter((ms) => ms > LONG)).toEqual([]);
  expect(shared.troubles).toEqual([]);
}, 300_000);
