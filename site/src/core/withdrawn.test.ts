import { beforeEach, expect, test, vi } from 'vitest';

import { health, type Health } from './health.ts';
import type { Fault } from './probe.ts';
import { readWithdrawn, tellWithdrawn } from './withdrawn.ts';

const fault: Fault = { kind: 'missing', address: 'http://a/tiles/pipes-1.pmtiles', server: '', found: '404', expected: '206' };
const archives = [{ id: 'pipes', file: 'tiles/pipes-1.pmtiles' }, { id: 'roads', file: 'tiles/roads-1.pmtiles' }] as never;
const order = {
  signed: {
    targets: {
      'withdrawn/aa': { length: 1, custom: { kind: 'archive', path: 'tiles/pipes-1.pmtiles', date: '2026-11-23', reason: '管线' } },
      'withdrawn/bb': { length: 1, custom: { kind: 'release', path: 'release.json', date: '2026-11-23', reason: 'x' } },
      'withdrawn/cc': { length: 1 },
    },
  },
};
const says = (body: unknown, status = 200) => vi.fn(async () => new Response(JSON.stringify(body), { status }));

let now: Health;
beforeEach(() => void (now = health()));

test('the files of an order, and nothing of what is no order', async () => {
  expect([...(await readWithdrawn('http://a/w', says(order)))]).toEqual([['tiles/pipes-1.pmtiles', { date: '2026-11-23', reason: '管线' }]]);
  for (const wrong of [says({}), says([]), says(null), says(order, 404), vi.fn(async () => new Response('<html>')), vi.fn(() => Promise.reject(new TypeError('x')))]) {
    expect((await readWithdrawn('http://a/w', wrong)).size).toBe(0);
  }
});

test('what is missing is looked up, once; what is not, never', async () => {
  const get = says(order);
  const look = tellWithdrawn(now, { archives }, 'http://a/w', get);
  await look();
  now.fail('roads', { ...fault, kind: 'range' });
  now.reach(false);
  expect(get).not.toHaveBeenCalled();
  now.fail('pipes', fault);
  await vi.waitFor(() => expect(now.now.faults.get('pipes')).toMatchObject({ kind: 'withdrawn', found: '2026-11-23 管线' }));
  await look();
  expect(get).toHaveBeenCalledTimes(1);
  expect(now.now.faults.get('roads')?.kind).toBe('range');
});

test('what is missing for another reason stays missing', async () => {
  const look = tellWithdrawn(now, { archives }, 'http://a/w', says(order));
  now.fail('roads', fault);
  await look();
  expect(now.now.faults.get('roads')).toEqual(fault);
});
