// Coordinates as people write them: degrees, degrees with minutes and seconds, and CGCS2000 3° Gauss–Krüger; both ways.

import type { Language } from './catalog.ts';
import { epsgOf, fromGrid, meridianOf, toGrid, zoneOf, type GridPlace, type Place } from './gauss-krueger.ts';

export { epsgOf, fromGrid, meridianOf, toGrid, zoneOf, type GridPlace, type Place };

export const FORMS = ['degrees', 'dms', 'grid'] as const;
export type Form = (typeof FORMS)[number];

/** A way to understand what somebody typed. */
export interface Candidate extends Place {
  readonly form: Form;
  readonly inside: boolean; // within the city
  readonly meridian: number | null; // of the strip it was written in
}

/** Where the reader looks: settles what the numbers alone leave open. */
export interface Around {
  readonly bounds: readonly [west: number, south: number, east: number, north: number];
}

const WORDS = {
  zh: { east: '东经', west: '西经', north: '北纬', south: '南纬' },
  en: { east: 'E', west: 'W', north: 'N', south: 'S' },
} as const;

/** A place as a decimal pair that every program reads, the longitude first; six decimals are a decimetre. */
export function degrees({ lng, lat }: Place): string {
  return `${lng.toFixed(6)}, ${lat.toFixed(6)}`;
}

/** A place in degrees, minutes and seconds: 东经 119°07′48.00″，北纬 28°04′12.00″. */
export function dms({ lng, lat }: Place, language: Language): string {
  const words = WORDS[language];
  const [ew, ns] = [words[lng < 0 ? 'west' : 'east'], words[lat < 0 ? 'south' : 'north']];
  const [x, y] = [sexagesimal(lng, 3), sexagesimal(lat, 2)];
  return language === 'zh' ? `${ew} ${x}，${ns} ${y}` : `${y}${ns}, ${x}${ew}`;
}

function sexagesimal(value: number, width: number): string {
  const hundredths = Math.round(Math.abs(value) * 360_000); // of a second, so that 59.999″ carries over
  const [degree, minute, second] = [Math.floor(hundredths / 360_000), Math.floor(hundredths / 6000) % 60, (hundredths % 6000) / 100];
  return `${String(degree).padStart(width === 3 && degree >= 100 ? 3 : 2, '0')}°${String(minute).padStart(2, '0')}′${second.toFixed(2).padStart(5, '0')}″`;
}

/** A place in a strip as Chinese surveyors write it, X northward and Y eastward, in metres; the zone before Y where asked. */
export function gridText({ northing, easting, meridian }: GridPlace, numbered = false): string {
  return `X ${northing.toFixed(2)}, Y ${((numbered ? zoneOf(meridian) * 1e6 : 0) + easting).toFixed(2)}`;
}

/** What a strip is called: CGCS2000, three degrees, its central meridian and EPSG code. */
export function gridName(meridian: number, language: Language, numbered = false): string {
  const epsg = epsgOf(meridian, numbered);
  const code = epsg ? ` · EPSG:${epsg}` : '';
  return language === 'zh' ? `CGCS2000 3°带高斯–克吕格 中央经线 ${meridian}°${code}` : `CGCS2000 3° Gauss–Krüger, CM ${meridian}°${code}`;
}

/**
 * All places that a text can mean, the likeliest first: within the city before near it, as written before swapped. Empty
 * for what is no pair of coordinates.
 */
export function parseCoordinates(text: string, { bounds }: Around): readonly Candidate[] {
  const pair = pairOf(tokens(text));
  if (!pair) return [];
  const [west, south, east, north] = bounds;
  const middle = { lng: (west + east) / 2, lat: (south + north) / 2 };
  const inside = ({ lng, lat }: Place): boolean => lng >= west && lng <= east && lat >= south && lat <= north;
  const away = ({ lng, lat }: Place): number => (inside({ lng, lat }) ? 0 : Math.hypot(lng - middle.lng, lat - middle.lat));
  const found = inDegrees(pair) ?? inGrid(pair, meridianOf(middle.lng), inside) ?? [];
  return found.map((one) => ({ ...one, inside: inside(one) })).sort((a, b) => away(a) - away(b));
}

type Found = Omit<Candidate, 'inside'>;
type Axis = 'lng' | 'lat';

/** One of the two numbers of a pair. */
interface Value {
  readonly number: number;
  readonly axis: Axis | null; // where a hemisphere or a word says so
  readonly dms: boolean;
  readonly marked: boolean; // with a sign of degrees
}

function inDegrees([a, b]: readonly [Value, Value]): Found[] | null {
  if (Math.abs(a.number) > 180 || Math.abs(b.number) > 180) return null;
  const form = a.dms || b.dms ? 'dms' : 'degrees';
  const orders: readonly (readonly [lng: Value, lat: Value])[] = [[a, b], [b, a]];
  return orders
    .filter(([lng, lat]) => lng.axis !== 'lat' && lat.axis !== 'lng' && Math.abs(lat.number) <= 90)
    .map(([lng, lat]) => ({ lng: lng.number, lat: lat.number, form, meridian: null }));
}

/** Northings in China have seven digits, eastings six, or eight with the number of a 3° (25 … 45) or 6° zone (13 … 23). */
function inGrid([a, b]: readonly [Value, Value], own: number, inside: (place: Place) => boolean): Found[] | null {
  if ([a, b].some((value) => value.marked || value.dms || value.axis)) return null;
  const isNorthing = (value: number): boolean => value >= 400_000 && value < 7_000_000;
  for (const [northing, east] of [[a.number, b.number], [b.number, a.number]] as const) {
    if (!isNorthing(northing)) continue;
    const zone = Math.floor(east / 1e6);
    const meridian = zone >= 25 && zone <= 45 ? zone * 3 : zone >= 13 && zone <= 23 ? zone * 6 - 3 : null;
    const easting = meridian === null ? east : east % 1e6;
    if (easting < 100_000 || easting > 900_000 || (meridian === null && northing < 1e6)) continue;
    const place = (strip: number): Found => ({ ...fromGrid({ northing, easting, meridian: strip }), form: 'grid', meridian: strip });
    if (meridian !== null) return [place(meridian)];
    // Without a zone number the city's own strip; a neighbour only where that leads into the city.
    return [place(own), ...[own - 3, own + 3].map(place).filter(inside)];
  }
  return null;
}

type Token =
  | { readonly kind: 'number'; readonly value: number; readonly whole: boolean }
  | { readonly kind: 'degree' | 'minute' | 'second' | 'comma' | 'label' }
  | { readonly kind: 'side'; readonly axis: Axis; readonly sign: 1 | -1 };

const SIDES: Readonly<Record<string, readonly [Axis, 1 | -1]>> = {
  n: ['lat', 1], s: ['lat', -1], e: ['lng', 1], w: ['lng', -1],
  北纬: ['lat', 1], 南纬: ['lat', -1], 东经: ['lng', 1], 西经: ['lng', -1], 北: ['lat', 1], 南: ['lat', -1], 东: ['lng', 1], 西: ['lng', -1],
  纬度: ['lat', 1], 经度: ['lng', 1], lat: ['lat', 1], latitude: ['lat', 1], lng: ['lng', 1], lon: ['lng', 1], long: ['lng', 1], longitude: ['lng', 1],
};
const TOKEN = /\s*(?:([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)|(°|º|度)|(′′|''|″|"|秒)|(′|'|分)|([,;/])|(latitude|longitude|long|lat|lng|lon|[nsew](?![a-z])|北纬|南纬|东经|西经|纬度|经度|[北南东西])\s*[:=]?|((?:[xy](?![a-z])|横坐标|纵坐标)\s*[:=]?|[:=]|米|m(?![a-z])))/y;

/** The pieces of a text; null where one is none of coordinates. */
function tokens(text: string): Token[] | null {
  const plain = text.replace(/º/g, '°').normalize('NFKC').trim().toLowerCase() // full width digits and punctuation become plain
    .replace(/^geo:/, '').replace(/[−–—]/g, '-').replace(/[‘’′]/g, '′').replace(/[“”″]/g, '″').replace(/[、;|]/g, ',').replace(/[()[\]]/g, ' ').trim();
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < plain.length) {
    const match = TOKEN.exec(plain);
    if (!match) return null;
    const [, number, degree, second, minute, comma, side] = match;
    if (number !== undefined) found.push({ kind: 'number', value: Number(number), whole: /^[+-]?\d+$/.test(number) });
    else if (side !== undefined) found.push({ kind: 'side', axis: SIDES[side]![0], sign: SIDES[side]![1] });
    else found.push({ kind: degree ? 'degree' : second ? 'second' : minute ? 'minute' : comma ? 'comma' : 'label' });
  }
  return found;
}

function pairOf(all: Token[] | null): readonly [Value, Value] | null {
  const groups = all && halves(all);
  if (groups?.length !== 2) return null;
  const [a, b] = [valueOf(groups[0]!), valueOf(groups[1]!)];
  return a && b && !(a.axis && a.axis === b.axis) ? [a, b] : null;
}

/** The pieces of either number, however the two are told apart. */
function halves(all: readonly Token[]): Token[][] {
  const sides = all.filter(({ kind }) => kind === 'side').length;
  const commas = all.filter(({ kind }) => kind === 'comma').length;
  if (commas === 1) return cut(all, ({ kind }) => kind === 'comma', false);
  const rest = all.filter(({ kind }) => kind !== 'comma' && kind !== 'label');
  if (sides === 2) return rest[0]?.kind === 'side' ? cut(rest, ({ kind }) => kind === 'side', false) : cut(rest, ({ kind }) => kind === 'side', true);
  if (rest.some(({ kind }) => kind === 'degree')) return cut(rest, (_, i) => rest[i + 1]?.kind === 'degree', false);
  const half = rest.length / 2; // plain numbers: 2, 4 or 6 of them
  return [1, 2, 3].includes(half) && rest.every(({ kind }) => kind === 'number') ? [rest.slice(0, half), rest.slice(half)] : [];
}

/** Cut before, or after, each token that passes. */
function cut(all: readonly Token[], test: (token: Token, i: number) => boolean, after: boolean): Token[][] {
  const groups: Token[][] = [[]];
  all.forEach((token, i) => {
    if (test(token, i) && !after) groups.push([]);
    groups.at(-1)!.push(token);
    if (test(token, i) && after) groups.push([]);
  });
  return groups.filter((group) => group.length > 0);
}

function valueOf(group: readonly Token[]): Value | null {
  const side = group.filter((token) => token.kind === 'side');
  const numbers = group.filter((token) => token.kind === 'number');
  const marks = group.filter(({ kind }) => kind === 'degree' || kind === 'minute' || kind === 'second').map(({ kind }) => kind);
  if (side.length > 1 || numbers.length < 1 || numbers.length > 3) return null;
  const order = ['degree', 'minute', 'second'];
  if (marks.length > numbers.length || marks.some((mark, i) => mark !== order[i])) return null;
  if (numbers.some(({ whole }, i) => !whole && i < numbers.length - 1)) return null; // only the last may have decimals
  if (numbers.slice(1).some(({ value }) => value < 0 || value >= 60)) return null;
  const [degree, minute = 0, second = 0] = numbers.map(({ value }) => Math.abs(value));
  const negative = numbers[0]!.value < 0 || Object.is(numbers[0]!.value, -0);
  const size = degree! + minute / 60 + second / 3600;
  return { number: (negative ? -1 : 1) * (side[0]?.sign ?? 1) * size, axis: side[0]?.axis ?? null, dms: numbers.length > 1, marked: marks.length > 0 };
}
