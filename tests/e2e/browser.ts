// A real Chromium that may reach nothing but loopback, and a page that remembers everything that went wrong.

import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

import { HOST } from './server.ts';

export const DESKTOP = { viewport: { width: 1280, height: 800 } } as const;
/** The layout of a desktop on a quarter of its pixels each way: software draws maps by the pixel. */
const COARSE = { ...DESKTOP, deviceScaleFactor: 0.25 } as const;
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function launch(): Promise<Browser> {
  const executablePath = process.env['LONGQUAN_CHROMIUM'] ?? PLACES.find((path) => existsSync(path));
  if (!executablePath) throw new Error('no Chromium: install it (Debian, Ubuntu: apt-get install chromium) or set LONGQUAN_CHROMIUM');
  return chromium.launch({
    executablePath,
    args: ['--enable-unsafe-swiftshader', '--disable-gpu', '--no-sandbox', `--host-resolver-rules=MAP ${HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`],
  });
}

export interface Visit {
  readonly page: Page;
  /** Page errors, console errors, failed requests: empty on a good visit. */
  readonly troubles: string[];
  /** Requests to anything but the own origin. */
  readonly strangers: string[];
  close(): Promise<void>;
}

/** Open `address`; `prepare` runs before any script of the page. */
export async function visit(browser: Browser, address: string, options: BrowserContextOptions = {}, prepare?: () => void): Promise<Visit> {
  const context = await browser.newContext({ ...(options.viewport ? {} : COARSE), locale: 'zh-CN', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  const strangers: string[] = [];
  const { origin } = new URL(address);
  if (prepare) await page.addInitScript(prepare);
  page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (['error', 'warning'].includes(message.type()) && !/GPU stall|GL Driver Message/.test(text)) troubles.push(`console: ${text}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()}: ${response.url()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.origin !== origin) strangers.push(request.url());
  });
  await page.goto(address);
  return { page, troubles, strangers, close: () => context.close() };
}

/** Wait until the map has drawn all it has. */
export async function drawn(page: Page, timeout = 60_000): Promise<void> {
  const done = (): boolean => document.getElementById('app')?.dataset['ready'] === 'true' && window.longquanMap.loaded() && window.longquanMap.areTilesLoaded();
  await page.waitForFunction(done, null, { timeout });
}

export type Colour = readonly [red: number, green: number, blue: number];

/** The mean colours of the page around some places, 9 × 9 CSS pixels each. */
export async function colours(page: Page, places: readonly { readonly x: number; readonly y: number }[]): Promise<Colour[]> {
  const picture = (await page.screenshot()).toString('base64');
  return page.evaluate(async ([base64, at]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    const scale = bitmap.width / innerWidth;
    return at.map(({ x, y }): [number, number, number] => {
      const [left, top] = [Math.round((x - 4) * scale), Math.round((y - 4) * scale)];
      const side = Math.round(9 * scale);
      const { data } = context.getImageData(left, top, side, side);
      const mean = (channel: number): number => data.filter((_, i) => i % 4 === channel).reduce((sum, value) => sum + value, 0) / side ** 2;
      return [mean(0), mean(1), mean(2)];
    });
  }, [picture, places] as const);
}

/** How much of two pictures of the page differs, 0 … 1; a pixel differs when a channel does by more than 8 of 255. */
export async function difference(page: Page, before: Buffer, after: Buffer): Promise<number> {
  return page.evaluate(async (pictures) => {
    const [a, b] = await Promise.all(pictures.map(async (base64) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], { type: 'image/png' }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true })!;
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
    }));
    let differ = 0;
    for (let i = 0; i < a!.length; i += 4) if ([0, 1, 2].some((channel) => Math.abs(a![i + channel]! - b![i + channel]!) > 8)) differ++;
    return differ / (a!.length / 4);
  }, [before.toString('base64'), after.toString('base64')] as const);
}

declare global {
  interface Window {
    longquanMap: MapHandle;
  }
}

/** The few methods of MapLibre's map that tests call inside the page. */
export interface MapHandle {
  loaded(): boolean;
  areTilesLoaded(): boolean;
  getZoom(): number;
  getCenter(): { lng: number; lat: number };
  getPitch(): number;
  getTerrain(): { exaggeration?: number } | null;
  queryTerrainElevation(at: [number, number]): number | null;
  jumpTo(view: { center?: [number, number]; zoom?: number; pitch?: number; bearing?: number }): void;
  project(at: { lng: number; lat: number } | [number, number]): { x: number; y: number };
  getLayoutProperty(layer: string, name: string): unknown;
  setLayoutProperty(layer: string, name: string, value: unknown): unknown;
  getPaintProperty(layer: string, name: string): unknown;
  getLayersOrder(): string[];
  getLayer(id: string): unknown;
  getSource(id: string): unknown;
  getBearing(): number;
  addSource(id: string, source: object): void;
  addLayer(layer: object): void;
  getStyle(): { layers: { id: string; type: string; metadata?: Record<string, unknown> }[] };
  queryRenderedFeatures(geometry?: unknown, options?: unknown): { source: string; sourceLayer?: string; layer: { metadata?: Record<string, unknown> }; geometry: { type: string; coordinates: never }; properties: Record<string, unknown> }[];
}
