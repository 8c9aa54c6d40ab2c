// What must be said wherever the map is shown: whose eyes it is for, what its review says, and whom pictures credit.

import type { Catalog } from './catalog.ts';

type Said = readonly ['reviewNumber', { readonly number: string }] | readonly ['internalUse' | 'reviewPending'];

/** Whose eyes the map is for, and what its review says: a public map without a number waits for one. */
export function standing({ edition, review: { number } }: Pick<Catalog, 'edition' | 'review'>): Said[] {
  const open = edition.public ?? true;
  const said: Said[] = [];
  if (!open) said.push(['internalUse']);
  if (number) said.push(['reviewNumber', { number }]);
  else if (open) said.push(['reviewPending']);
  return said;
}

/** Whom an archive credits besides what the bar says anyway: the owner and the notice. */
export function foreignCredit(attribution: string | null, catalog: Pick<Catalog, 'attribution' | 'notice'>): string {
  const said = new Set([...Object.values(catalog.attribution), ...Object.values(catalog.notice)]);
  return (attribution ?? '').split(' · ').filter((part) => part && !said.has(part)).join(' · ');
}
