// A place in every form people ask for, each with a button that copies it.

import type { Language } from '../../core/catalog.ts';
import { degrees, dms, epsgOf, gridName, gridText, toGrid, type Place } from '../../core/coordinates.ts';
import { copy } from '../../ui/copy.ts';
import { element } from '../../ui/element.ts';
import type { SayHere } from './words.ts';

/** The forms of a place: those of the strip `meridian` only where China's grid has one. */
export function formsOf(place: Place, meridian: number, language: Language): readonly (readonly [form: 'degrees' | 'dms' | 'grid' | 'numbered', text: string, note: string])[] {
  const grid = epsgOf(meridian) === null ? null : toGrid(place, meridian);
  return [
    ['degrees', degrees(place), ''],
    ['dms', dms(place, language), ''],
    ...(grid ? [
      ['grid', gridText(grid), gridName(meridian, language)] as const,
      ['numbered', gridText(grid, true), gridName(meridian, language, true)] as const,
    ] : []),
  ];
}

export function coordinatesList(place: Place, meridian: number, language: Language, say: SayHere, announce: (text: string) => void): HTMLElement {
  const told = element('p', { class: 'copied', 'aria-hidden': 'true' });
  const rows = formsOf(place, meridian, language).map(([form, text, note]) => {
    const button = element('button', { type: 'button', 'aria-label': say('copyOf', { form: say(`form_${form}`) }) }, say('copy'));
    button.addEventListener('click', () => {
      void copy(text).then((done) => {
        const message = say(done ? 'copied' : 'copyFailed', { text });
        told.textContent = message;
        announce(message);
      });
    });
    return element('li', {}, element('span', { class: 'form' }, say(`form_${form}`)), element('span', { class: 'text' }, text), button, note && element('small', {}, note));
  });
  return element('details', { class: 'coordinates' }, element('summary', {}, say('coordinates')), element('ul', {}, ...rows), told);
}
