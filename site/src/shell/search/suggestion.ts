// What the search box proposes: answers of the index, coordinates, and what was chosen before, all in one form.

import { inLanguage, type Language } from '../../core/catalog.ts';
import { degrees, dms, parseCoordinates, type Around, type Candidate } from '../../core/coordinates.ts';
import type { Result } from '../../core/search/engine.ts';
import type { Group, Index } from '../../core/search/index-file.ts';
import type { SearchSay } from './words.ts';

/** One line of the list, and all that choosing it needs. */
export interface Suggestion {
  readonly title: string;
  readonly detail: string; // kind and town
  readonly group: Group | 'coordinates';
  readonly lng: number;
  readonly lat: number;
  readonly zoom: number;
  readonly box: readonly [west: number, south: number, east: number, north: number] | null;
  readonly feature: { readonly dataset: string; readonly id: string } | null;
  readonly marks: readonly (readonly [start: number, end: number])[];
}

const DOOR_ZOOM = 17;
const PLACE_ZOOM = 16;
const FINE = 1e6;

/** An answer of the index as a line. */
export function ofResult(result: Result, index: Index, language: Language, t: SearchSay): Suggestion {
  const { entry, door, level, title, lng, lat, marks } = result;
  const kind = index.kinds[door ? door.kind : entry.kind]!;
  const what = level === 'entry' ? inLanguage(kind.title, language) : t(level === 'number' ? 'number' : 'interpolated');
  const town = result.town >= 0 ? index.towns[result.town]! : '';
  const id = door ? door.id : entry.id;
  return {
    title, marks, lng: lng / FINE, lat: lat / FINE,
    detail: [what, ...entry.codes, town === title ? '' : town, language === 'en' ? entry.other : ''].filter(Boolean).join(' · '),
    group: door ? 'address' : kind.group,
    zoom: door ? DOOR_ZOOM : entry.zoom,
    box: door ? null : entry.box && ([entry.box[0] / FINE, entry.box[1] / FINE, entry.box[2] / FINE, entry.box[3] / FINE] as const),
    feature: id > 0 && kind.dataset ? { dataset: kind.dataset, id: String(id) } : null,
  };
}

/** Coordinates that somebody typed, the likeliest reading first. */
export function ofCoordinates(text: string, around: Around, language: Language, t: SearchSay): readonly Suggestion[] {
  return parseCoordinates(text, around).slice(0, 3).map((place) => ({
    title: place.form === 'dms' ? dms(place, language) : degrees(place), marks: [], lng: place.lng, lat: place.lat,
    detail: [t('coordinates'), meridian(place, t), place.inside ? '' : t('outside')].filter(Boolean).join(' · '),
    group: 'coordinates', zoom: PLACE_ZOOM, box: null, feature: null,
  }));
}

function meridian({ form, meridian: degree }: Candidate, t: SearchSay): string {
  return form === 'grid' && degree !== null ? t('grid', { meridian: degree }) : '';
}

/** How far away a line lies, in words. */
export function distance({ lng, lat }: Pick<Suggestion, 'lng' | 'lat'>, from: { readonly lng: number; readonly lat: number }, t: SearchSay): string {
  const north = (lat - from.lat) * 111_320;
  const metres = Math.hypot((lng - from.lng) * 111_320 * Math.cos((lat * Math.PI) / 180), north);
  if (metres < 995) return t('metres', { n: Math.round(metres / 10) * 10 });
  return t('kilometres', { n: metres < 9950 ? (metres / 1000).toFixed(1) : Math.round(metres / 1000) });
}
