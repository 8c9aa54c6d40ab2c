// The head of the page: whose map it is, the layers button, the language.

import { inLanguage, type Catalog, type Language } from '../core/catalog.ts';
import { element, svg } from '../ui/element.ts';
import { icon } from '../ui/icons.ts';
import type { Translate } from '../messages/i18n.ts';
import { moreMenu } from './more-menu.ts';

export interface Header {
  readonly element: HTMLElement;
  readonly layersButton: HTMLButtonElement;
  readonly toolsButton: HTMLButtonElement;
  setLayersOpen(open: boolean): void;
  setToolsOpen(open: boolean): void;
}

export function header(options: {
  readonly catalog: Catalog;
  readonly language: Language;
  readonly t: Translate;
  readonly onLayers: () => void;
  readonly tools: boolean; // whether there are any
  readonly onTools: () => void;
  readonly onLanguage: () => void;
}): Header {
  const { catalog, language, t } = options;
  const layers = element('button', { type: 'button', class: 'layers-button', 'aria-controls': 'layers', 'aria-expanded': 'false' }, icon('layers'), element('span', {}, t('layers')));
  layers.addEventListener('click', options.onLayers);
  const tools = element('button', { type: 'button', class: 'tools-button', 'aria-controls': 'tools', 'aria-expanded': 'false', hidden: !options.tools }, icon('tools'), element('span', {}, t('tools')));
  tools.addEventListener('click', options.onTools);
  const other = element('button', { type: 'button', class: 'language', lang: language === 'zh' ? 'en' : 'zh-CN' }, t('language'));
  other.setAttribute('title', t('languageLabel'));
  other.addEventListener('click', options.onLanguage);
  const edition = inLanguage(catalog.edition.title, language);
  return {
    layersButton: layers,
    toolsButton: tools,
    element: element('header', { class: 'head' },
      emblem(),
      element('div', { class: 'titles' },
        element('h1', {}, inLanguage(catalog.platform, language)),
        element('p', {}, [inLanguage(catalog.city.name, language), edition].filter(Boolean).join(' · '))),
      layers, tools, other, moreMenu(t)),
    setLayersOpen(open) {
      layers.setAttribute('aria-expanded', String(open));
    },
    setToolsOpen(open) {
      tools.setAttribute('aria-expanded', String(open));
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
