import { EtagMismatch } from 'pmtiles';
import { beforeEach, expect, test, vi } from 'vitest';

import type { Kept, RangeCache } from './cache.ts';
import { health, type Health } from './health.ts';
import { ArchiveFault, rangeSource } from './range-source.ts';

const BYTES = 40_000;
const file = new Uint8Array(BYTES).map((_, i) => i % 251);
file.set([0x50, 0x4d, 0x54, 0x69, 0x6c, 0x65, 0x73, 3]);
const archive = { id: 'a', file: 'tiles/a-0123456789ab.pmtiles', bytes: BYTES };
const address = 'http://h/tiles/a-0123456789ab.pmtiles';

/** A store in memory, and what was asked of a server. */
function memory(): RangeCache & { readonly parts: Map<string, Kept> } {
  const parts = new Map<string, Kept>();
  return {
    parts,
    get: async (...key) => parts.get(String(key)) ?? null,
    put: (name, offset, length, kept) => void parts.set(String([name, offset, length]), kept),
    forget: async (name) => [...parts.keys()].filter((key) => key.startsWith(`${name},`)).forEach((key) => parts.delete(key)),
  };
}

/** A server with Range, whose headers can be changed. */
function server(headers: Record<string, string> = {}, total = BYTES): typeof fetch & { readonly mock: { calls: unknown[][] } } {
  return vi.fn(async (_: unknown, options?: RequestInit) => {
    const [first, last] = /bytes=(\d+)-(\d+)/.exec(new Headers(options?.headers).get('Range')!)!.slice(1).map(Number) as [number, number];
    const body = file.slice(first, Math.min(last + 1, BYTES));
    return new Response(body, { status: 206, headers: { 'Content-Range': `bytes ${first}-${last}/${total}`, ...headers } });
  }) as never;
}

const without = (headers: Record<string, string> = {}): typeof fetch & { readonly mock: { calls: unknown[][] } } =>
  vi.fn(async () => new Response(file, { status: 200, headers: { Server: 'SimpleHTTP/0.6', ...headers } })) as never;

let now: Health;
beforeEach(() => {
  now = health();
});

test('a part is asked for once, and answered from the store by the next page without a server', async () => {
  const cache = memory();
  const get = server({ ETag: '"x"' });
  const first = rangeSource({ archive, address, health: now, cache, get });
  expect(new Uint8Array((await first.getBytes(100, 50)).data)).toEqual(file.slice(100, 150));
  await first.getBytes(100, 50);
  expect(get.mock.calls.length).toBe(1);
  expect(get.mock.calls[0]![1]).toMatchObject({ cache: 'no-store', headers: { Range: 'bytes=100-149' } });
  const gone = vi.fn(() => Promise.reject(new TypeError('Failed to fetch')));
  const second = rangeSource({ archive, address, health: now, cache, get: gone });
  expect(new Uint8Array((await second.getBytes(100, 50)).data)).toEqual(file.slice(100, 150));
  expect(gone.mock.calls).toEqual([[address, { method: 'HEAD', cache: 'no-store' }]]); // only whether it is still there
  await expect(second.getBytes(200, 50)).rejects.toThrow('Failed to fetch');
  expect(now.now.offline).toBe(true);
  await first.getBytes(200, 50);
  expect(now.now.offline).toBe(false);
});

test('what is kept of a file that the server has no more is forgotten, once it is asked', async () => {
  const cache = memory();
  await rangeSource({ archive, address, health: now, cache, get: server() }).getBytes(0, 16384);
  const gone = vi.fn(async () => new Response(null, { status: 410 }));
  const later = rangeSource({ archive, address, health: now, cache, get: gone });
  await later.getBytes(0, 16384); // not held up by the question
  await vi.waitFor(() => expect(now.now.faults.get('a')?.kind).toBe('missing'));
  expect(cache.parts.size).toBe(0);
  await expect(later.getBytes(0, 16384)).rejects.toBeInstanceOf(ArchiveFault);
  expect(gone).toHaveBeenCalledTimes(1);
});

test('a server that is in trouble, or out of reach, takes nothing away', async () => {
  const cache = memory();
  await rangeSource({ archive, address, health: now, cache, get: server() }).getBytes(0, 16384);
  for (const answer of [async () => new Response(null, { status: 503 }), async () => Promise.reject(new TypeError('offline'))]) {
    const later = rangeSource({ archive, address, health: now, cache, get: answer });
    expect((await later.getBytes(0, 16384)).data.byteLength).toBe(16384);
    expect((await later.getBytes(0, 16384)).data.byteLength).toBe(16384);
  }
  expect([now.now.faults.size, cache.parts.size]).toEqual([0, 1]);
});

test('a file without a hash in its name is not kept, and left to the browser', async () => {
  const cache = memory();
  const get = server();
  await rangeSource({ archive: { ...archive, file: 'tiles/a.pmtiles' }, address, health: now, cache, get }).getBytes(0, 16);
  expect(cache.parts.size).toBe(0);
  expect(get.mock.calls[0]![1]).not.toHaveProperty('cache');
});

test('another ETag than the kept head came with drops what was kept', async () => {
  const cache = memory();
  await rangeSource({ archive, address, health: now, cache, get: server({ ETag: '"old"' }) }).getBytes(0, 16384);
  const source = rangeSource({ archive, address, health: now, cache, get: server({ ETag: '"new"' }) });
  const { etag } = await source.getBytes(0, 16384);
  expect(etag).toBe('"old"');
  await expect(source.getBytes(20_000, 10, undefined, etag)).rejects.toBeInstanceOf(EtagMismatch);
  expect(cache.parts.size).toBe(0);
  expect((await source.getBytes(0, 16384)).etag).toBe('"new"');
});

test('a changed ETag within a page makes pmtiles.js begin anew, until every answer has another', async () => {
  const cache = memory();
  let tag = 'one';
  const get = (...asked: Parameters<typeof fetch>): Promise<Response> => server({ ETag: `"${tag}"` })(...asked);
  const source = rangeSource({ archive, address, health: now, cache, get });
  const { etag } = await source.getBytes(0, 16384);
  tag = 'two';
  await expect(source.getBytes(20_000, 10, undefined, etag)).rejects.toBeInstanceOf(EtagMismatch);
  expect(cache.parts.size).toBe(0);
  tag = 'three';
  await expect(source.getBytes(20_000, 10, undefined, etag)).resolves.toBeTruthy();
});

test('a server without Range: the whole file, once for all who ask, with its progress told', async () => {
  const cache = memory();
  const get = without();
  const source = rangeSource({ archive, address, health: now, cache, get });
  const told: number[] = [];
  now.on(({ downloads }) => downloads.has('a') && told.push(downloads.get('a')!.total));
  const [head, part] = await Promise.all([source.getBytes(0, 16384), source.getBytes(30_000, 100)]);
  expect(new Uint8Array(head.data)).toEqual(file.slice(0, 16384));
  expect(new Uint8Array(part.data)).toEqual(file.slice(30_000, 30_100));
  await source.getBytes(10, 10);
  expect(get.mock.calls.length).toBeLessThanOrEqual(2);
  expect(told).toContain(BYTES);
  expect(now.now).toMatchObject({ detour: { kind: 'range', server: 'SimpleHTTP/0.6' }, offline: false });
  expect([...cache.parts.keys()]).toEqual([`${archive.file},0,${BYTES}`]);
  const gone = vi.fn(() => Promise.reject(new TypeError('Failed to fetch')));
  const later = rangeSource({ archive, address, health: now, cache, get: gone });
  expect(new Uint8Array((await later.getBytes(5, 5)).data)).toEqual(file.slice(5, 10));
  expect(gone.mock.calls).toEqual([[address, { method: 'HEAD', cache: 'no-store' }]]);
});

test('200 for more than there is is no fault', async () => {
  const source = rangeSource({ archive, address, health: now, get: without() });
  expect((await source.getBytes(0, 50_000)).data.byteLength).toBe(BYTES);
  expect(now.now.detour).toBeNull();
});

test.each([
  ['range', without(), '200'],
  ['encoding', without({ 'Content-Encoding': 'gzip' }), 'gzip'],
  ['size', server({}, BYTES - 1), String(BYTES - 1)],
  ['missing', (async () => new Response('no', { status: 404 })) as typeof fetch, '404'],
  ['magic', (async () => new Response(new Uint8Array(16), { status: 206 })) as typeof fetch, ''],
] as const)('a large archive: %s', async (kind, get, found) => {
  const source = rangeSource({ archive, address, health: now, get, wholeLimit: 1000 });
  const fault = await source.getBytes(0, 16).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ArchiveFault);
  expect(now.now.faults.get('a')).toMatchObject({ kind, found, address });
});

test('what has a fault is not asked for again', async () => {
  const get = vi.fn(async () => new Response('no', { status: 404 }));
  const source = rangeSource({ archive, address, health: now, get: get as typeof fetch });
  await expect(source.getBytes(0, 16)).rejects.toBeInstanceOf(ArchiveFault);
  await expect(source.getBytes(16, 16)).rejects.toBeInstanceOf(ArchiveFault);
  expect(get).toHaveBeenCalledTimes(1);
});

test('a gateway that finds no server is as good as none, for now', async () => {
  const get = vi.fn(async () => new Response('', { status: 502 }));
  const source = rangeSource({ archive, address, health: now, get: get as typeof fetch });
  await expect(source.getBytes(0, 16)).rejects.toThrow('502');
  expect([now.now.offline, now.now.faults.size]).toEqual([true, 0]);
});
