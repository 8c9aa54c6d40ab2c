// The pipeline's tests write down queries and answers (tests/portal/search/answers.json); the browser has the same.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { search } from './engine.ts';
import { openIndex } from './index-file.ts';

interface Answers {
  readonly head: number;
  readonly index: string;
  readonly queries: readonly { readonly query: string; readonly near: readonly [number, number] | null; readonly results: readonly unknown[] }[];
}

const answers = JSON.parse(readFileSync(new URL('../../../../tests/portal/search/answers.json', import.meta.url), 'utf8')) as Answers;
const data = new Uint8Array(Buffer.from(answers.index, 'base64'));
const read: [number, number][] = [];
const index = openIndex(async (offset, length) => {
  read.push([offset, length]);
  return data.subarray(offset, offset + length);
}, answers);

test.each(answers.queries.map(({ query, near, results }) => [query, near, results] as const))('%s %j', async (query, near, results) => {
  const found = await search(await index, query, near);
  expect(found.map(({ entry, title, level, town, lng, lat, door, marks, score }) => ({
    entry: entry.number, title, level, town, lng, lat, box: entry.box, id: door ? door.id : entry.id, marks, score: Math.round(score * 1e9) / 1e9,
  }))).toEqual(results);
});

test('a first query reads little, and nothing twice', async () => {
  read.length = 0;
  const fresh = await openIndex(async (offset, length) => {
    read.push([offset, length]);
    return data.subarray(offset, offset + length);
  }, answers);
  await search(fresh, '剑池路18号');
  await search(fresh, '剑池路18号');
  const bytes = read.reduce((sum, [, length]) => sum + length, 0);
  expect(bytes).toBeLessThan(60_000);
  expect(new Set(read.map(String)).size).toBe(read.length);
});

test('what is no index is refused', async () => {
  await expect(openIndex(async () => new Uint8Array(144), { head: 144 })).rejects.toThrow('not one of version 1');
});
