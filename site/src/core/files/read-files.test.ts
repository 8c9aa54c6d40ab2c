import { DOMParser } from '@xmldom/xmldom';
import { strToU8, zipSync } from 'fflate';
import type { Feature, Position } from 'geojson';
import { describe, expect, test, vi } from 'vitest';

import { toCsv, toGeoJson, toGpx, toKml } from '../geojson-formats.ts';
import { wayFrom, wayGuessed } from './crs.ts';
import { readDbf } from './dbf.ts';
import { grey, placed } from './geotiff.ts';
import type { FeatureLayer } from './layer.ts';
import { faultText, readFiles, type Read } from './read-files.ts';
import { known, textOf } from './text.ts';

vi.stubGlobal('DOMParser', class {
  parseFromString(text: string): unknown {
    return new DOMParser({ onError: (level, message) => { if (level !== 'warning') throw new Error(message); } }).parseFromString(text, 'text/xml');
  }
});

// GBK has no encoder in browsers: by hand, from the table of GB 18030.
const GBK: Readonly<Record<string, readonly number[]>> = { 龙: [0xc1, 0xfa], 泉: [0xc8, 0xaa], 名: [0xc3, 0xfb], 称: [0xb3, 0xc6], 经: [0xbe, 0xad], 度: [0xb6, 0xc8], 纬: [0xce, 0xb3] };
const gbk = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from([...text].flatMap((letter) => GBK[letter] ?? [letter.charCodeAt(0)]));

const FEATURES: Feature[] = [
  { type: 'Feature', properties: { name: '剑池', depth: 3 }, geometry: { type: 'Point', coordinates: [119.13, 28.07] } },
  { type: 'Feature', properties: { name: '路' }, geometry: { type: 'LineString', coordinates: [[119, 28], [119.2, 28.1]] } },
];

// PROJ: cs2cs EPSG:4490 → EPSG:4549 (CM 120°, no zone) and EPSG:4528 (zone 40 before the easting).
const PLACE = [119.13, 28.07] as const;
const GRID = [414_478.6936, 3_106_504.6885] as const;
const near = (at: Position, to: readonly number[] = PLACE): void => expect(Math.hypot(at[0]! - to[0]!, at[1]! - to[1]!)).toBeLessThan(1e-8);

async function read(name: string, content: string | Uint8Array<ArrayBuffer>, ...more: File[]): Promise<Read> {
  return (await readFiles([new File([content], name), ...more], [119.06, 28.02]))[0]!;
}

async function layerOf(name: string, content: string | Uint8Array<ArrayBuffer>, ...more: File[]): Promise<FeatureLayer> {
  const { layers: [layer], fault } = await read(name, content, ...more);
  expect(fault).toBeNull();
  expect(layer?.kind).toBe('features');
  return layer as FeatureLayer;
}

const place = ({ features: [feature] }: FeatureLayer): Position => (feature!.geometry as { coordinates: Position }).coordinates;

/** A shapefile of points and its table, as ESRI's white paper lays them out. */
function shapefile(points: readonly (readonly number[])[], names: readonly Uint8Array[]): { shp: Uint8Array<ArrayBuffer>; dbf: Uint8Array<ArrayBuffer> } {
  const shp = new DataView(new ArrayBuffer(100 + points.length * 28));
  shp.setInt32(0, 9994);
  shp.setInt32(24, shp.byteLength / 2);
  shp.setInt32(28, 1000, true);
  shp.setInt32(32, 1, true);
  points.forEach(([x, y], i) => {
    const at = 100 + i * 28;
    shp.setInt32(at, i + 1);
    shp.setInt32(at + 4, 10);
    shp.setInt32(at + 8, 1, true);
    shp.setFloat64(at + 12, x!, true);
    shp.setFloat64(at + 20, y!, true);
  });
  const [size, start] = [10, 32 + 2 * 32 + 1];
  const dbf = new Uint8Array(start + names.length * (1 + size + 8) + 1).fill(0x20);
  const view = new DataView(dbf.buffer);
  dbf.fill(0, 0, start);
  dbf[0] = 3;
  view.setUint32(4, names.length, true);
  view.setUint16(8, start, true);
  view.setUint16(10, 1 + size + 8, true);
  for (const [i, [title, type, width]] of ([[gbk('名称'), 'C', size], [gbk('day'), 'D', 8]] as const).entries()) {
    dbf.set(title, 32 + i * 32);
    dbf[32 + i * 32 + 11] = type.charCodeAt(0);
    dbf[32 + i * 32 + 16] = width;
  }
  dbf[start - 1] = 0x0d;
  names.forEach((name, i) => {
    dbf.set(name, start + i * (1 + size + 8) + 1);
    dbf.set(strToU8('20261123'), start + i * (1 + size + 8) + 1 + size);
  });
  dbf[dbf.length - 1] = 0x1a;
  return { shp: new Uint8Array(shp.buffer), dbf };
}

// As ArcGIS writes it (PROJ, WKT1_ESRI of EPSG:4528).
const PRJ = 'PROJCS["CGCS2000_3_Degree_GK_Zone_40",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",40500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",120.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]';

describe('what the portal itself writes is read again', () => {
  test.each([['a.geojson', toGeoJson(FEATURES)], ['a.json', toGeoJson(FEATURES)], ['a.kml', toKml(FEATURES)], ['a.gpx', toGpx(FEATURES)], ['a.csv', toCsv(FEATURES)]])('%s', async (name, text) => {
    const { features, bounds, notes } = await layerOf(name, text);
    const found = features.map(({ geometry, properties }) => [properties?.['name'], geometry.type, geometry]).sort(([, a], [, b]) => (String(a) < String(b) ? 1 : -1));
    expect(found).toEqual([['剑池', 'Point', FEATURES[0]!.geometry], ['路', 'LineString', FEATURES[1]!.geometry]]);
    expect(bounds).toEqual([119, 28, 119.2, 28.1]);
    expect(notes).toEqual([]);
  });
});

describe('KMZ and zip', () => {
  test('a KMZ is a zip with a KML', async () => {
    const layer = await layerOf('旅行.kmz', zipSync({ 'doc.kml': strToU8(toKml(FEATURES)), 'images/x.png': new Uint8Array(9) }));
    expect([layer.name, layer.features.length]).toEqual(['旅行', 2]);
  });

  test('a zip with several files gives a layer for each', async () => {
    const { layers } = await read('all.zip', zipSync({ 'x/a.kml': strToU8(toKml(FEATURES)), 'x/b.geojson': strToU8(toGeoJson(FEATURES)), '__MACOSX/x/._a.kml': strToU8('?') }));
    expect(layers.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('a zip with nothing to open says what is in it', async () => {
    const { fault } = await read('a.zip', zipSync({ 'readme.doc': strToU8('x') }));
    expect(faultText(fault!, 'zh')).toContain('里面有：readme.doc');
  });

  test('half a zip', async () => {
    const whole = zipSync({ 'a.kml': strToU8(toKml(FEATURES)) });
    expect((await read('a.zip', whole.slice(0, whole.length / 2))).fault?.key).toBe('badZip');
  });
});

describe('shapefiles', () => {
  const { shp, dbf } = shapefile([[40_000_000 + GRID[0], GRID[1]]], [gbk('龙泉')]);

  test('a zip from a Chinese office: GBK table, Gauss–Krüger in zone 40', async () => {
    const layer = await layerOf('井.zip', zipSync({ '数据/wells.shp': shp, '数据/wells.dbf': dbf, '数据/wells.PRJ': strToU8(PRJ) }));
    near(place(layer));
    expect(layer.features[0]!.properties).toEqual({ 名称: '龙泉', day: '2026-11-23' });
    expect(layer.fields).toEqual(['名称', 'day']);
    expect(layer.notes).toEqual([{ key: 'projected', values: { name: 'CGCS2000_3_Degree_GK_Zone_40' } }, { key: 'gbk' }]);
  });

  test('its parts dropped side by side, without a .prj: the zone number tells', async () => {
    const layer = await layerOf('wells.shp', shp, new File([dbf], 'wells.dbf'), new File(['GBK'], 'WELLS.CPG'));
    near(place(layer));
    expect(layer.features[0]!.properties?.['名称']).toBe('龙泉');
    expect(layer.notes[0]).toEqual({ key: 'assumedStrip', values: { width: 3, meridian: 120 } });
    expect(await readFiles([new File([shp], 'wells.shp'), new File([dbf], 'wells.dbf')])).toHaveLength(1);
  });

  test('an older datum is told', async () => {
    const old = PRJ.replace('GCS_China_Geodetic_Coordinate_System_2000', 'GCS_Xian_1980').replace('D_China_2000', 'D_Xian_1980').replace('CGCS2000_3', 'Xian_1980_3');
    expect((await layerOf('a.zip', zipSync({ 'a.shp': shp, 'a.prj': strToU8(old) }))).notes.map(({ key }) => key)).toEqual(['projected', 'otherDatum', 'noDbf']);
  });

  test('a .shp cut short, a table of another file, a table alone', async () => {
    expect((await read('a.shp', shp.slice(0, 110))).fault?.key).toBe('badShapefile');
    expect((await read('a.shp', shp, new File([shapefile([[1, 2], [3, 4]], [gbk('a'), gbk('b')]).dbf], 'a.dbf'))).fault?.values?.['reason']).toBe('.shp 1 ≠ .dbf 2');
    expect((await read('a.dbf', dbf)).fault?.key).toBe('loneShp');
  });

  test('a table by itself: blank, deleted, numbers, logic', () => {
    const table = dbf.slice();
    const type = (column: number, letter: string): void => void (table[32 + column * 32 + 11] = letter.charCodeAt(0));
    type(1, 'N');
    expect(readDbf('a', table, null).rows).toEqual([{ 名称: '龙泉', day: 20_261_123 }]);
    type(1, 'L');
    expect(readDbf('a', table, null).rows[0]!['day']).toBeNull();
    table[32 + 2 * 32 + 1] = 0x2a;
    expect(readDbf('a', table, null).rows).toEqual([null]);
  });
});

describe('CSV', () => {
  test.each([
    ['lng,lat,name\n119.13,28.07,井\n'],
    ['﻿经度;纬度;name\n119.13;28.07;井\n'],
    ['name\tLatitude\tLongitude\n井\t28.07\t119.13\n'],
    ['name,经度(°),纬度(°)\n井,"119°07′48″E","北纬28度4分12秒"\n'],
    [`name,X,Y\n井,${GRID[1]},${GRID[0]}\n`], // as surveyors write: X north
    [`name,x,y\n井,"${(40_000_000 + GRID[0]).toLocaleString('en', { maximumFractionDigits: 4 })}",${GRID[1]}\n`],
    ['name,WKT\n井,POINT (119.13 28.07)\n'],
    ['name,lng,lat,geom\n井,,,"SRID=4490;POINT (119.13 28.07)"\n'],
  ])('%j', async (text) => {
    const layer = await layerOf('a.csv', text);
    near(place(layer));
    expect(layer.features[0]!.properties).toEqual({ name: '井' });
  });

  test('GBK, and codes stay text', async () => {
    const layer = await layerOf('a.csv', gbk('名称,经度,纬度,code,id,n\n龙泉,119.13,28.07,0042,331181199001011234,-1.5\n,x,y,,,\n'));
    expect(layer.features[0]!.properties).toEqual({ 名称: '龙泉', code: '0042', id: '331181199001011234', n: -1.5 });
    expect(layer.notes).toEqual([{ key: 'gbk' }, { key: 'columns', values: { x: '经度', y: '纬度' } }, { key: 'skippedRows', values: { n: 1 } }]);
  });

  test('without columns or numbers it says which there are', async () => {
    expect((await read('a.csv', 'name,address\na,b\n')).fault).toEqual({ key: 'noColumns', values: { file: 'a.csv', found: 'name、address' } });
    expect((await read('a.csv', 'x,y\na,b\n')).fault).toEqual({ key: 'noRows', values: { file: 'a.csv', n: 1, x: 'x', y: 'y' } });
  });
});

describe('GeoJSON', () => {
  const grid = (crs: string | null, at: readonly number[]): string => JSON.stringify({ type: 'FeatureCollection', ...(crs ? { crs: { type: 'name', properties: { name: crs } } } : {}), features: [{ type: 'Feature', properties: null, geometry: { type: 'Point', coordinates: at } }, { type: 'Feature', geometry: null }] });

  test.each<[string | null, readonly number[]]>([
    ['urn:ogc:def:crs:EPSG::4549', GRID], ['EPSG:4528', [40_000_000 + GRID[0], GRID[1]]], ['urn:ogc:def:crs:OGC:1.3:CRS84', PLACE], ['EPSG:4490', PLACE],
    ['EPSG:3857', [13_261_490.9382, 3_257_802.0581]], [null, GRID], [null, [40_000_000 + GRID[0], GRID[1]]], [null, [28.07, 119.13]],
  ])('in %s', async (crs, at) => {
    const layer = await layerOf('a.geojson', grid(crs, at));
    near(place(layer));
    expect(layer.notes.at(-1)).toEqual({ key: 'noGeometry', values: { n: 1 } });
  });

  test.each<[string, string, string]>([
    ['a.geojson', '{"type":"FeatureCollection","features":[', 'badJson'], ['a.geojson', '{"type":"Topology"}', 'notGeoJson'], ['a.geojson', grid(null, [5e8, 1]), 'notDegrees'],
    ['a.geojson', grid('EPSG:27700', [1, 2]), 'badCrs'], ['a.geojson', '{"type":"FeatureCollection","features":[]}', 'noFeatures'], ['a.kml', '<kml><Document>', 'badXml'],
    ['a.xml', '<html></html>', 'unknown'], ['a.docx', 'Hello', 'unknown'], ['a.csv', '', 'empty'],
  ])('%s: %s is refused as %s, by its name, in both languages', async (name, text, key) => {
    const { fault, layers } = await read(name, text);
    expect([fault?.key, layers]).toEqual([key, []]);
    for (const language of ['zh', 'en'] as const) {
      expect(faultText(fault!, language)).toContain(name);
      expect(faultText(fault!, language)).not.toMatch(/\{\w+\}/);
    }
  });

  test('too much is not begun', async () => {
    const large = Object.defineProperty(new File(['{}'], 'a.json'), 'size', { value: 300 * 1024 * 1024 });
    expect((await readFiles([large]))[0]!.fault).toEqual({ key: 'tooLarge', values: { file: 'a.json', size: 300, most: 200 } });
  });
});

test('KML of others: markup becomes text, tracks lose their times', async () => {
  const kml = '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>a</name><description><![CDATA[<b>x</b><br/>y &amp; z<script>bad()</script>]]></description><Point><coordinates>119,28</coordinates></Point></Placemark></kml>';
  const { features: [feature] } = await layerOf('a.kml', kml);
  expect(feature!.properties).toEqual({ name: 'a', description: 'x\ny & z bad()' });
});

describe('reference systems', () => {
  test.each<[string, readonly number[]]>([['EPSG:4509', [709_402.3017, 3_108_031.2245]], ['EPSG:32650', [709_318.5408, 3_106_788.0121]]])('%s as PROJ has it', async (code, at) => {
    const way = await wayFrom(code);
    near(way!.move!([...at]));
  });
  test('what nobody can know is not guessed', async () => {
    expect(await wayGuessed([[40_414_469, 3_106_436], [39_500_000, 3_106_436]], 120)).toBeNull(); // two zones
    expect(await wayGuessed([[1e9, 5]], 120)).toBeNull();
    expect(await wayFrom('LOCAL_CS["x"]')).toBeNull();
  });
});

test('encodings', () => {
  expect(textOf(gbk('龙泉'))).toEqual({ text: '龙泉', encoding: 'gb18030' });
  expect(textOf(new TextEncoder().encode('龙泉'))).toEqual({ text: '龙泉', encoding: 'utf-8' });
  expect(textOf(Uint8Array.from([0xff, 0xfe, 0x99, 0x9f]))).toEqual({ text: '龙', encoding: 'utf-16le' });
  expect(['GBK', 'cp936', 'UTF-8', '65001', 'ANSI 936', 'nonsense'].map(known)).toEqual(['gb18030', 'gb18030', 'utf-8', 'utf-8', 'gb18030', null]);
});

describe('GeoTIFF', () => {
  test('is placed by its corners', async () => {
    const { corners, notes } = await placed('a.tif', [GRID[0] - 100, GRID[1] - 100, GRID[0] + 100, GRID[1] + 100], { ProjectedCSTypeGeoKey: 4549 }, 120);
    near(corners.reduce((sum, [lng, lat]) => [sum[0]! + lng / 4, sum[1]! + lat / 4], [0, 0] as number[]).map((value) => Number(value.toFixed(7))));
    expect(corners[0][1]).toBeGreaterThan(corners[3][1]);
    expect(notes.map(({ key }) => key)).toEqual(['projected', 'corners']);
    expect((await placed('a.tif', [119, 28, 119.1, 28.1], { GeographicTypeGeoKey: 4490 }, 120)).corners).toEqual([[119, 28.1], [119.1, 28.1], [119.1, 28], [119, 28]]);
    await expect(placed('a.tif', [0, 0, 9, 9], { ProjectedCSTypeGeoKey: 27700 }, 120)).rejects.toThrow('badCrs');
  });

  test('one band is grey from its least to its greatest value', () => {
    const { data, notes } = grey([10, -9999, 30, 20, NaN, 10], 3, 2, -9999);
    expect([...data]).toEqual([0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255, 128, 128, 128, 255, 0, 0, 0, 0, 0, 0, 0, 255]);
    expect(notes).toEqual([{ key: 'stretched', values: { low: '10', high: '30' } }]);
  });
});
