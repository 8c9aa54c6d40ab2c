// What is here: the place itself, and its features, each with its fields, department and date.

import { inLanguage, type Language } from '../../core/catalog.ts';
import { nameOf, position, rowsOf, type Found } from '../../core/identify.ts';
import type { Surroundings } from '../../core/surroundings.ts';
import type { Translate } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import { coordinatesList } from './coordinates-list.ts';
import type { SayHere } from './words.ts';

const SHOWN = 12;

export interface Place<F extends Found = Found> {
  readonly lng: number;
  readonly lat: number;
  readonly town: string | null; // as far as the map tells at once
  readonly found: readonly F[];
  readonly elevation: Promise<number | null> | null; // metres; null where the city has no heights
  readonly around: Promise<Surroundings>;
}

export interface FeaturePanelOptions<F extends Found> {
  readonly place: Place<F>;
  readonly meridian: number; // of the city's strip
  readonly language: Language;
  readonly t: Translate;
  readonly say: SayHere;
  readonly announce: (text: string) => void;
  readonly onShow: (found: F | null) => void; // the feature the reader looks at
  readonly onLink: () => Promise<{ readonly done: boolean; readonly text: string }>;
  readonly onReport: (() => void) | null;
}

/** The content of the panel. */
export function featurePanel<F extends Found>(options: FeaturePanelOptions<F>): HTMLElement {
  const { place, language, t, say, announce, onShow } = options;
  const body = element('div', { class: 'feature-panel' }, head(options), coordinatesList(place, options.meridian, language, say, announce));
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
        [inLanguage(found.dataset.department.name, language), found.dataset.currency && `${t('currency')} ${found.dataset.currency}`].filter(Boolean).join(' · ')),
      actions(options));
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

/** Town, position, height, code and nearest address; what has to be read from tiles arrives a moment later. */
function head<F extends Found>({ place, language, t, say }: FeaturePanelOptions<F>): HTMLElement {
  const town = element('strong', { class: 'town', hidden: place.town === null }, place.town);
  const line = (name: string): HTMLElement => element('span', { class: name, role: 'status' });
  const [elevation, code, address] = [line('elevation'), line('code'), line('address')];
  place.elevation?.then((metres) => {
    if (metres !== null) elevation.textContent = t('elevation', { metres: metresText(metres, language) });
  }, (error: unknown) => console.error(error));
  place.around.then((around) => {
    if (around.town && place.town === null) {
      town.textContent = around.town.name;
      town.hidden = false;
    }
    if (around.town?.code) code.textContent = `${say('code')} ${around.town.code}`;
    if (around.address) address.textContent = `${say('nearAddress')} ${say('away', { address: around.address.text, metres: Math.round(around.address.metres) })}`;
  }, (error: unknown) => console.error(error));
  return element('p', { class: 'position' }, town, element('span', {}, position(place.lng, place.lat, language, t)), elevation, code, address);
}

function actions<F extends Found>({ say, announce, onLink, onReport }: FeaturePanelOptions<F>): HTMLElement {
  const link = element('button', { type: 'button' }, say('link'));
  const told = element('span', { class: 'copied', 'aria-hidden': 'true' });
  link.addEventListener('click', () => {
    void onLink().then(({ done, text }) => {
      told.textContent = say(done ? 'copied' : 'copyFailed', { text });
      announce(told.textContent);
    });
  });
  const report = onReport && element('button', { type: 'button' }, say('report'));
  report?.addEventListener('click', () => onReport?.());
  return element('p', { class: 'actions' }, link, report, told);
}

function metresText(metres: number, language: Language): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return (Math.round(metres * 10) / 10 + 0).toLocaleString(language === 'zh' ? 'zh-CN' : 'en', digits);
}
