import { expect, test } from 'vitest';

import { answer, ROOT } from './folder.ts';

const bytes = new Uint8Array(1000).map((_, i) => i % 256);
const files = new Map([['tiles/甲-1.pmtiles', () => bytes], ['catalog.json', () => new TextEncoder().encode('{"a":1}')]]);
const ask = (path: string, range?: string): Response => answer(files, ROOT + path, new Headers(range ? { Range: range } : {}));

test('a file as a whole, by its encoded address', async () => {
  expect(await ask('catalog.json').json()).toEqual({ a: 1 });
  expect(ask('catalog.json').headers.get('Content-Type')).toBe('application/json');
  expect(new Uint8Array(await ask(encodeURI('tiles/甲-1.pmtiles')).arrayBuffer())).toEqual(bytes);
});

test.each([
  ['bytes=0-126', 206, 0, 127, 'bytes 0-126/1000'],
  ['bytes=990-16383', 206, 990, 1000, 'bytes 990-999/1000'],
  ['bytes=990-', 206, 990, 1000, 'bytes 990-999/1000'],
  ['bytes=1000-1001', 416, 0, 0, 'bytes */1000'],
])('%s', async (range, status, first, end, told) => {
  const response = ask('tiles/甲-1.pmtiles', range);
  expect([response.status, response.headers.get('Content-Range')]).toEqual([status, told]);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes.slice(first, end));
});

test('what is not in the page is not found', () => {
  expect(ask('release.json').status).toBe(404);
});
