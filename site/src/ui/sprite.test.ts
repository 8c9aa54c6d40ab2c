// A map whose icons are missing is still a map.

import { afterEach, expect, test, vi } from 'vitest';

import { loadSprite } from './sprite.ts';

afterEach(() => vi.restoreAllMocks());

test.each([
  ['missing', () => new Response('', { status: 404 })],
  ['no JSON', () => new Response('<html>')],
  ['null', () => new Response('null')],
])('a sprite that is %s has no pictures, and says so to developers', async (_what, answer) => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => answer());
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const sprite = await loadSprite('http://city.test/sprite', 1);
  expect(sprite.picture('maki-park')).toBeNull();
  expect(told).toHaveBeenCalledOnce();
});
