// Tables with places: columns of longitude and latitude, of X and Y, or of well-known text.

import type { Feature } from 'geojson';

import { fromWkt } from '../wkt.ts';
import { FileFault, type Raw, type Said } from './layer.ts';
import { textOf } from './text.ts';

// In order of trust; the whole name, or what is left of it without units in brackets.
const LNG = ['lng', 'lon', 'long', 'longitude', '经度', '东经', 'gcj_lng', 'wgs_lng', 'lng_wgs84', 'point_x', 'x', 'xcoord', 'x坐标', '横坐标', 'easting', 'e'];
const LAT = ['lat', 'latitude', '纬度', '北纬', 'gcj_lat', 'wgs_lat', 'lat_wgs84', 'point_y', 'y', 'ycoord', 'y坐标', '纵坐标', 'northing', 'n'];
const TEXT = ['wkt', 'geom', 'geometry', 'the_geom', 'wkt_geom', 'shape', '几何', '图形'];

export async function readCsv(file: string, bytes: Uint8Array): Promise<Raw> {
  const { text, encoding } = textOf(bytes);
  const { default: Papa } = await import('papaparse');
  const { data, meta } = Papa.parse<Record<string, string>>(text.replace(/^\uFEFF/, ''), { header: true, skipEmptyLines: 'greedy', transformHeader: (name) => name.trim() });
  const columns = meta.fields ?? [];
  const notes: Said[] = encoding === 'gb18030' ? [{ key: 'gbk' }] : [];
  const shape = find(columns, TEXT);
  const [x, y] = [find(columns, LNG), find(columns, LAT)];
  const texts = shape !== null && data.some((row) => fromWkt(row[shape] ?? ''));
  if (!texts && (x === null || y === null)) throw new FileFault('noColumns', { file, found: columns.slice(0, 12).join('、') || '–' });
  const used = new Set(texts ? [shape, x, y] : [x, y]);
  const features = data.flatMap((row): Feature[] => {
    const place = x !== null && y !== null ? [numberOf(row[x]), numberOf(row[y])] : [];
    const geometry = (texts ? fromWkt(row[shape!] ?? '') : null) ?? (place.length === 2 && place.every(Number.isFinite) ? { type: 'Point' as const, coordinates: place } : null);
    if (!geometry) return [];
    return [{ type: 'Feature', geometry, properties: Object.fromEntries(columns.filter((name) => !used.has(name)).map((name) => [name, valueOf(row[name] ?? '')])) }];
  });
  if (features.length === 0) throw new FileFault('noRows', { file, n: data.length, x: texts ? shape : x!, y: texts ? '' : y! });
  if (!texts) notes.push({ key: 'columns', values: { x: x!, y: y! } });
  if (features.length < data.length) notes.push({ key: 'skippedRows', values: { n: data.length - features.length } });
  return { name: file, features, crs: null, fields: columns.filter((name) => !used.has(name)), notes };
}

function find(columns: readonly string[], names: readonly string[]): string | null {
  const plain = (name: string): string => name.toLowerCase().replace(/[（(【[].*$/, '').trim();
  for (const name of names) {
    const column = columns.find((one) => plain(one) === name);
    if (column !== undefined) return column;
  }
  return null;
}

/** A number; degrees with minutes and seconds are one, too. */
function numberOf(text: string | undefined): number {
  const trimmed = (text ?? '').trim();
  const [, degree, minute, second] = /^[东西南北经纬EWNS\s]*(\d{1,3})\s*[°度]\s*(?:([\d.]+)\s*[′'’分])?\s*(?:([\d.]+)\s*(?:[″"”秒]|''))?\s*[EWNS]?$/i.exec(trimmed) ?? [];
  if (degree !== undefined) return (Number(degree) + Number(minute ?? 0) / 60 + Number(second ?? 0) / 3600) * (/[西南WS]/i.test(trimmed) ? -1 : 1);
  return trimmed === '' ? NaN : Number(trimmed.replace(/,(?=\d{3}\b)/g, ''));
}

/** A cell as a number where nothing is lost by it: codes with leading zeros and long identity numbers stay text. */
function valueOf(text: string): string | number {
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?$/.test(text) ? Number(text) : text;
}
