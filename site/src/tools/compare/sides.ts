// What can stand on either side of a swipe: base maps, imagery at each of its dates, and the looks of the drawn map.

import { inLanguage, mapFlavours, type Catalog, type Language } from '../../core/catalog.ts';
import type { Base, Rasters } from '../../core/rasters.ts';
import type { Say } from '../../messages/i18n.ts';
import type { words } from './words.ts';

export interface Side {
  readonly id: string; // in links
  readonly title: string;
  readonly base: Base;
  readonly imagery: string | null; // id of a series or of a single archive
  readonly epoch: number;
  readonly flavour: string | null; // of the drawn map; null: the one in use
}

/** The position of the divider and what stands right of it. */
export interface Swipe {
  readonly side: string;
  readonly percent: number; // of the width, left of the divider
}

export function sidesOf(catalog: Pick<Catalog, 'styles'>, rasters: Rasters, language: Language, say: Say<keyof typeof words.zh>): readonly Side[] {
  const bases = rasters.bases.flatMap((base): Side[] => {
    if (base !== 'imagery' && base !== 'hybrid') return [{ id: base, title: say(`base_${base}`), base, imagery: null, epoch: 0, flavour: null }];
    return rasters.imagery.flatMap(({ id, epochs }) => epochs.map((archive, epoch) => ({
      id: `${base}/${archive.id}`,
      title: [say(`base_${base}`), epochs.length > 1 && archive.date ? archive.date : inLanguage(archive.title, language)].join(' '),
      base, imagery: id, epoch, flavour: null,
    })));
  });
  const drawn = mapFlavours(catalog);
  const flavours = drawn.length < 2 ? [] : drawn.map(({ id, title }): Side => (
    { id: `look/${id}`, title: say('flavour', { name: inLanguage(title, language) }), base: 'map', imagery: null, epoch: 0, flavour: id }
  ));
  return [...bases, ...flavours];
}

/** What to compare with first: another date of the imagery in sight, else imagery, else heights, else whatever is different. */
export function firstSide(sides: readonly Side[], now: { readonly base: Base; readonly epoch: number; readonly flavour: string | null }): Side | null {
  const over = now.base === 'imagery' || now.base === 'hybrid';
  return (over ? sides.find(({ base, epoch }) => base === now.base && epoch !== now.epoch) : undefined)
    ?? [...sides].reverse().find(({ base }) => base === 'imagery' && !over)
    ?? sides.find(({ base, flavour }) => base !== now.base && flavour === null)
    ?? sides.find(({ flavour }) => flavour !== null && flavour !== now.flavour) ?? null;
}

/** A swipe as links have it, `hybrid/orthophoto@50`. */
export function written({ side, percent }: Swipe): string {
  return `${side}@${percent}`;
}

export function readSwipe(text: string | null): Swipe | null {
  const [, side, percent] = /^(.+?)(?:@(\d+(?:\.\d+)?))?$/.exec(text ?? '') ?? [];
  return side ? { side, percent: Math.min(100, percent === undefined ? 50 : Number(percent)) } : null;
}
