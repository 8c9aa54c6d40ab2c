import { gpx, kml } from '@tmcw/togeojson';
import { DOMParser, type Document, type Element } from '@xmldom/xmldom';
import type { Feature, FeatureCollection } from 'geojson';
import Papa from 'papaparse';
import { expect, test } from 'vitest';

import { FORMATS, simple, toCsv, toGeoJson, toGpx, toKml, written } from './geojson-formats.ts';

const NAME = '剑池 <&> "\'';
const FEATURES: Feature[] = [
  { type: 'Feature', id: 7, properties: { name: NAME, description: '两行\n的话', depth: 1.5, 'marker-color': '#ff8000' }, geometry: { type: 'Point', coordinates: [119.1300000499, 28.07, 210.5] } },
  { type: 'Feature', properties: { name: '线', kind: 'a,b', stroke: '#112233', 'stroke-width': 3 }, geometry: { type: 'LineString', coordinates: [[119, 28], [119.1, 28.1]] } },
  { type: 'Feature', properties: { stroke: '#112233', fill: '#aabbcc', 'fill-opacity': 0.5 }, geometry: { type: 'Polygon', coordinates: [[[0, 0], [3, 0], [0, 3], [0, 0]], [[0.5, 0.5], [0.5, 1], [1, 0.5], [0.5, 0.5]]] } },
  { type: 'Feature', properties: {}, geometry: { type: 'MultiPoint', coordinates: [[1, 2], [3, 4]] } },
];

function parsed(text: string): Document {
  return new DOMParser({ onError: (level, message) => { throw new Error(`${level}: ${message}`); } }).parseFromString(text, 'text/xml');
}

const opened = (read: (document: never) => unknown, text: string): FeatureCollection => read(parsed(text) as never) as FeatureCollection;

test('GeoJSON is itself again, rounded to a centimetre', () => {
  const { name, features } = JSON.parse(toGeoJson(FEATURES, { title: '图' })) as FeatureCollection & { name: string };
  expect(name).toBe('图');
  expect(features[0]).toEqual({ ...FEATURES[0], geometry: { type: 'Point', coordinates: [119.13, 28.07, 210.5] } });
  expect(features.slice(1)).toEqual(FEATURES.slice(1));
});

test('KML as another program reads it', () => {
  const { features } = opened(kml as never, toKml(FEATURES, { title: '图' }));
  expect(features.map(({ geometry }) => geometry)).toEqual([
    { type: 'Point', coordinates: [119.13, 28.07, 210.5] }, FEATURES[1]!.geometry, FEATURES[2]!.geometry,
    { type: 'GeometryCollection', geometries: [{ type: 'Point', coordinates: [1, 2] }, { type: 'Point', coordinates: [3, 4] }] },
  ]);
  expect(features[0]!.properties).toMatchObject({ name: NAME, description: '两行\n的话', depth: '1.5', 'icon-color': '#ff8000' });
  expect(features[1]!.properties).toMatchObject({ name: '线', kind: 'a,b', stroke: '#112233', 'stroke-width': 3 });
  expect(features[2]!.properties).toMatchObject({ fill: '#aabbcc', 'fill-opacity': 128 / 255 });
});

test('KML colours are alpha, blue, green, red', () => {
  const colours = [...parsed(toKml(FEATURES)).getElementsByTagName('color')].map((node) => node.textContent);
  expect(colours).toEqual(['ff0080ff', 'ff332211', 'ff332211', '80ccbbaa']);
});

test('GPX as another program reads it; areas are closed tracks, points stand before tracks', () => {
  const text = toGpx(FEATURES, { title: '图' });
  const { features } = opened(gpx as never, text);
  const geometries = features.map(({ geometry }) => geometry);
  expect(geometries).toHaveLength(5);
  expect(geometries).toEqual(expect.arrayContaining([
    { type: 'Point', coordinates: [119.13, 28.07, 210.5] }, { type: 'Point', coordinates: [1, 2] }, { type: 'Point', coordinates: [3, 4] }, FEATURES[1]!.geometry,
    { type: 'MultiLineString', coordinates: (FEATURES[2]!.geometry as { coordinates: number[][][] }).coordinates },
  ]));
  expect(features.find(({ geometry }) => geometry.type === 'Point')!.properties).toMatchObject({ name: NAME, desc: '两行\n的话' });
  const order = [...(parsed(text).documentElement as Element).childNodes].map(({ nodeName }) => nodeName).filter((name) => name !== '#text');
  expect(order).toEqual(['metadata', 'wpt', 'wpt', 'wpt', 'trk', 'trk']);
});

test('CSV opens in a spreadsheet: a mark for UTF-8, quotes where needed, geometry as text', () => {
  const text = toCsv(FEATURES);
  expect(text.startsWith('\uFEFFlng,lat,name,description,depth,kind,wkt\r\n')).toBe(true);
  expect(Papa.parse<string[]>(text.slice(1).trimEnd()).data.slice(1)).toEqual([
    ['119.13', '28.07', NAME, '两行\n的话', '1.5', '', 'POINT Z (119.13 28.07 210.5)'],
    ['', '', '线', '', '', 'a,b', 'LINESTRING (119 28, 119.1 28.1)'],
    ['', '', '', '', '', '', 'POLYGON ((0 0, 3 0, 0 3, 0 0), (0.5 0.5, 0.5 1, 1 0.5, 0.5 0.5))'],
    ['', '', '', '', '', '', 'MULTIPOINT ((1 2), (3 4))'],
  ]);
});

test('columns choose fields and their headings', () => {
  const columns = [{ name: 'kind', title: '种类' }];
  expect(toCsv([FEATURES[1]!], { columns })).toBe('\uFEFFlng,lat,种类,wkt\r\n,,"a,b","LINESTRING (119 28, 119.1 28.1)"\r\n');
  expect((JSON.parse(toGeoJson([FEATURES[1]!], { columns })) as FeatureCollection).features[0]!.properties).toEqual({ kind: 'a,b' });
  expect(toKml([FEATURES[1]!], { columns })).toContain('<Data name="kind"><displayName>种类</displayName><value>a,b</value></Data>');
  expect(toGpx([FEATURES[1]!], { columns })).toContain('<desc>种类: a,b</desc>');
});

test('small numbers stay decimals, control characters stay out', () => {
  const odd: Feature = { type: 'Feature', properties: { name: 'a\u0001b' }, geometry: { type: 'Point', coordinates: [-0.00000004, 0.0000001] } };
  expect(toGpx([odd])).toContain('<wpt lat="0.0000001" lon="0"><name>ab</name></wpt>');
});

test('every format writes nothing at all as a whole file', () => {
  expect(written('csv', [])).toBe('\uFEFFlng,lat,wkt\r\n');
  expect(JSON.parse(written('geojson', []))).toEqual({ type: 'FeatureCollection', features: [] });
  expect(opened(kml as never, written('kml', [])).features).toEqual([]);
  expect(opened(gpx as never, written('gpx', [])).features).toEqual([]);
  expect(Object.keys(FORMATS)).toEqual(['geojson', 'kml', 'gpx', 'csv']);
});

test('a collection is taken apart', () => {
  expect(simple({ type: 'GeometryCollection', geometries: [{ type: 'MultiLineString', coordinates: [[[0, 0], [1, 1]], [[2, 2], [3, 3]]] }, { type: 'Point', coordinates: [1, 2] }] }))
    .toEqual([{ type: 'LineString', coordinates: [[0, 0], [1, 1]] }, { type: 'LineString', coordinates: [[2, 2], [3, 3]] }, { type: 'Point', coordinates: [1, 2] }]);
  expect(simple(null)).toEqual([]);
});
