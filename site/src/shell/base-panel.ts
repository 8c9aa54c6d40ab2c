// The base maps of the layer panel: which one, what lies over it, how strong, and whether it has heights.

import { EXAGGERATION, type BaseState } from '../core/base-map.ts';
import { basePicture } from './base-picture.ts';
import { inLanguage, type Language, type Style } from '../core/catalog.ts';
import { element } from '../ui/element.ts';
import { slider } from '../ui/slider.ts';
import type { Translate } from '../messages/i18n.ts';
import type { Base, Imagery, Rasters, Shade } from '../core/rasters.ts';

export interface BasePanel {
  readonly element: HTMLElement;
  /** Show a state that was changed elsewhere. */
  update(state: BaseState, flavour: string | null): void;
  /** Offer no more than is left, after an archive has turned out to be unreadable. */
  limit(rasters: Rasters): void;
}

const TITLES: Readonly<Record<Base, 'baseMap' | 'baseImagery' | 'baseHybrid' | 'baseTerrain'>> = {
  map: 'baseMap', imagery: 'baseImagery', hybrid: 'baseHybrid', terrain: 'baseTerrain',
};

/** The section, or null for a city without rasters and with one look of its map. */
export function basePanel(options: {
  readonly language: Language;
  readonly t: Translate;
  readonly rasters: Rasters;
  readonly flavours: readonly Style[];
  readonly onChange: (changes: Partial<BaseState>) => void;
  readonly onFlavour: (id: string) => void;
}): BasePanel | null {
  const { rasters, t, onChange } = options;
  if (rasters.bases.length < 2 && rasters.shades.length === 0 && !rasters.terrain && options.flavours.length < 2) return null;
  const bases = rasters.bases.map((base) => {
    const input = element('input', { type: 'radio', name: 'base', value: base });
    input.addEventListener('change', () => onChange({ base }));
    return { base, input, label: element('label', { class: 'base' }, input, basePicture(base), element('span', {}, t(TITLES[base]))) };
  });
  const flavours = options.flavours.map(({ id, title }) => {
    const input = element('input', { type: 'radio', name: 'flavour', value: id });
    input.addEventListener('change', () => options.onFlavour(id));
    return { id, input, label: element('label', {}, input, element('span', {}, inLanguage(title, options.language) || id)) };
  });
  const looks = element('fieldset', { class: 'base-looks' }, element('legend', {}, t('flavours')), ...flavours.map(({ label }) => label));
  const images = chooser(rasters.imagery, options);
  const opacity = slider({
    label: t('opacity'), min: 0, max: 100, step: 5, text: (value) => `${value}%`,
    onInput: (value) => onChange({ opacity: value / 100 }),
  });
  const shades = rasters.shades.map((shade) => ({ shade, box: box(t(shade)) }));
  for (const { box: { input } } of shades) {
    input.addEventListener('change', () => onChange({ shades: new Set(shades.filter((one) => one.box.input.checked).map((one): Shade => one.shade)) }));
  }
  const three = rasters.terrain ? box(t('terrain3d')) : null;
  const height = slider({
    label: t('exaggeration'), min: 0.5, max: 3, step: 0.25, text: (value) => `×${value}`, onInput: (value) => onChange({ terrain: value }),
  });
  three?.input.addEventListener('change', () => onChange({ terrain: three.input.checked ? EXAGGERATION : null }));

  return {
    element: element('section', { class: 'bases' },
      bases.length > 1 && element('fieldset', {}, element('legend', {}, t('bases')), element('div', { class: 'base-choices' }, ...bases.map(({ label }) => label))),
      flavours.length > 1 && looks, images?.label, opacity.label,
      element('div', { class: 'base-boxes' }, ...shades.map(({ box: { label } }) => label), three?.label),
      height.label),
    limit(left) {
      for (const { base, label } of bases) if (!left.bases.includes(base)) label.remove();
      const there = new Set(left.imagery.map(({ id }) => id));
      for (const option of [...(images?.select.options ?? [])]) if (!there.has(option.value)) option.remove();
      if (!left.terrain) three?.label.remove();
    },
    update(state, flavour) {
      const over = state.imagery !== null && (state.base === 'imagery' || state.base === 'hybrid');
      for (const { base, input } of bases) input.checked = base === state.base;
      for (const { id, input } of flavours) input.checked = id === flavour;
      looks.hidden = state.base !== 'map'; // all others have a look of their own
      if (images) {
        images.select.value = state.imagery?.id ?? '';
        images.label.hidden = !over;
      }
      opacity.set(Math.round(state.opacity * 100));
      opacity.label.hidden = !over;
      for (const { shade, box: { input, label } } of shades) {
        input.checked = state.shades.has(shade);
        label.hidden = shade === 'hillshade' && over; // light and shade are in the photograph
      }
      if (three) three.input.checked = state.terrain !== null;
      height.set(state.terrain ?? EXAGGERATION);
      height.label.hidden = state.terrain === null;
    },
  };
}

function chooser(imagery: readonly Imagery[], options: Parameters<typeof basePanel>[0]): { label: HTMLElement; select: HTMLSelectElement } | null {
  if (imagery.length < 2) return null;
  const select = element('select', {}, ...imagery.map((one) =>
    element('option', { value: one.id }, inLanguage(one.epochs.at(-1)!.title, options.language) || one.id)));
  select.addEventListener('change', () => options.onChange({ imagery: imagery.find((one) => one.id === select.value) ?? null }));
  return { select, label: element('label', { class: 'line' }, element('span', {}, options.t('baseImagery')), select) };
}

function box(title: string): { label: HTMLLabelElement; input: HTMLInputElement } {
  const input = element('input', { type: 'checkbox' });
  return { input, label: element('label', {}, input, element('span', {}, title)) };
}
