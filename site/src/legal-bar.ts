// The line below the map that no setting can hide: owner, map review number, fictional data, date.

import { inLanguage, type Catalog, type Language } from './catalog.ts';
import { element } from './element.ts';
import type { Translate } from './i18n.ts';

export function legalBar(catalog: Catalog, language: Language, t: Translate): HTMLElement {
  const number = catalog.review.number;
  const parts = [
    element('span', {}, inLanguage(catalog.attribution, language)),
    element('span', { class: number ? 'review' : 'review pending' }, number ? t('reviewNumber', { number }) : t('reviewPending')),
    catalog.sample && element('span', { class: 'fictional' }, inLanguage(catalog.notice, language)),
    catalog.as_of && element('span', {}, t('asOf', { date: catalog.as_of })),
  ];
  return element('footer', { class: 'legal' }, ...parts);
}

/** The label on the map itself when the city is fictional. */
export function sampleNotice(catalog: Catalog, language: Language): HTMLElement | null {
  return catalog.sample ? element('p', { class: 'sample', role: 'note' }, inLanguage(catalog.notice, language)) : null;
}
