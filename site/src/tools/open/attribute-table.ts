// The attributes of a layer, some rows at a time; a row leads to its feature.

import type { FeatureLayer } from '../../core/files/layer.ts';
import { element } from '../../ui/element.ts';
import type { SayOpen } from './words.ts';

const ROWS = 50; // at a time
const COLUMNS = 40;

export function attributeTable({ features, fields, name }: FeatureLayer, t: SayOpen, onRow: (row: number) => void): HTMLElement {
  if (fields.length === 0) return element('p', { class: 'about' }, t('noFields'));
  const columns = fields.slice(0, COLUMNS);
  const body = element('tbody', {});
  const more = element('button', { type: 'button', class: 'more' });
  const add = (): void => {
    const start = body.childElementCount;
    body.append(...features.slice(start, start + ROWS).map(({ properties }, i) => {
      const row = start + i;
      const go = element('button', { type: 'button', 'aria-label': t('goTo', { n: row + 1 }) }, String(row + 1));
      go.addEventListener('click', () => onRow(row));
      return element('tr', {}, element('th', { scope: 'row' }, go), ...columns.map((field) => element('td', {}, cellText(properties?.[field]))));
    }));
    const left = features.length - body.childElementCount;
    more.hidden = left === 0;
    more.textContent = t('more', { n: Math.min(ROWS, left), all: features.length });
  };
  more.addEventListener('click', add);
  add();
  return element('div', { class: 'attributes' },
    element('div', { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': `${t('table')} ${name}` }, element('table', {},
      element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, t('row')), ...columns.map((field) => element('th', { scope: 'col' }, field)))), body)), more);
}

/** The attributes of one feature. */
export function featureFacts({ features, fields }: FeatureLayer, row: number, t: SayOpen): HTMLElement {
  const properties = features[row]?.properties ?? {};
  const told = fields.filter((field) => cellText(properties[field]) !== '');
  if (told.length === 0) return element('p', { class: 'about' }, t('noFields'));
  return element('dl', { class: 'facts' }, ...told.flatMap((field) => [element('dt', {}, field), element('dd', {}, cellText(properties[field]))]));
}

export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
