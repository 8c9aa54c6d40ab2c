// The dates of a series of images, one after the other, on the map itself.

import type { BaseState } from '../core/base-map.ts';
import { inLanguage, type Archive, type Language } from '../core/catalog.ts';
import { element } from '../ui/element.ts';
import type { Translate } from '../messages/i18n.ts';

export interface EpochSlider {
  readonly element: HTMLElement;
  /** Show a state; hidden unless it shows imagery of several dates. Tells whether there is something to slide. */
  update(state: BaseState): boolean;
}

/** A slider with one stop for each date; buttons beside it step back and forth. */
export function epochSlider(language: Language, t: Translate, onChange: (epoch: number) => void): EpochSlider {
  const input = element('input', { type: 'range', min: 0, step: 1, 'aria-label': t('epoch') });
  const output = element('output', {});
  const back = step('back', t('earlier'));
  const forth = step('forth', t('later'));
  const root = element('div', { class: 'epochs', role: 'group', 'aria-label': t('epochs'), hidden: true }, back, input, forth, output);
  const move = (by: number): void => {
    const wanted = input.valueAsNumber + by;
    if (wanted >= 0 && wanted <= Number(input.max)) onChange(wanted);
  };
  input.addEventListener('input', () => move(0));
  back.addEventListener('click', () => move(-1));
  forth.addEventListener('click', () => move(1));
  return {
    element: root,
    update(state) {
      const epochs = state.imagery?.epochs ?? [];
      const shown = epochs.length > 1 && (state.base === 'imagery' || state.base === 'hybrid');
      root.hidden = !shown;
      if (!shown) return false;
      input.max = String(epochs.length - 1);
      input.valueAsNumber = state.epoch;
      const text = dateOf(epochs[state.epoch]!, language);
      input.setAttribute('aria-valuetext', text);
      output.textContent = text;
      disable(back, state.epoch === 0);
      disable(forth, state.epoch === epochs.length - 1);
      return true;
    },
  };
}

/** The date as the catalogue has it: imagery is often known by its year or month only. */
function dateOf(epoch: Archive, language: Language): string {
  return epoch.date || inLanguage(epoch.title, language) || epoch.id;
}

function step(direction: 'back' | 'forth', label: string): HTMLButtonElement {
  return element('button', { type: 'button', class: `step ${direction}`, 'aria-label': label });
}

/** A button that reached its end stays in the order of the keyboard, so that the focus is not lost under a finger. */
function disable(button: HTMLButtonElement, end: boolean): void {
  button.setAttribute('aria-disabled', String(end));
}
