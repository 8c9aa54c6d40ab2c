// Features as files of other programs: GeoJSON (RFC 7946), KML 2.2, GPX 1.1 and CSV with well-known text.

import type { Feature, Geometry, Position } from 'geojson';

import { wkt } from './wkt.ts';

export type Format = 'geojson' | 'kml' | 'gpx' | 'csv';

export const FORMATS: Readonly<Record<Format, { readonly title: string; readonly suffix: string; readonly type: string }>> = {
  geojson: { title: 'GeoJSON', suffix: '.geojson', type: 'application/geo+json' },
  kml: { title: 'KML', suffix: '.kml', type: 'application/vnd.google-earth.kml+xml' },
  gpx: { title: 'GPX', suffix: '.gpx', type: 'application/gpx+xml' },
  csv: { title: 'CSV', suffix: '.csv', type: 'text/csv;charset=utf-8' },
};

/** What to write of a feature and what a person calls it; without columns: every property, under its own name. */
export interface Column {
  readonly name: string; // of the property
  readonly title: string;
}

export interface FileOptions {
  readonly title?: string; // of the whole file, for formats that have one
  readonly columns?: readonly Column[];
}

const DIGITS = 7; // of a degree: 1 cm
// How features look, as simplestyle 1.1 names it: in GeoJSON properties, in KML styles, nowhere else.
const LOOK = new Set(['stroke', 'stroke-width', 'stroke-opacity', 'fill', 'fill-opacity', 'marker-color', 'marker-size', 'marker-symbol']);

/** The text of a file; coordinates are longitude and latitude of CGCS2000 (WGS 84 for all these formats promise). */
export function written(format: Format, features: readonly Feature[], options: FileOptions = {}): string {
  return { geojson: toGeoJson, kml: toKml, gpx: toGpx, csv: toCsv }[format](features, options);
}

export function toGeoJson(features: readonly Feature[], { title, columns }: FileOptions = {}): string {
  const shaped = features.map((feature) => ({
    type: 'Feature',
    ...(feature.id === undefined ? {} : { id: feature.id }),
    properties: columns ? Object.fromEntries(columns.flatMap(({ name }) => (name in (feature.properties ?? {}) ? [[name, feature.properties![name] as unknown]] : []))) : (feature.properties ?? {}),
    geometry: rounded(feature.geometry),
  }));
  const rows = shaped.map((feature) => JSON.stringify(feature)).join(',\n');
  return `{"type":"FeatureCollection",${title ? `"name":${JSON.stringify(title)},` : ''}"features":[\n${rows}\n]}\n`;
}

export function toKml(features: readonly Feature[], { title, columns }: FileOptions = {}): string {
  const placemarks = features.map((feature) => {
    const { name, description, ...rest } = feature.properties ?? {};
    const data = (columns ?? namesOf([feature])).filter((column) => !LOOK.has(column.name) && (columns || column.name in rest) && present(feature.properties?.[column.name]));
    return [
      '<Placemark>',
      present(name) ? `<name>${xml(name)}</name>` : '',
      present(description) ? `<description>${xml(description)}</description>` : '',
      kmlStyle(feature.properties ?? {}),
      data.length > 0 ? `<ExtendedData>${data.map((column) => `<Data name="${xml(column.name)}">${column.title === column.name ? '' : `<displayName>${xml(column.title)}</displayName>`}<value>${xml(textOf(feature.properties![column.name]))}</value></Data>`).join('')}</ExtendedData>` : '',
      kmlGeometry(feature.geometry),
      '</Placemark>',
    ].join('');
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>${title ? `<name>${xml(title)}</name>` : ''}\n${placemarks.join('\n')}\n</Document></kml>\n`;
}

/** Points become waypoints, lines tracks, outlines of areas closed tracks: GPX knows no areas and no fields. */
export function toGpx(features: readonly Feature[], { title, columns }: FileOptions = {}): string {
  const told = (feature: Feature): string => {
    const { name, description } = feature.properties ?? {};
    const facts = (columns ?? []).filter((column) => present(feature.properties?.[column.name])).map((column) => `${column.title}: ${textOf(feature.properties![column.name])}`);
    const text = [...(present(description) ? [textOf(description)] : []), ...facts].join('\n');
    return (present(name) ? `<name>${xml(name)}</name>` : '') + (text ? `<desc>${xml(text)}</desc>` : '');
  };
  const place = (tag: string, at: Position, inside = ''): string =>
    `<${tag} lat="${degrees(at[1]!)}" lon="${degrees(at[0]!)}">${at.length > 2 ? `<ele>${Number(at[2]!.toFixed(3))}</ele>` : ''}${inside}</${tag}>`;
  const [points, tracks]: [string[], string[]] = [[], []];
  for (const feature of features) {
    const about = told(feature);
    for (const one of simple(feature.geometry)) {
      if (one.type === 'Point') points.push(place('wpt', one.coordinates, about));
      else tracks.push(`<trk>${about}${(one.type === 'Polygon' ? one.coordinates : [one.coordinates]).map((line) => `<trkseg>${line.map((at) => place('trkpt', at)).join('')}</trkseg>`).join('')}</trk>`);
    }
  }
  // The order is the schema's: metadata, wpt, rte, trk.
  return `<?xml version="1.0" encoding="UTF-8"?>\n<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="Longquan">${title ? `<metadata><name>${xml(title)}</name></metadata>` : ''}\n${[...points, ...tracks].join('\n')}\n</gpx>\n`;
}

/** One row a feature: longitude and latitude of points, all fields, the geometry as text; begins with a mark that tells spreadsheets it is UTF-8. */
export function toCsv(features: readonly Feature[], { columns }: FileOptions = {}): string {
  const fields = columns ?? namesOf(features).filter(({ name }) => !LOOK.has(name));
  const rows = features.map(({ geometry, properties }) => {
    const [lng, lat] = geometry?.type === 'Point' ? geometry.coordinates.map(degrees) : ['', ''];
    return [lng, lat, ...fields.map(({ name }) => textOf(properties?.[name])), geometry ? wkt(geometry, DIGITS) : ''];
  });
  return `\uFEFF${[['lng', 'lat', ...fields.map(({ title }) => title), 'wkt'], ...rows].map((row) => row.map((cell) => quoted(cell ?? '')).join(',')).join('\r\n')}\r\n`;
}

/** The points, lines and polygons that a geometry is made of. */
export function simple(geometry: Geometry | null): Extract<Geometry, { type: 'Point' | 'LineString' | 'Polygon' }>[] {
  switch (geometry?.type) {
    case undefined: return [];
    case 'MultiPoint': return geometry.coordinates.map((coordinates) => ({ type: 'Point', coordinates }));
    case 'MultiLineString': return geometry.coordinates.map((coordinates) => ({ type: 'LineString', coordinates }));
    case 'MultiPolygon': return geometry.coordinates.map((coordinates) => ({ type: 'Polygon', coordinates }));
    case 'GeometryCollection': return geometry.geometries.flatMap(simple);
    default: return [geometry as Extract<Geometry, { type: 'Point' | 'LineString' | 'Polygon' }>];
  }
}

function namesOf(features: readonly Feature[]): Column[] {
  const names = new Set(features.flatMap(({ properties }) => Object.keys(properties ?? {})));
  return [...names].map((name) => ({ name, title: name }));
}

function kmlGeometry(geometry: Geometry | null): string {
  const tuple = (at: Position): string => at.map((value, i) => (i < 2 ? degrees(value) : String(Number(value.toFixed(3))))).join(',');
  const line = (positions: readonly Position[]): string => `<coordinates>${positions.map(tuple).join(' ')}</coordinates>`;
  const parts = simple(geometry).map((one) => {
    if (one.type === 'Point') return `<Point>${line([one.coordinates])}</Point>`;
    if (one.type === 'LineString') return `<LineString><tessellate>1</tessellate>${line(one.coordinates)}</LineString>`;
    return `<Polygon>${one.coordinates.map((ring, i) => (i === 0 ? `<outerBoundaryIs><LinearRing>${line(ring)}</LinearRing></outerBoundaryIs>` : `<innerBoundaryIs><LinearRing>${line(ring)}</LinearRing></innerBoundaryIs>`)).join('')}</Polygon>`;
  });
  return parts.length === 1 ? parts[0]! : parts.length === 0 ? '' : `<MultiGeometry>${parts.join('')}</MultiGeometry>`;
}

function kmlStyle(properties: Readonly<Record<string, unknown>>): string {
  const colour = (name: string, opacity: string): string | null => {
    const [, red, green, blue] = /^#(..)(..)(..)$/.exec(String(properties[name] ?? '')) ?? [];
    const share = Number(properties[opacity] ?? 1);
    return red ? `${Math.round(share * 255).toString(16).padStart(2, '0')}${blue}${green}${red}`.toLowerCase() : null; // aabbggrr
  };
  const [stroke, fill, marker] = [colour('stroke', 'stroke-opacity'), colour('fill', 'fill-opacity'), colour('marker-color', '')];
  const width = Number(properties['stroke-width']);
  const styles = [
    marker ? `<IconStyle><color>${marker}</color></IconStyle>` : '',
    stroke ? `<LineStyle><color>${stroke}</color>${width > 0 ? `<width>${width}</width>` : ''}</LineStyle>` : '',
    fill ? `<PolyStyle><color>${fill}</color></PolyStyle>` : '',
  ].join('');
  return styles && `<Style>${styles}</Style>`;
}

function rounded(geometry: Geometry | null): Geometry | null {
  if (!geometry) return null;
  if (geometry.type === 'GeometryCollection') return { type: geometry.type, geometries: geometry.geometries.map((one) => rounded(one)!) };
  const deep = (value: unknown): unknown => (Array.isArray(value) ? value.map(deep) : Number((value as number).toFixed(DIGITS)));
  return { type: geometry.type, coordinates: deep(geometry.coordinates) } as Geometry;
}

function degrees(value: number): string {
  return value.toFixed(DIGITS).replace(/\.?0+$/, '').replace(/^-0$/, '0'); // never 1e-7: GPX wants decimals
}

function present(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '';
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Text as XML 1.0 takes it: the five signs escaped, control characters, which it forbids, left out. */
function xml(value: unknown): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  return textOf(value).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (sign) => names[sign]!);
}

function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
