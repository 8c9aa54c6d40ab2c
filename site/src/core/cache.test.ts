import 'fake-indexeddb/auto';

import { beforeEach, expect, test, vi } from 'vitest';

import { rangeCache } from './cache.ts';

const bytes = (length: number, fill = 7): ArrayBuffer => new Uint8Array(length).fill(fill).buffer;
const settled = (): Promise<void> => new Promise((done) => setTimeout(done, 600)); // longer than writes are gathered for
const here = async (cache: ReturnType<typeof rangeCache>, offsets: number[]): Promise<number[]> => {
  const found = await Promise.all(offsets.map((offset) => cache.get('a', offset, 100)));
  return offsets.filter((_, i) => found[i]);
};

let name: string;
let count = 0;
beforeEach(() => {
  name = `test-${count++}`;
});

test('what was put is there at once, and for the next page; nothing else is', async () => {
  const cache = rangeCache(1e6, name);
  cache.put('a', 0, 100, { data: bytes(100), etag: '"x"' });
  expect((await cache.get('a', 0, 100))!.data.byteLength).toBe(100);
  await settled();
  const next = rangeCache(1e6, name);
  expect(await next.get('a', 0, 100)).toMatchObject({ etag: '"x"' });
  expect(new Uint8Array((await next.get('a', 0, 100))!.data)).toEqual(new Uint8Array(100).fill(7));
  expect([await next.get('a', 0, 99), await next.get('a', 1, 100), await next.get('b', 0, 100)]).toEqual([null, null, null]);
});

test('over the limit, what was used longest ago goes', async () => {
  const clock = vi.spyOn(Date, 'now');
  const hour = 3_600_000;
  const cache = rangeCache(500, name);
  for (let i = 0; i < 5; i++) {
    clock.mockReturnValue((1000 + i) * hour);
    cache.put('a', i, 100, { data: bytes(100), etag: null });
  }
  await settled();
  const next = rangeCache(500, name);
  clock.mockReturnValue(1009 * hour);
  expect(await here(next, [0])).toEqual([0]); // used again, now the youngest
  next.put('a', 5, 100, { data: bytes(100), etag: null });
  await settled();
  clock.mockRestore();
  expect(await here(rangeCache(500, name), [0, 1, 2, 3, 4, 5])).toEqual([0, 3, 4, 5]); // 400 bytes: four fifths of the limit
});

test('a file is forgotten whole, others stay', async () => {
  const cache = rangeCache(1e6, name);
  for (const file of ['a', 'a-2', 'b']) cache.put(file, 0, 100, { data: bytes(100), etag: null });
  await settled();
  cache.put('a', 100, 100, { data: bytes(100), etag: null });
  await cache.forget('a');
  await settled();
  const next = rangeCache(1e6, name);
  expect([await next.get('a', 0, 100), await next.get('a', 100, 100)]).toEqual([null, null]);
  expect(await next.get('a-2', 0, 100)).not.toBeNull();
  expect(await next.get('b', 0, 100)).not.toBeNull();
});

test('a full disk and a browser without the store cost nothing but what would have been kept', async () => {
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  const cache = rangeCache(1e6, name);
  cache.put('a', 0, 100, { data: bytes(100), etag: null });
  await settled();
  put.mockRestore();
  expect(await rangeCache(1e6, name).get('a', 0, 100)).toBeNull();

  vi.stubGlobal('indexedDB', { open: () => {
    throw new DOMException('private', 'SecurityError');
  } });
  const none = rangeCache(1e6, name);
  none.put('a', 0, 100, { data: bytes(100), etag: null });
  await settled();
  expect(await none.get('a', 0, 100)).toBeNull();
  await none.forget('a');
  vi.unstubAllGlobals();
});

test('a store that never opens is given up', async () => {
  vi.stubGlobal('indexedDB', { open: () => ({}) });
  const cache = rangeCache(1e6, name);
  cache.put('a', 0, 100, { data: bytes(100), etag: null });
  expect((await cache.get('a', 0, 100))!.data.byteLength).toBe(100); // not written yet
  expect(await cache.get('a', 1, 100)).toBeNull();
  vi.unstubAllGlobals();
});
