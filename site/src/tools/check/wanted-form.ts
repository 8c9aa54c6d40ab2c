// What a planned project needs: theme, scale, date and accuracy, all of them optional.

import { inLanguage, type Catalog, type Language } from '../../core/catalog.ts';
import { element } from '../../ui/element.ts';
import type { Wanted } from './assess.ts';
import type { SayCheck } from './words.ts';

const SCALES = [500, 1000, 2000, 5000, 10_000, 25_000, 50_000] as const;

export interface WantedForm {
  readonly element: HTMLElement;
  value(): Wanted;
}

export function wantedForm(options: {
  readonly catalog: Catalog; readonly language: Language; readonly t: SayCheck; readonly onChange: () => void;
}): WantedForm {
  const { catalog, language, t, onChange } = options;
  const theme = element('select', {}, element('option', { value: '' }, t('allThemes')),
    ...catalog.themes.map(({ id, title }) => element('option', { value: id }, inLanguage(title, language))));
  const scale = element('select', {}, element('option', { value: '' }, t('anyOne')),
    ...SCALES.map((one) => element('option', { value: one }, `1:${one.toLocaleString('en')}`)));
  const current = element('input', { type: 'date' });
  const accuracy = element('input', { type: 'number', min: 0, step: 'any', inputmode: 'decimal', placeholder: t('anyOne') });
  const row = (label: string, field: HTMLElement): HTMLElement => element('label', {}, element('span', {}, label), field);
  const root = element('form', { class: 'wanted' },
    row(t('wantedTheme'), theme), row(t('wantedScale'), scale), row(t('wantedDate'), current), row(t('wantedAccuracy'), accuracy));
  root.addEventListener('change', onChange);
  root.addEventListener('submit', (event) => event.preventDefault());
  return {
    element: root,
    value: () => ({
      theme: theme.value || null,
      scale: scale.value ? Number(scale.value) : null,
      current: current.value || null,
      accuracy: accuracy.valueAsNumber > 0 ? accuracy.valueAsNumber : null,
    }),
  };
}
