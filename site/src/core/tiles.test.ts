import { readFileSync } from 'node:fs';
import { PMTiles } from 'pmtiles';
import { describe, expect, test } from 'vitest';

import { entriesIn } from './archive-tiles.ts';
import { areaOf, boxArea, type Polygon } from './area.ts';
import { areaOf as squareMetres, lengthOf, type Place } from './geodesy.ts';
import { simple } from './geojson-formats.ts';
import { tilesOf } from './tile-cover.ts';
import { featuresIn, type TileFeature } from './tiles.ts';

// A piece of the sample city, and what shapely finds in it: tests/demo/test_query_in_browsers.py.
const { archive: text, areas } = JSON.parse(readFileSync(new URL('../../../tests/demo/query.json', import.meta.url), 'utf8')) as {
  readonly archive: string;
  readonly areas: readonly { readonly coordinates: readonly Polygon[]; readonly layers: Readonly<Record<string, Expected>> }[];
};
interface Expected {
  readonly ids: readonly number[];
  readonly metres: number;
  readonly squareMetres: number;
  readonly wholeMetres: number;
  readonly wholeSquareMetres: number;
}
const bytes = Uint8Array.from(Buffer.from(text, 'base64')).buffer;
let requests = 0;
const archive = new PMTiles({ getKey: () => 'query', getBytes: async (offset, length) => (requests++, { data: bytes.slice(offset, offset + length) }) });
const LAYERS = Object.keys(areas[0]!.layers);

function measured(features: readonly TileFeature[]): { metres: number; squareMetres: number } {
  let [metres, square] = [0, 0];
  for (const part of features.flatMap(({ geometry }) => simple(geometry))) {
    if (part.type === 'LineString') metres += lengthOf(part.coordinates as unknown as Place[]);
    else if (part.type === 'Polygon') square += squareMetres(part.coordinates as unknown as Place[][]);
  }
  return { metres, squareMetres: square };
}

describe.each(areas.map((area, i) => [i, area] as const))('area %d', (_, { coordinates, layers }) => {
  test.each(['inside', 'whole'] as const)('%s: as many features as shapely finds in the source, as long and as large', async (part) => {
    const found = await featuresIn(archive, LAYERS, areaOf(coordinates), { part });
    expect(found.some(({ broken }) => broken)).toBe(false);
    for (const [name, expected] of Object.entries(layers)) {
      const own = found.filter(({ layer }) => layer === name);
      expect(own.map(({ id }) => id).sort((a, b) => Number(a) - Number(b))).toEqual(expected.ids);
      expect(own.map(({ properties }) => properties['ID'])).toEqual(own.map(({ id }) => id));
      const { metres, squareMetres: square } = measured(own);
      const [length, size] = part === 'inside' ? [expected.metres, expected.squareMetres] : [expected.wholeMetres, expected.wholeSquareMetres];
      expect(Math.abs(metres - length)).toBeLessThanOrEqual(length * 5e-4); // a unit of these tiles is 0.26 m
      expect(Math.abs(square - size)).toBeLessThanOrEqual(size * 1e-3);
      if (part === 'inside' && name !== 'AGNP') expect(own.length === 0 || metres + square > 0).toBe(true);
    }
  });
});

test('few requests, progress to the end, and in small steps', async () => {
  requests = 0;
  const told: (readonly [number, number])[] = [];
  await featuresIn(archive, LAYERS, boxArea([119, 28, 120, 29]), { part: 'inside', onProgress: (done, total) => told.push([done, total]) });
  expect(requests).toBeLessThanOrEqual(2);
  expect(told.at(-1)![0]).toBe(told.at(-1)![1]);
  expect(told.length).toBeGreaterThan(10);
});

test('only those asked for', async () => {
  const found = await featuresIn(archive, ['LRDL', 'RESA'], boxArea([119, 28, 120, 29]), { part: 'inside', only: (layer, { CLASS }) => layer === 'LRDL' && CLASS !== 'lane' });
  expect(found.length).toBeGreaterThan(0);
  expect(new Set(found.map(({ layer, properties }) => `${layer} ${properties['CLASS'] === 'lane'}`))).toEqual(new Set(['LRDL false']));
});

test('it stops when it is told to', async () => {
  const stop = new AbortController();
  const reading = featuresIn(archive, LAYERS, boxArea([119, 28, 120, 29]), { part: 'whole', signal: stop.signal, onProgress: (done) => done === 3 && stop.abort() });
  await expect(reading).rejects.toThrow('abort');
});

test('the directory says which tiles there are', async () => {
  const { numAddressedTiles } = await archive.getHeader();
  const all = await entriesIn(archive, tilesOf(null, 0, 15));
  expect(all.reduce((sum, { run }) => sum + run, 0)).toBe(numAddressedTiles);
  const one = await entriesIn(archive, tilesOf(boxArea([119.12, 28.06, 119.12001, 28.06001]), 13, 15));
  expect(one.map(({ run }) => run)).toEqual([1, 1, 1]);
});
