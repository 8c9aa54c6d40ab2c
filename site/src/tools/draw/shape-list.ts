// What was drawn, one row a shape.

import type { Language } from '../../core/catalog.ts';
import { element } from '../../ui/element.ts';
import { measureText } from './editor.ts';
import { modeIcon } from './mode-icons.ts';
import type { Shape } from './shape.ts';
import type { SayDraw } from './words.ts';

export function shapeList(options: {
  readonly shapes: readonly Shape[];
  readonly selected: number | null;
  readonly language: Language;
  readonly t: SayDraw;
  readonly onSelect: (id: number) => void;
}): HTMLElement {
  const { shapes, selected, language, t } = options;
  if (shapes.length === 0) return element('p', { class: 'about' }, t('none'));
  const rows = shapes.map((shape, i) => {
    const row = element('button', { type: 'button', 'aria-pressed': String(shape.id === selected), 'data-shape': shape.id },
      modeIcon(shape.kind), element('span', { class: 'title' }, shape.name || `${t(shape.kind)} ${i + 1}`), element('span', { class: 'size' }, measureText(shape, language)));
    row.style.setProperty('--colour', shape.colour);
    row.addEventListener('click', () => options.onSelect(shape.id));
    return element('li', {}, row);
  });
  return element('div', {}, element('h3', {}, t('list', { n: shapes.length })), element('ul', { class: 'shapes' }, ...rows));
}
