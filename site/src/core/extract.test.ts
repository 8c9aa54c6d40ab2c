import { readFileSync } from 'node:fs';
import { PMTiles, tileIdToZxy, TileType, Compression, zxyToTileId } from 'pmtiles';
import { describe, expect, test } from 'vitest';

import { entriesIn } from './archive-tiles.ts';
import { boxArea } from './area.ts';
import { extract, sizeOf } from './extract.ts';
import { layersOf } from './mvt-layers.ts';
import { pmtilesWriter } from './pmtiles-writer.ts';
import { tileIn, tilesOf } from './tile-cover.ts';

const { archive: text } = JSON.parse(readFileSync(new URL('../../../tests/demo/query.json', import.meta.url), 'utf8')) as { readonly archive: string };
const opened = (bytes: ArrayBuffer): PMTiles => new PMTiles({ getKey: () => String(Math.random()), getBytes: async (offset, length) => ({ data: bytes.slice(offset, offset + length) }) });
const archive = opened(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
const plain = async (from: PMTiles, tileId: number): Promise<Uint8Array> => new Uint8Array((await from.getZxy(...tileIdToZxy(tileId)))!.data);

describe('a part of an archive', () => {
  const area = boxArea([119.1152, 28.0522, 119.1231, 28.0601]);

  test('with some layers: their bytes as they were, and no tile without them', async () => {
    const layers = ['LRDL', 'AGNP'];
    const cut = (await extract(archive, { area, minZoom: 14, maxZoom: 15, layers }, { licence: 'free' }))!;
    const made = opened(await cut.archive.arrayBuffer());
    const header = await made.getHeader();
    const metadata = (await made.getMetadata()) as Record<string, unknown>;
    const expected: string[] = [];
    for (const { tileId } of await entriesIn(archive, tilesOf(null, 14, 15))) {
      const [z, x, y] = tileIdToZxy(tileId);
      const left = layersOf(await plain(archive, tileId)).filter(({ name }) => layers.includes(name));
      if (tileIn(area, z, x, y) === 'outside' || left.length === 0) continue;
      expected.push(`${z}/${x}/${y}`);
      expect(layersOf(await plain(made, tileId))).toEqual(left);
    }
    const found = (await entriesIn(made, tilesOf(null, 0, 20))).flatMap(({ tileId, run }) => Array.from({ length: run }, (_, i) => tileIdToZxy(tileId + i).join('/')));
    expect(found).toEqual(expected);
    expect(cut).toMatchObject({ tiles: expected.length, minZoom: 14, maxZoom: 15 });
    expect(header).toMatchObject({ minZoom: 14, maxZoom: 15, clustered: true, numAddressedTiles: expected.length, tileType: TileType.Mvt, minLon: 119.1152, maxLat: 28.0601 });
    expect(metadata).toMatchObject({ attribution: '示例数据', licence: 'free' });
    expect((metadata['vector_layers'] as { id: string; minzoom: number }[]).map(({ id, minzoom }) => [id, minzoom])).toEqual(expect.arrayContaining([...cut.layers].map((id) => [id, 14])));
  });

  test('with all of them: the bodies as they are stored, and as many bytes as told before', async () => {
    const part = { area, minZoom: 0, maxZoom: 22, layers: null };
    const size = await sizeOf(archive, part);
    const cut = (await extract(archive, part, {}))!;
    const made = opened(await cut.archive.arrayBuffer());
    expect(cut.tiles).toBe(size.tiles);
    expect((await made.getHeader()).tileDataLength).toBe(size.bytes);
    const [one] = await entriesIn(made, tilesOf(area, 15, 15));
    expect(await plain(made, one!.tileId)).toEqual(await plain(archive, one!.tileId));
  });

  test('where there is nothing, nothing', async () => {
    expect(await extract(archive, { area: boxArea([10, 50, 10.1, 50.1]), minZoom: 0, maxZoom: 15, layers: null }, {})).toBeNull();
    expect(await sizeOf(archive, { area, minZoom: 16, maxZoom: 18, layers: null })).toEqual({ tiles: 0, bytes: 0 });
  });
});

describe('the writer', () => {
  const facts = { tileType: TileType.Png, tileCompression: Compression.None, bounds: [-180, -85, 180, 85] as const, center: [0, 0, 1] as const, metadata: { name: '名' } };

  test('bodies that are the same are kept once, neighbours as one run', async () => {
    const writer = pmtilesWriter();
    [[0, 1], [1, 2], [2, 2], [4, 2], [5, 3]].forEach(([tileId, value]) => writer.add(tileId!, Uint8Array.of(value!, 7)));
    const header = await opened(await writer.finish(facts).arrayBuffer()).getHeader();
    expect(header).toMatchObject({ numAddressedTiles: 5, numTileEntries: 4, numTileContents: 3, tileDataLength: 6, minZoom: 0, maxZoom: 2, maxLat: 85, centerZoom: 1 });
  });

  test('as many tiles as do not fit a root', async () => {
    const writer = pmtilesWriter();
    const first = zxyToTileId(9, 0, 0);
    const body = (i: number): Uint8Array => Uint8Array.from({ length: 4 + ((i * 7919) % 50) }, (_, k) => (k < 4 ? (i >> (8 * k)) & 255 : (i * k * 31) & 255));
    for (let i = 0; i < 30_000; i++) writer.add(first + i * 2 + (i % 3 === 0 ? 1 : 0), body(i));
    const made = opened(await writer.finish(facts).arrayBuffer());
    const header = await made.getHeader();
    expect(header.rootDirectoryOffset + header.rootDirectoryLength).toBeLessThanOrEqual(16_384);
    expect(header.leafDirectoryLength).toBeGreaterThan(0);
    for (const i of [0, 4095, 4096, 17_003, 29_999]) expect(await plain(made, first + i * 2 + (i % 3 === 0 ? 1 : 0))).toEqual(body(i));
    expect(await made.getMetadata()).toEqual({ name: '名' });
  });

  test('ids that do not ascend are refused, an archive without tiles too', () => {
    const writer = pmtilesWriter();
    expect(() => writer.finish(facts)).toThrow('no tile');
    writer.add(5, Uint8Array.of(1), 3);
    expect(() => writer.add(7, Uint8Array.of(1))).toThrow('tile 7');
  });
});
