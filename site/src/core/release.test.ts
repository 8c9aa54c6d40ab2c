import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { watchRelease } from './release.ts';

let inSight: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', {
    visibilityState: 'visible',
    addEventListener: (_: string, listener: () => void) => void (inSight = listener),
    removeEventListener: () => void (inSight = () => undefined),
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const catalog = { archives: [{ file: 'tiles/a-1.pmtiles' }] } as never;
const said = (release: string, files = ['tiles/a-1.pmtiles', 'tiles/other.pmtiles']): Response =>
  new Response(JSON.stringify({ release, archives: files.map((file) => ({ file })) }));

test('another release is told once, whenever it comes', async () => {
  const onChange = vi.fn();
  let release = 'one';
  const get = vi.fn(async () => said(release));
  const watch = watchRelease({ address: 'r', catalog, onChange, get });
  expect(await watch.look()).toBe(false);
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  expect(onChange).not.toHaveBeenCalled();
  release = 'two';
  inSight();
  expect(await watch.look()).toBe(true);
  await vi.advanceTimersByTimeAsync(60 * 60_000);
  expect(onChange).toHaveBeenCalledTimes(1);
  expect(get.mock.calls.at(-1)).toEqual(['r', { cache: 'no-cache' }]);
});

test('a release that came between the catalogue and the first look', async () => {
  const onChange = vi.fn();
  const watch = watchRelease({ address: 'r', catalog, onChange, get: async () => said('two', ['tiles/a-2.pmtiles']) });
  expect(await watch.look()).toBe(true);
  expect(onChange).toHaveBeenCalledTimes(1);
});

test.each([
  ['no server', () => Promise.reject(new TypeError('x'))],
  ['no such file', async () => new Response('', { status: 404 })],
  ['no release', async () => new Response('<html>')],
])('%s: nothing has changed', async (_, get) => {
  const onChange = vi.fn();
  expect(await watchRelease({ address: 'r', catalog, onChange, get }).look()).toBe(false);
  expect(onChange).not.toHaveBeenCalled();
});
