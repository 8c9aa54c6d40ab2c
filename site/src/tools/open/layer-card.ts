// An opened layer in the panel: shown or not, its colour and opacity, where it lies, what it says, away with it.

import { FORMATS, written, type Format } from '../../core/geojson-formats.ts';
import type { Language } from '../../core/catalog.ts';
import type { FileLayer } from '../../core/files/layer.ts';
import { faultText } from '../../core/files/read-files.ts';
import { element } from '../../ui/element.ts';
import { saveFile } from '../../ui/save-file.ts';
import { attributeTable } from './attribute-table.ts';
import type { Look } from './map-layer.ts';
import type { SayOpen } from './words.ts';

export function layerCard(options: {
  readonly layer: FileLayer;
  readonly look: Look;
  readonly outside: boolean; // of the city
  readonly language: Language;
  readonly t: SayOpen;
  readonly onLook: (look: Look) => void;
  readonly onZoom: (row: number | null) => void;
  readonly onRemove: () => void;
}): HTMLElement {
  const { layer, language, t } = options;
  let look = options.look;
  const change = (changes: Partial<Look>): void => {
    look = { ...look, ...changes };
    options.onLook(look);
  };
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const line = (title: string, ...inputs: HTMLElement[]): HTMLElement => element('label', { class: 'line' }, element('span', {}, title), ...inputs);

  const visible = element('input', { type: 'checkbox', checked: look.visible, 'aria-label': t('visible', { name: layer.name }) });
  visible.addEventListener('change', () => change({ visible: visible.checked }));
  const percent = element('output', {}, `${Math.round(look.opacity * 100)}%`);
  const opacity = element('input', { type: 'range', min: 0, max: 100, step: 5, value: Math.round(look.opacity * 100) });
  opacity.addEventListener('input', () => {
    percent.textContent = `${opacity.value}%`;
    change({ opacity: Number(opacity.value) / 100 });
  });
  const rows: HTMLElement[] = [line(t('opacity'), opacity, percent)];
  const actions = [button(t('zoomTo'), () => options.onZoom(null))];
  const below: HTMLElement[] = [];
  if (layer.kind === 'features') {
    const colour = element('input', { type: 'color', value: look.colour });
    colour.addEventListener('input', () => change({ colour: colour.value }));
    const label = element('select', {}, element('option', { value: '' }, t('noLabels')), ...layer.fields.map((field) => element('option', { value: `=${field}` }, field)));
    label.addEventListener('change', () => change({ label: label.value ? label.value.slice(1) : null }));
    rows.unshift(line(t('colour'), colour));
    if (layer.fields.length > 0) rows.push(line(t('labels'), label));
    const place = element('div', {});
    const table = button(t('table'), () => {
      const open = place.childElementCount === 0;
      place.replaceChildren(...(open ? [attributeTable(layer, t, options.onZoom)] : []));
      table.textContent = t(open ? 'tableOff' : 'table');
      table.setAttribute('aria-expanded', String(open));
    });
    table.setAttribute('aria-expanded', 'false');
    actions.push(table);
    const save = (format: Format): void => saveFile(`${layer.name}${FORMATS[format].suffix}`, written(format, layer.features, { title: layer.name }), FORMATS[format].type);
    below.push(place, element('details', {}, element('summary', {}, t('saveAs')),
      element('div', { class: 'actions' }, ...(Object.keys(FORMATS) as Format[]).map((format) => button(FORMATS[format].title, () => save(format))))));
  }
  actions.push(button(t('remove'), options.onRemove));
  const notes = [...(options.outside ? [t('outside')] : []), ...layer.notes.map((note) => faultText(note, language))];
  return element('li', { class: 'layer' },
    element('label', { class: 'title' }, visible, element('span', {}, layer.name), element('small', {}, layer.kind === 'image' ? t('image') : t('count', { n: layer.features.length }))),
    notes.length > 0 ? element('ul', { class: 'notes' }, ...notes.map((note) => element('li', {}, note))) : null,
    ...rows, element('div', { class: 'actions' }, ...actions), ...below);
}
