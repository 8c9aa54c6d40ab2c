// What a reader can say of the shape that is selected, and the look of the shapes to come.

import type { Language } from '../../core/catalog.ts';
import { areaTexts, lengthText } from '../../core/units.ts';
import { element } from '../../ui/element.ts';
import { COLOURS, measureOf, WIDTHS, type Shape } from './shape.ts';
import type { SayDraw } from './words.ts';

export interface Look {
  readonly colour: string;
  readonly width: number;
}

export interface Changes extends Partial<Look> {
  readonly name?: string;
  readonly note?: string;
  readonly radius?: number;
}

/** What a shape measures, in words; empty for places. */
export function measureText(shape: Shape, language: Language): string {
  const measure = measureOf(shape);
  if (!measure) return '';
  return 'length' in measure ? lengthText(measure.length, language) : areaTexts(measure.area, language)[0];
}

/** Colours and widths to choose from. */
export function lookForm(look: Look, t: SayDraw, onChange: (changes: Changes) => void): HTMLElement {
  const colours = COLOURS.map((colour, i) => {
    const input = element('input', { type: 'radio', name: 'draw-colour', value: colour, checked: colour === look.colour });
    input.addEventListener('change', () => onChange({ colour }));
    const name = t(`colour_${i as 0}`);
    const label = element('label', { title: name }, input, element('span', {}, name));
    label.style.setProperty('--colour', colour);
    return label;
  });
  const widths = element('select', { 'aria-label': t('width') }, ...[...new Set([...WIDTHS, look.width])].sort((a, b) => a - b).map((width) =>
    element('option', { value: width, selected: width === look.width }, WIDTHS.some((one) => one === width) ? t(`width_${width as 2}`) : String(width))));
  widths.addEventListener('change', () => onChange({ width: Number(widths.value) }));
  return element('div', { class: 'look' },
    element('fieldset', { class: 'colours' }, element('legend', {}, t('colour')), ...colours),
    element('label', { class: 'widths' }, element('span', {}, t('width')), widths));
}

/** The fields of a shape; changes are told when a field is left. */
export function editor(options: {
  readonly shape: Shape;
  readonly language: Language;
  readonly t: SayDraw;
  readonly onChange: (changes: Changes) => void;
  readonly onRemove: () => void;
  readonly onZoom: () => void;
}): HTMLElement {
  const { shape, language, t, onChange } = options;
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const name = element('input', { type: 'text', class: 'label', maxlength: 80, value: shape.name, autocomplete: 'off' });
  name.addEventListener('change', () => onChange({ name: name.value.trim() }));
  const note = element('textarea', { rows: 2, maxlength: 2000 });
  note.value = shape.note;
  note.addEventListener('change', () => onChange({ note: note.value.trim() }));
  const radius = shape.circle && element('input', { type: 'number', class: 'radius', min: 0.1, max: 500_000, step: 0.1, value: Number(shape.circle.radius.toFixed(1)), inputmode: 'decimal' });
  radius?.addEventListener('change', () => {
    const metres = Number(radius.value);
    if (metres > 0 && metres <= 500_000) onChange({ radius: metres });
    else radius.value = String(Number(shape.circle!.radius.toFixed(1)));
  });
  const field = (title: string, input: HTMLElement | undefined): HTMLElement | null => (input ? element('label', { class: 'field' }, element('span', {}, title), input) : null);
  const measured = measureText(shape, language);
  return element('section', { class: 'editor', 'aria-label': t('edit') },
    element('h3', {}, t(shape.kind), measured ? element('span', { class: 'size' }, measured) : null),
    field(t(shape.kind === 'text' ? 'words' : 'label'), name), field(t('note'), note), field(t('radius'), radius),
    lookForm(shape, t, onChange),
    element('div', { class: 'actions' }, button(t('zoomTo'), options.onZoom), button(t('remove'), options.onRemove)));
}
