import { expect, test } from 'vitest';

import { probe } from './probe.ts';

const header = new Uint8Array(127);
header.set([0x50, 0x4d, 0x54, 0x69, 0x6c, 0x65, 0x73, 3]);

function answer(status: number, headers: Record<string, string>, body: Uint8Array = header): typeof fetch {
  return async (_, options) => {
    const asked = new Headers(options?.headers);
    expect(asked.get('Range')).toBe('bytes=0-126');
    expect(options?.cache).toBe('no-store');
    return new Response(status === 404 ? 'no' : body.slice().buffer, { status, headers });
  };
}

const good = { 'Content-Range': 'bytes 0-126/1000', Server: 'nginx/1.22.1' };

test('a server that answers as it should has no fault', async () => {
  expect(await probe('http://a/x.pmtiles', 1000, answer(206, good))).toBeNull();
});

test('an encoding that breaks the connection is found out by a second question', async () => {
  const get = (_: unknown, options?: RequestInit): Promise<Response> =>
    options?.method === 'HEAD' ? Promise.resolve(new Response(null, { headers: { 'Content-Encoding': 'gzip' } })) : Promise.reject(new TypeError('Failed to fetch'));
  expect(await probe('http://a/x.pmtiles', 1000, get as typeof fetch)).toMatchObject({ kind: 'encoding', found: 'gzip' });
});

test.each([
  ['range', answer(200, { Server: 'SimpleHTTP/0.6' }), { found: '200', expected: '206', server: 'SimpleHTTP/0.6' }],
  ['encoding', answer(200, { 'Content-Encoding': 'gzip' }), { found: 'gzip' }],
  ['encoding', answer(206, { ...good, 'Content-Encoding': 'br' }), { found: 'br' }],
  ['size', answer(206, { 'Content-Range': 'bytes 0-126/999' }), { found: '999', expected: '1000' }],
  ['magic', answer(206, good, new Uint8Array(127)), {}],
  ['range', answer(206, good, header.slice(0, 50)), { found: '50', expected: '127' }],
  ['missing', answer(404, {}), { found: '404' }],
  ['network', () => Promise.reject(new TypeError('Failed to fetch')), { found: 'Failed to fetch' }],
] as const)('%s', async (kind, get, rest) => {
  const fault = await probe('http://a/x.pmtiles', 1000, get as typeof fetch);
  expect(fault).toMatchObject({ kind, address: 'http://a/x.pmtiles', ...rest });
});
