// What an embedded map and the page around it tell each other through postMessage, version 1. docs/embed.md is its reference.

import type { Base } from '../core/rasters.ts';
import { BASES } from '../core/rasters.ts';

export const VERSION = 1;

export interface ViewWish {
  readonly center?: readonly [lng: number, lat: number];
  readonly zoom?: number;
  readonly bearing?: number;
  readonly pitch?: number;
  readonly animate?: boolean;
}

export type Command =
  | ({ readonly type: 'setView' } & ViewWish)
  | { readonly type: 'show' | 'hide'; readonly datasets: readonly string[] }
  | { readonly type: 'setBase'; readonly base: Base }
  | { readonly type: 'select'; readonly feature: { readonly dataset: string; readonly id: string } | null }
  | { readonly type: 'mark'; readonly place: { readonly lng: number; readonly lat: number; readonly title: string } | null }
  | { readonly type: 'getState' };

/** A message that was meant for the map: what to do, or what is wrong with it. */
export interface Heard {
  readonly id: string | number | null; // by which the sender knows the answer
  readonly command: Command | null;
  readonly fault: string | null;
}

/** What a message says; null for one that is not meant for the map. */
export function hear(data: unknown): Heard | null {
  if (!isRecord(data) || !('longquan' in data)) return null;
  const id = typeof data['id'] === 'string' || typeof data['id'] === 'number' ? data['id'] : null;
  if (data['longquan'] !== VERSION) return { id, command: null, fault: `longquan: ${VERSION} is spoken here` };
  const command = commandOf(data);
  return typeof command === 'string' ? { id, command: null, fault: command } : { id, command, fault: null };
}

/** The command in a message, or what is wrong with it. */
function commandOf(data: Readonly<Record<string, unknown>>): Command | string {
  switch (data['type']) {
    case 'setView':
      return viewOf(data);
    case 'show':
    case 'hide': {
      const { datasets } = data;
      if (!Array.isArray(datasets) || !datasets.every((one) => typeof one === 'string')) return `${data['type']}: datasets: an array of dataset ids`;
      return { type: data['type'], datasets };
    }
    case 'setBase': {
      const base = BASES.find((one) => one === data['base']);
      return base ? { type: 'setBase', base } : `setBase: base: ${BASES.join(', ')}`;
    }
    case 'select': {
      const { feature } = data;
      if (feature === null) return { type: 'select', feature };
      if (!isRecord(feature) || typeof feature['dataset'] !== 'string' || !['string', 'number'].includes(typeof feature['id'])) return 'select: feature: {dataset, id} or null';
      return { type: 'select', feature: { dataset: feature['dataset'], id: String(feature['id']) } };
    }
    case 'mark': {
      const { place } = data;
      if (place === null) return { type: 'mark', place };
      if (!isRecord(place) || !isPlace([place['lng'], place['lat']])) return 'mark: place: {lng, lat, title} in degrees or null';
      return { type: 'mark', place: { lng: Number(place['lng']), lat: Number(place['lat']), title: typeof place['title'] === 'string' ? place['title'] : '' } };
    }
    case 'getState':
      return { type: 'getState' };
    default:
      return `type: setView, show, hide, setBase, select, mark, getState`;
  }
}

function viewOf({ center, zoom, bearing, pitch, animate }: Readonly<Record<string, unknown>>): Command | string {
  if (center !== undefined && !isPlace(center)) return 'setView: center: [lng, lat] in degrees';
  for (const [name, value, low, high] of [['zoom', zoom, 0, 24], ['bearing', bearing, -360, 360], ['pitch', pitch, 0, 85]] as const) {
    if (value !== undefined && !(isNumber(value) && value >= low && value <= high)) return `setView: ${name}: a number, ${low} … ${high}`;
  }
  return {
    type: 'setView',
    ...(center === undefined ? {} : { center: [center[0]!, center[1]!] as const }),
    ...(isNumber(zoom) ? { zoom } : {}), ...(isNumber(bearing) ? { bearing } : {}), ...(isNumber(pitch) ? { pitch } : {}),
    animate: animate === true,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isPlace(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length === 2 && value.every(isNumber) && Math.abs(value[0] as number) <= 180 && Math.abs(value[1] as number) <= 90;
}
