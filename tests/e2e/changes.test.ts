// What changed between two versions, on a town whose roads were handed in twice: on the map, in numbers, old values beside new.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';

import { violations } from './axe.ts';
import { drawn, launch, visit, type Visit } from './browser.ts';
import { servePortal, type Server } from './server.ts';

const scratch = mkdtempSync(join(tmpdir(), 'longquan-changes-'));
let browser: Browser;
let server: Server;
let shared: Visit;
beforeAll(async () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const dist = join(scratch, 'public');
  execFileSync(process.env['LONGQUAN_PYTHON'] ?? 'python3', ['-m', 'tests.e2e.fixture.changes', dist], { cwd: root, stdio: 'ignore' });
  [browser, server] = await Promise.all([launch(), servePortal(dist)]);
  shared = await visit(browser, `${server.address}#tool=changes`);
  await drawn(shared.page);
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

test('how much came, went and changed, from when to when; the link says which step', async () => {
  const { page } = shared;
  await page.locator('.changes .changed button').nth(3).waitFor();
  expect(await page.locator('.changes .dates').innerText()).toBe('2025-01-01 → 2026-01-01');
  expect(await page.locator('.changes .kinds label').allInnerTexts()).toEqual(['新增（1）', '删除（1）', '修改（2）']);
  expect(new URL(page.url()).hash).toContain('time=roads:2026.1');
});

test('each is drawn in its colour', async () => {
  const found = await shared.page.evaluate(() => {
    const map = window.longquanMap as unknown as { getPaintProperty(layer: string, name: string): unknown };
    const features = window.longquanMap.queryRenderedFeatures().filter(({ source }) => source === 'longquan-changes');
    return Object.fromEntries(features.map(({ sourceLayer, properties, layer }) => [String(properties['ID']), [sourceLayer, map.getPaintProperty((layer as unknown as { id: string }).id, 'line-color')]]));
  });
  expect(found).toEqual({ 2: ['roads-changed', '#d98200'], 3: ['roads-removed', '#c62828'], 4: ['roads-changed', '#d98200'], 5: ['roads-added', '#1a7f37'] });
});

test('old values stand beside new ones, and nothing that the edition does not show', async () => {
  const { page } = shared;
  const road = page.locator('.changes .changed li', { hasText: '乙大道' });
  await road.locator('button').click();
  expect(await road.locator('del').allInnerTexts()).toEqual(['乙路', '街道']);
  expect(await road.locator('ins').allInnerTexts()).toEqual(['乙大道', '国道']);
  const moved = page.locator('.changes .changed li', { hasText: '丁路' });
  await moved.locator('button').click();
  expect(await moved.locator('ins').allInnerTexts()).toEqual(['已改变']);
  expect(await page.locator('#tool').innerText()).not.toContain('路宽');
  expect(await violations(page)).toEqual([]);
});

test('a kind switched off is not drawn; the map is as before when the tool is closed', async () => {
  const { page } = shared;
  await page.locator('.changes .kinds input').first().uncheck();
  await page.waitForFunction(() => !window.longquanMap.queryRenderedFeatures().some(({ sourceLayer }) => sourceLayer === 'roads-added'));
  await page.locator('#tool .close').click();
  expect(await page.evaluate(() => (window.longquanMap as unknown as { getLayersOrder(): string[] }).getLayersOrder().filter((id) => id.startsWith('longquan-changes')))).toEqual([]);
  expect(new URL(page.url()).hash).not.toContain('time=');
  expect([...shared.troubles, ...shared.strangers]).toEqual([]);
});
