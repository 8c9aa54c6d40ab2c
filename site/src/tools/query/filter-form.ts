// The conditions a reader sets, each with its own fields for what it asks.

import type { Field, Language } from '../../core/catalog.ts';
import { inLanguage } from '../../core/catalog.ts';
import { translator } from '../../messages/i18n.ts';
import { element } from '../../ui/element.ts';
import { frequencies, kindOf, METRES, SQUARE_METRES, type Condition } from './filter.ts';
import { titleOf, type Item } from './items.ts';
import type { SayQuery } from './words.ts';

const SHOWN = 60; // codes of a list

export interface FilterForm {
  readonly element: HTMLElement;
  readonly conditions: readonly Condition[];
}

export function filterForm(options: {
  readonly items: readonly Item[]; readonly fields: readonly Field[]; readonly language: Language; readonly t: SayQuery; readonly onChange: () => void;
}): FilterForm {
  const { items, fields, language, t, onChange } = options;
  const parts = new Map<string, () => Condition>();
  const list = element('div', { class: 'conditions' });
  const measured: readonly Field[] = [[METRES, 'lengthColumn', items.some(({ metres }) => metres > 0)], [SQUARE_METRES, 'areaColumn', items.some(({ squareMetres }) => squareMetres > 0)]]
    .flatMap(([name, title, there]) => (there ? [{ name: name as string, title: { [language]: t(title as 'lengthColumn') }, type: 'number', unit: null }] : []));
  const all = [...fields, ...measured];
  const add = element('select', { 'aria-label': t('addFilter') }, element('option', { value: '' }, t('addFilter')),
    ...all.map((field) => element('option', { value: field.name }, titleOf(field, language))));

  add.addEventListener('change', () => {
    const field = all.find(({ name }) => name === add.value);
    add.value = '';
    if (!field || parts.has(field.name)) return;
    const [node, read] = condition(field);
    const remove = element('button', { type: 'button', class: 'remove', 'aria-label': t('removeFilter', { field: titleOf(field, language) }) }, '×');
    const row = element('fieldset', { 'data-field': field.name }, element('legend', {}, titleOf(field, language)), node, remove);
    remove.addEventListener('click', () => {
      row.remove();
      parts.delete(field.name);
      add.focus();
      onChange();
    });
    parts.set(field.name, read);
    list.append(row);
    row.querySelector<HTMLElement>('input')?.focus();
  });

  const condition = (field: Field): readonly [HTMLElement, () => Condition] => {
    const kind = kindOf(field);
    if (kind === 'text') {
      const input = element('input', { type: 'text', 'aria-label': `${titleOf(field, language)} ${t('contains')}`, placeholder: t('contains') });
      input.addEventListener('input', onChange);
      return [input, () => ({ kind, field: field.name, contains: input.value })];
    }
    if (kind === 'range') {
      const ends = (['least', 'most'] as const).map((end) => {
        const input = element('input', { type: 'number', step: 'any', inputmode: 'decimal', placeholder: t(end), 'aria-label': `${titleOf(field, language)} ${t(end)}` });
        input.addEventListener('input', onChange);
        return input;
      });
      const value = (input: HTMLInputElement): number | null => (Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber);
      return [element('div', { class: 'ends' }, ...ends), () => ({ kind, field: field.name, least: value(ends[0]!), most: value(ends[1]!) })];
    }
    const chosen = new Set<string>();
    const boxes = frequencies(items, field.name).slice(0, SHOWN).map(([code, count]) => {
      const box = element('input', { type: 'checkbox', value: code });
      box.addEventListener('change', () => {
        if (box.checked) chosen.add(code);
        else chosen.delete(code);
        onChange();
      });
      return element('label', {}, box, element('span', {}, meaning(field, code)), element('small', {}, String(count)));
    });
    return [element('div', { class: 'codes' }, ...boxes), () => ({ kind, field: field.name, codes: new Set(chosen) })];
  };

  const frame = translator(language);
  const meaning = (field: Field, code: string): string => {
    if (code === '') return t('noValue');
    const text = field.domain?.[code];
    if (text) return inLanguage(text, language);
    return field.type === 'boolean' ? frame(code === 'true' || code === '1' ? 'yes' : 'no') : code;
  };

  return {
    element: element('div', { class: 'filter' }, list, add),
    get conditions() {
      return [...parts.values()].map((read) => read());
    },
  };
}
