// Searching by the SDK: the portal's own engine on the published index.

import type { Catalog, Language } from '../core/catalog.ts';
import { inLanguage } from '../core/catalog.ts';
import { rangeBytes } from '../core/search/bytes.ts';
import { search, type Result } from '../core/search/engine.ts';
import { openIndex, type Index, type SearchEntry } from '../core/search/index-file.ts';
import type { Hit } from './api.ts';

const DOOR_ZOOM = 17;
const MICRO = 1e6;

export interface Finder {
  find(text: string, near: readonly [number, number] | null, limit: number, language: Language): Promise<readonly Hit[]>;
}

/** What finds places of a city; its index is opened by the first question. */
export function finder(catalog: Catalog & { readonly search?: SearchEntry | null }, address: (file: string) => string): Finder {
  let opened: Promise<Index> | null = null;
  const index = (): Promise<Index> => {
    const entry = catalog.search;
    if (!entry) throw new Error('longquan: this city is published without search');
    opened ??= openIndex(rangeBytes(address(entry.file)), entry).catch((error: unknown) => {
      opened = null; // the next question asks again
      throw error;
    });
    return opened;
  };
  return {
    async find(text, near, limit, language) {
      const open = await index();
      return (await search(open, text, near, limit)).map((result) => hitOf(open, result, language));
    },
  };
}

function hitOf({ kinds, towns }: Index, { entry, door, level, title, town, lng, lat, score }: Result, language: Language): Hit {
  const kind = kinds[door ? door.kind : entry.kind] ?? kinds[entry.kind]!;
  const id = door ? door.id : entry.id;
  const box = door ? null : entry.box;
  return {
    name: title,
    kind: inLanguage(kind.title, language),
    town: towns[town] ?? null,
    dataset: kind.dataset,
    id: id === 0 ? null : String(id),
    level: level === 'number' ? 'door' : level === 'interpolated' ? 'interpolated' : 'whole',
    lng: lng / MICRO,
    lat: lat / MICRO,
    zoom: door ? DOOR_ZOOM : entry.zoom,
    bounds: box && [box[0] / MICRO, box[1] / MICRO, box[2] / MICRO, box[3] / MICRO],
    score,
  };
}
