// The line below the map that no setting can hide: owner, map review number, fictional data, date.

import { inLanguage, type Catalog, type Language } from '../core/catalog.ts';
import { foreignCredit, standing } from '../core/legal.ts';
import { element } from '../ui/element.ts';
import type { Translate } from '../messages/i18n.ts';

// Where the numbers of a site can be looked up.
const ICP = 'https://beian.miit.gov.cn/';
const POLICE = 'https://beian.mps.gov.cn/';

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
    catalog.site?.icp && element('span', { class: 'registered' }, element('a', { href: ICP, rel: 'noopener' }, catalog.site.icp)),
    catalog.site?.police && element('span', { class: 'registered' }, element('a', { href: catalog.site.police.href ?? POLICE, rel: 'noopener' }, catalog.site.police.number)),
    catalog.site?.mark && element('span', { class: 'registered' }, element('a', { href: catalog.site.mark.href, rel: 'noopener' }, inLanguage(catalog.site.mark.title, language))),
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

/** The label on the map itself, for a city with something to say about all of its data: that it is fictional. */
export function sampleNotice(catalog: Catalog, language: Language): HTMLElement | null {
  const notice = inLanguage(catalog.notice, language);
  return notice ? element('p', { class: 'sample', role: 'note' }, notice) : null;
}
