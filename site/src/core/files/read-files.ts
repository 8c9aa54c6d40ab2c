// A reader's files, opened in the browser; no byte of them goes to a server. Readers of formats are loaded when such a file comes.

import type { Language } from '../catalog.ts';
import { meridianOf } from '../gauss-krueger.ts';
import { saying } from '../../messages/i18n.ts';
import { wayFrom, wayGuessed } from './crs.ts';
import { boundsOf, FileFault, MOST_FEATURES, moved, positionsOf, type FileLayer, type Raw, type Said } from './layer.ts';
import type { Parts } from './shapefile.ts';
import { textOf } from './text.ts';
import { words } from './words.ts';

export interface Read {
  readonly file: string;
  readonly layers: readonly FileLayer[];
  readonly fault: Said | null;
}

export const MOST_BYTES = 200 * 1024 * 1024;
const MEGABYTE = 1024 * 1024;

type Format = 'geojson' | 'xml' | 'zip' | 'csv' | 'tiff' | 'shp';

const SUFFIXES: Readonly<Record<string, Format>> = {
  geojson: 'geojson', json: 'geojson', kml: 'xml', gpx: 'xml', xml: 'xml', kmz: 'zip', zip: 'zip', csv: 'csv', tsv: 'csv', txt: 'csv', tif: 'tiff', tiff: 'tiff', shp: 'shp',
};
const SIDECARS = ['dbf', 'prj', 'cpg', 'shx', 'sbn', 'sbx', 'qpj', 'qmd', 'tfw', 'xml', 'qix', 'ovr'];

/** Read files one after the other; `centre`: of the city, for coordinates that do not say in which strip they are. */
export async function readFiles(files: readonly File[], centre: readonly [number, number] = [120, 28]): Promise<Read[]> {
  const reads: Read[] = [];
  const stems = new Set(files.filter(({ name }) => suffixOf(name) === 'shp').map(({ name }) => stemOf(name)));
  for (const file of files) {
    const suffix = suffixOf(file.name);
    if (suffix !== 'shp' && SIDECARS.includes(suffix) && stems.has(stemOf(file.name))) continue; // read with its .shp
    reads.push(await readFile(file, files, centre));
  }
  return reads;
}

/** A fault or a note in words. */
export function faultText({ key, values }: Said, language: Language): string {
  return saying(words, language)(key, values);
}

async function readFile(file: File, all: readonly File[], centre: readonly [number, number]): Promise<Read> {
  const { name } = file;
  try {
    if (file.size === 0) throw new FileFault('empty', { file: name });
    if (file.size > MOST_BYTES) throw new FileFault('tooLarge', { file: name, size: Math.ceil(file.size / MEGABYTE), most: MOST_BYTES / MEGABYTE });
    if (suffixOf(name) === 'dbf') throw new FileFault('loneShp', { file: name });
    const beside = async (suffix: string): Promise<Uint8Array | undefined> => {
      const other = all.find((one) => suffixOf(one.name) === suffix && stemOf(one.name) === stemOf(name));
      return other && new Uint8Array(await other.arrayBuffer());
    };
    return { file: name, layers: await layersOf(name, file, beside, meridianOf(centre[0])), fault: null };
  } catch (error) {
    if (!(error instanceof FileFault)) console.error(error);
    return { file: name, layers: [], fault: error instanceof FileFault ? error.said : { key: 'readFault', values: { file: name, reason: error instanceof Error ? error.message : String(error) } } };
  }
}

async function layersOf(name: string, blob: Blob, beside: (suffix: string) => Promise<Uint8Array | undefined>, own: number): Promise<FileLayer[]> {
  const format = await formatOf(name, blob);
  if (format === 'tiff') return [await (await import('./geotiff.ts')).readGeoTiff(name, blob, own)];
  const bytes = new Uint8Array(await blob.arrayBuffer());
  switch (format) {
    case 'zip': return unpacked(name, bytes, own);
    case 'geojson': return [await finished(name, (await import('./geojson.ts')).readGeoJson(name, bytes), own)];
    case 'xml': return [await finished(name, await (await import('./xml.ts')).readXml(name, bytes), own)];
    case 'csv': return [await finished(name, await (await import('./csv.ts')).readCsv(name, bytes), own)];
    case 'shp': {
      const parts: Parts = { shp: bytes, dbf: await beside('dbf'), prj: await beside('prj'), cpg: await beside('cpg') };
      return [await finished(name, await (await import('./shapefile.ts')).readShapefile(name, parts), own)];
    }
  }
}

/** The format by its first bytes, else by the file's suffix. */
async function formatOf(name: string, blob: Blob): Promise<Format> {
  const head = new Uint8Array(await blob.slice(0, 512).arrayBuffer());
  const start = textOf(head).text.replace(/^\uFEFF/, '').trimStart();
  if (head[0] === 0x50 && head[1] === 0x4b) return 'zip';
  if ((head[0] === 0x49 && head[1] === 0x49 && (head[2] === 42 || head[2] === 43)) || (head[0] === 0x4d && head[1] === 0x4d && (head[3] === 42 || head[3] === 43))) return 'tiff';
  if (head[2] === 0x27 && head[3] === 0x0a) return 'shp'; // 9994
  const told = SUFFIXES[suffixOf(name)];
  if (start.startsWith('{') || start.startsWith('[')) return 'geojson';
  if (start.startsWith('<')) return 'xml';
  if (told === 'csv' && !head.includes(0)) return 'csv';
  if (told === 'csv' && (head[0] === 0xff || head[0] === 0xfe)) return 'csv'; // UTF-16
  if (told === 'geojson' || told === 'xml') return told; // broken, and its reader says how
  if (told === 'shp') return 'shp';
  throw new FileFault('unknown', { file: name, found: [...start].slice(0, 16).map((letter) => (letter < ' ' || letter === '\uFFFD' ? '·' : letter)).join('') });
}

/** Everything in a zip that can be opened: a KMZ, one shapefile or several, other files. */
async function unpacked(name: string, bytes: Uint8Array, own: number): Promise<FileLayer[]> {
  const { unzip } = await import('fflate');
  let large = 0;
  const entries = await new Promise<Record<string, Uint8Array>>((done, fail) => {
    unzip(bytes, { filter: ({ originalSize }) => (large += originalSize) <= MOST_BYTES * 4 }, (error, data) => (error ? fail(new FileFault('badZip', { file: name, reason: error.message })) : done(data)));
  });
  if (large > MOST_BYTES * 4) throw new FileFault('tooLarge', { file: name, size: Math.ceil(large / MEGABYTE), most: (MOST_BYTES * 4) / MEGABYTE });
  const inside = new Map(Object.entries(entries).map(([path, data]) => [named(path), data] as const).filter(([path]) => !path.endsWith('/') && !/(^|\/)(__MACOSX|\.)/.test(path)));
  const layers: FileLayer[] = [];
  for (const [path, data] of inside) {
    const suffix = suffixOf(path);
    if (!['shp', 'kml', 'gpx', 'geojson', 'json', 'csv', 'tif', 'tiff'].includes(suffix)) continue;
    const beside = (wanted: string): Promise<Uint8Array | undefined> =>
      Promise.resolve([...inside].find(([other]) => suffixOf(other) === wanted && stemOf(other) === stemOf(path))?.[1]);
    const title = path.split('/').at(-1)!;
    layers.push(...await layersOf(suffix === 'kml' && title.toLowerCase() === 'doc.kml' ? name : title, new Blob([data as Uint8Array<ArrayBuffer>]), beside, own));
  }
  if (layers.length === 0) throw new FileFault('zipNothing', { file: name, found: [...inside.keys()].slice(0, 8).join('、') || '–' });
  return layers;
}

/** Features in degrees, counted and bounded. */
async function finished(file: string, raw: Raw, own: number): Promise<FileLayer> {
  const placed = raw.features.filter(({ geometry }) => !positionsOf(geometry).next().done);
  if (placed.length === 0) throw new FileFault('noFeatures', { file });
  if (placed.length > MOST_FEATURES) throw new FileFault('tooMany', { file, n: placed.length, most: MOST_FEATURES });
  const samples = placed.slice(0, 1000).map(({ geometry }) => positionsOf(geometry).next().value!);
  const way = raw.degrees ? { move: null, notes: [] } : raw.crs ? await wayFrom(raw.crs) : await wayGuessed(samples, own);
  if (!way && raw.crs) throw new FileFault('badCrs', { file, found: raw.crs.slice(0, 80) });
  const [x, y] = samples[0]!;
  if (!way) throw new FileFault('notDegrees', { file, x: x!, y: y! });
  const { move } = way;
  const features = move ? placed.map((feature) => ({ ...feature, geometry: moved(feature.geometry, move) })) : placed;
  const bounds = boundsOf(features);
  if (!bounds || ![bounds[0] >= -180.001, bounds[1] >= -90.001, bounds[2] <= 180.001, bounds[3] <= 90.001].every(Boolean)) throw new FileFault('notDegrees', { file, x: x!, y: y! });
  const missing = raw.features.length - placed.length;
  const fields = raw.fields ?? [...new Set(features.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  return {
    kind: 'features', name: raw.name.replace(/\.[A-Za-z]{2,7}$/, ''), features, fields, bounds,
    notes: [...way.notes, ...(raw.notes ?? []), ...(missing > 0 ? [{ key: 'noGeometry', values: { n: missing } } as const] : [])],
  };
}

/** A name inside a zip: those that are not marked as UTF-8 come one letter a byte, and are GBK if they are written in China. */
function named(path: string): string {
  return [...path].every((letter) => letter < '\u0100') && /[\u0080-\u00ff]/.test(path) ? textOf(Uint8Array.from(path, (letter) => letter.charCodeAt(0))).text : path;
}

function suffixOf(name: string): string {
  return /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

function stemOf(name: string): string {
  return name.replace(/\.[^./\\]+$/, '').toLowerCase();
}
