// The head of the page: whose map it is, the layers button, the language.

import { inLanguage, type Catalog, type Language } from './catalog.ts';
import { element, svg } from './element.ts';
import type { Translate } from './i18n.ts';

export interface Header {
  readonly element: HTMLElement;
  readonly layersButton: HTMLButtonElement;
  readonly checkButton: HTMLButtonElement;
  setLayersOpen(open: boolean): void;
  setCheckOpen(open: boolean): void;
}

export function header(options: {
  readonly catalog: Catalog;
  readonly language: Language;
  readonly t: Translate;
  readonly onLayers: () => void;
  readonly onCheck: () => void;
  readonly onLanguage: () => void;
}): Header {
  const { catalog, language, t } = options;
  const layers = element('button', { type: 'button', class: 'layers-button', 'aria-controls': 'layers', 'aria-expanded': 'false' }, layersIcon(), element('span', {}, t('layers')));
  layers.addEventListener('click', options.onLayers);
  const check = element('button', { type: 'button', class: 'check-button', 'aria-controls': 'check', 'aria-expanded': 'false', title: t('checkButton') }, checkIcon(), element('span', {}, t('check')));
  check.addEventListener('click', options.onCheck);
  const other = element('button', { type: 'button', class: 'language', lang: language === 'zh' ? 'en' : 'zh-CN' }, t('language'));
  other.setAttribute('title', t('languageLabel'));
  other.addEventListener('click', options.onLanguage);
  const edition = inLanguage(catalog.edition.title, language);
  return {
    layersButton: layers,
    checkButton: check,
    element: element('header', { class: 'head' },
      emblem(),
      element('div', { class: 'titles' },
        element('h1', {}, inLanguage(catalog.platform, language)),
        element('p', {}, [inLanguage(catalog.city.name, language), edition].filter(Boolean).join(' · '))),
      layers, check, other),
    setLayersOpen(open) {
      layers.setAttribute('aria-expanded', String(open));
    },
    setCheckOpen(open) {
      check.setAttribute('aria-expanded', String(open));
    },
  };
}

/** A celadon bowl: the town's ware, and a contour line at the same time. */
function emblem(): SVGElement {
  return svg('svg', { class: 'emblem', width: 36, height: 36, viewBox: '0 0 36 36', 'aria-hidden': 'true' },
    svg('path', { d: 'M4 13h28c0 8-5 14-11 15v2h-6v-2C9 27 4 21 4 13z', fill: '#8fbfae' }),
    svg('path', { d: 'M4 13c3 3 7 1.5 10 .5s7-1 10 .5 6 1 8-1', fill: 'none', stroke: '#2f6f5e', 'stroke-width': 1.6 }),
    svg('path', { d: 'M7 19c4 2 7 .5 11 0s8 .5 11-.5M10 24c4 1 12 1.2 16-.5', fill: 'none', stroke: '#f7f6f0', 'stroke-width': 1.3 }));
}

function layersIcon(): SVGElement {
  return svg('svg', { width: 20, height: 20, viewBox: '0 0 20 20', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linejoin': 'round' },
    svg('path', { d: 'M10 3 18 7.5 10 12 2 7.5z' }), svg('path', { d: 'm2.5 12 7.5 4.2 7.5-4.2' }));
}

/** An area, half of it there already. */
function checkIcon(): SVGElement {
  return svg('svg', { width: 20, height: 20, viewBox: '0 0 20 20', 'aria-hidden': 'true', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linejoin': 'round' },
    svg('path', { d: 'M3 6.5 9 3l8 3-1.5 9L6 17z' }), svg('path', { d: 'M3 6.5 9 3l3.2 1.2L6 17z', fill: 'currentColor', 'fill-opacity': 0.35, stroke: 'none' }), svg('path', { d: 'm8 10.5 2 2 3.5-4' }));
}
