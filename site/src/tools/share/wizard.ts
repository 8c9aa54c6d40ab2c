// The window that makes the code for other people's pages: choices on one side, the map as it will be on the other.

import { inLanguage } from '../../core/catalog.ts';
import { PARTS, USUAL, type Part } from '../../state/embed-parts.ts';
import { linkWith, viewText } from '../../state/link.ts';
import { copy } from '../../ui/copy.ts';
import { dialog, type Dialog } from '../../ui/dialog.ts';
import { element } from '../../ui/element.ts';
import type { Portal } from '../tool.ts';
import { changesFor, embedCode, sizeOf, type EmbedChoices } from './embed-code.ts';
import type { SayShare } from './words.ts';

const PAGE = 'embed.html';
const WIDTH = 640;
const HEIGHT = 420;
const SETTLE = 400; // ms: several choices, one preview

/** A closed window; `open` starts it with the map's view. */
export function wizard(portal: Portal, t: SayShare): { readonly element: HTMLElement; open(): void } {
  const { map, city: { catalog }, language, store } = portal;
  const width = element('input', { type: 'number', min: 160, max: 4000, value: WIDTH });
  const height = element('input', { type: 'number', min: 160, max: 4000, value: HEIGHT });
  const fill = element('input', { type: 'checkbox', checked: true });
  const tongue = select(['any', 'zh', 'en'], (id) => t(`language_${id}`));
  const boxes = new Map(PARTS.map((part) => [part, element('input', { type: 'checkbox', checked: USUAL.includes(part) })] as const));
  const pin = select(['none', 'centre', 'kept'], (id) => t(`marker_${id}`));
  const pinTitle = element('input', { type: 'text', maxlength: 40 });
  const code = element('textarea', { readonly: true, rows: 5, 'aria-label': t('embedCode'), spellcheck: 'false' });
  const news = element('p', { class: 'message', role: 'status' });
  const copying = element('button', { type: 'button', class: 'primary' }, t('copyCode'));
  let frame = element('iframe', { title: t('preview') });
  const titleRow = field(t('markerTitle'), pinTitle);
  const form = element('div', { class: 'choices' },
    element('label', { class: 'box' }, fill, t('fill')), field(t('width'), width), field(t('height'), height), field(t('language'), tongue),
    element('fieldset', {}, element('legend', {}, t('parts')), ...[...boxes].map(([part, box]) => element('label', { class: 'box' }, box, t(`part_${part}`)))),
    field(t('marker'), pin), titleRow, field(t('embedCode'), code), copying, news);
  const modal: Dialog = dialog({ id: 'embed', title: t('embedTitle'), closeLabel: t('close'), wide: true, onClose: () => preview(null) });
  const root = element('div', { class: 'embed-wizard' }, form, element('figure', {}, frame, element('figcaption', {}, t('previewHint'))));

  let view = ''; // as the preview shows it
  let middle = { lng: 0, lat: 0 };
  const choices = (): EmbedChoices => {
    const { marker } = store.now;
    const at = pin.value === 'centre' ? { ...middle, title: pinTitle.value.trim() } : pin.value === 'kept' ? marker : null;
    return {
      width: fill.checked ? null : sizeOf(width.value, WIDTH), height: sizeOf(height.value, HEIGHT),
      language: tongue.value === 'any' ? null : tongue.value,
      parts: new Set([...boxes].filter(([, box]) => box.checked).map(([part]) => part)) as ReadonlySet<Part>,
      marker: at && [at.lng.toFixed(6), at.lat.toFixed(6), ...(at.title ? [at.title.replace(/,/g, '，')] : [])].join(','),
    };
  };
  const address = (): string => linkWith({ map: view, swipe: null, ...changesFor(choices()) }, new URL(PAGE, location.href).pathname);
  const tell = (): void => {
    const now = choices();
    width.disabled = now.width === null;
    titleRow.hidden = pin.value !== 'centre';
    code.value = embedCode(address(), inLanguage(catalog.platform, language), now);
  };
  let waiting: ReturnType<typeof setTimeout> | undefined;
  /** Show an address in a frame of its own each time: one that differs only after # would not load again. */
  const preview = (next: string | null): void => {
    clearTimeout(waiting);
    const fresh = element('iframe', { title: t('preview'), ...(next === null ? {} : { src: next }) });
    const { width: wide, height: high } = choices();
    Object.assign(fresh.style, { width: wide === null ? '100%' : `${wide}px`, height: `${high}px` });
    frame.replaceWith(fresh);
    frame = fresh;
  };
  const show = (): void => {
    tell();
    clearTimeout(waiting);
    waiting = setTimeout(() => preview(address()), SETTLE);
  };
  form.addEventListener('change', show);
  code.addEventListener('focus', () => code.select());
  copying.addEventListener('click', async () => {
    const done = await copy(code.value);
    news.textContent = t(done ? 'copied' : 'notCopied');
    if (!done) code.select();
  });
  addEventListener('message', ({ source, origin, data }: MessageEvent<{ longquan?: number; type?: string; view?: { center: [number, number]; zoom: number; bearing: number; pitch: number } }>) => {
    if (source !== frame.contentWindow || origin !== location.origin || data.longquan !== 1 || data.type !== 'view' || !data.view) return;
    const { center: [lng, lat], zoom, bearing, pitch } = data.view;
    view = viewText(zoom, { lng, lat }, bearing, pitch);
    middle = { lng, lat };
    tell();
  });

  return {
    element: modal.element,
    open() {
      const { lng, lat } = map.getCenter();
      middle = { lng, lat };
      view = viewText(map.getZoom(), middle, map.getBearing(), map.getPitch());
      (pin.querySelector('[value=kept]') as HTMLOptionElement).hidden = store.now.marker === null;
      if (store.now.marker === null && pin.value === 'kept') pin.value = 'none';
      news.textContent = '';
      modal.show(root);
      tell();
      preview(address());
    },
  };
}

function select<Id extends string>(ids: readonly Id[], name: (id: Id) => string): HTMLSelectElement {
  return element('select', {}, ...ids.map((id) => element('option', { value: id }, name(id))));
}

function field(name: string, control: HTMLElement): HTMLElement {
  return element('label', {}, element('span', {}, name), control);
}
