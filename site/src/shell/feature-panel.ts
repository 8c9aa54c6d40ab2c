// What is here: the features of one place, with their department and date.

import { inLanguage, type Language } from '../core/catalog.ts';
import { element } from '../ui/element.ts';
import type { Translate } from '../messages/i18n.ts';
import { nameOf, position, rowsOf, type Found } from '../core/identify.ts';

const SHOWN = 12;

export interface Place<F extends Found = Found> {
  readonly lng: number;
  readonly lat: number;
  readonly town: string | null;
  readonly found: readonly F[];
  readonly elevation: Promise<number | null> | null; // metres; null where the city has no heights
}

/** The content of the panel; `onShow` is told which feature the reader looks at. */
export function featurePanel<F extends Found>(
  place: Place<F>,
  language: Language,
  t: Translate,
  onShow: (found: F | null) => void,
): HTMLElement {
  const body = element('div', { class: 'feature-panel' },
    element('p', { class: 'position' }, place.town ? element('strong', {}, place.town) : null,
      element('span', {}, position(place.lng, place.lat, language, t)), place.elevation && height(place.elevation, language, t)));
  if (place.found.length === 0) {
    body.append(element('p', { class: 'empty' }, t('nothingHere')));
    return body;
  }
  const items = place.found.slice(0, SHOWN).map((found, i) => {
    const name = nameOf(found, language);
    const dataset = inLanguage(found.dataset.title, language);
    const summary = element('summary', {}, element('span', { class: 'what' }, name), name === dataset ? null : element('span', { class: 'kind' }, dataset));
    const item = element('details', { name: 'features', open: i === 0 }, summary,
      element('dl', { class: 'facts' },
        ...rowsOf(found, language, t).flatMap(([field, value]) => [element('dt', {}, field), element('dd', {}, value)])),
      element('p', { class: 'source' },
        [inLanguage(found.dataset.department.name, language), found.dataset.currency && `${t('currency')} ${found.dataset.currency}`].filter(Boolean).join(' · ')));
    item.addEventListener('toggle', () => {
      if (item.open) onShow(found);
      else if (!items.some((other) => other.open)) onShow(null);
    });
    return item;
  });
  body.append(...items);
  if (place.found.length > SHOWN) body.append(element('p', { class: 'empty' }, t('more', { count: place.found.length - SHOWN })));
  return body;
}

/** The height of the place, which arrives a moment later; nothing where none is known or it cannot be read. */
function height(elevation: Promise<number | null>, language: Language, t: Translate): HTMLElement {
  const line = element('span', { class: 'elevation', role: 'status' });
  elevation.then(
    (metres) => {
      if (metres !== null) line.textContent = t('elevation', { metres: metersText(metres, language) });
    },
    (error: unknown) => console.error(error),
  );
  return line;
}

function metersText(metres: number, language: Language): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return (Math.round(metres * 10) / 10 + 0).toLocaleString(language === 'zh' ? 'zh-CN' : 'en', digits);
}
