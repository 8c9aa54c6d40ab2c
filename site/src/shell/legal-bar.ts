// The line below the map that no setting can hide: owner, map review number, fictional data, date.

import { inLanguage, type Catalog, type Language } from '../core/catalog.ts';
import { element } from '../ui/element.ts';
import type { Translate } from '../messages/i18n.ts';

export interface LegalBar {
  readonly element: HTMLElement;
  /** Name those to credit for the imagery in use, besides the owner of the map. */
  credit(attribution: string | null): void;
}

export function legalBar(catalog: Catalog, language: Language, t: Translate): LegalBar {
  const notice = inLanguage(catalog.notice, language);
  const owner = inLanguage(catalog.attribution, language);
  const source = element('span', { class: 'image-source', hidden: true });
  const parts = [
    element('span', {}, owner, source),
    ...standing(catalog).map(([text, values]) => element('span', { class: values ? 'review' : 'review pending' }, t(text, values))),
    notice && element('span', { class: 'fictional' }, notice),
    catalog.as_of && element('span', { class: 'date' }, t('asOf', { date: catalog.as_of })),
  ];
  return {
    element: element('footer', { class: 'legal' }, ...parts),
    credit(attribution) {
      const foreign = foreignCredit(attribution, catalog);
      source.hidden = !foreign;
      source.textContent = foreign && ` · ${t('imageSource', { name: foreign })}`;
    },
  };
}

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

/** The label on the map itself, for a city with something to say about all of its data: that it is fictional. */
export function sampleNotice(catalog: Catalog, language: Language): HTMLElement | null {
  const notice = inLanguage(catalog.notice, language);
  return notice ? element('p', { class: 'sample', role: 'note' }, notice) : null;
}
