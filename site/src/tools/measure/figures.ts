// What a line or an outline measures, as it is shown in the panel.

import { areaOf, bearing, distance, lengthOf, perimeterOf, type Place } from '../../core/geodesy.ts';
import type { Language } from '../../core/catalog.ts';
import { element } from '../../ui/element.ts';
import { areaTexts, bearingText, lengthText } from '../../core/units.ts';
import type { SayMeasure } from './words.ts';

export type Kind = 'distance' | 'area';

const SAME = 0.001; // m: corners that near are one

export interface Leg {
  readonly from: Place;
  readonly to: Place;
  readonly length: number; // metres
  readonly bearing: number; // degrees
}

/** The legs of a line; corners set twice make none. */
export function legsOf(line: readonly Place[]): Leg[] {
  return line.slice(1).map((to, i) => ({ from: line[i]!, to, length: distance(line[i]!, to), bearing: bearing(line[i]!, to) })).filter(({ length }) => length > SAME);
}

/** The main figure in words; null as long as there is nothing to measure. */
export function mainFigure(kind: Kind, line: readonly Place[], language: Language): string | null {
  const value = kind === 'area' ? areaOf([line]) : lengthOf(line);
  if (value <= SAME) return null;
  return kind === 'area' ? areaTexts(value, language)[0] : lengthText(value, language);
}

/** All figures of a line, or of an outline, its last corner the first one again. */
export function figures(kind: Kind, line: readonly Place[], language: Language, t: SayMeasure, unfolded: boolean): HTMLElement | null {
  const legs = legsOf(line);
  const main = mainFigure(kind, line, language);
  if (legs.length === 0 || (kind === 'area' && !main)) return null;
  const others = kind === 'area' ? areaTexts(areaOf([line]), language).slice(1).join(' · ') : '';
  const facts: [string, string][] = [];
  if (kind === 'area') facts.push([t('perimeter'), lengthText(perimeterOf([line]), language)]);
  else if (legs.length === 1) facts.push([t('bearing'), bearingText(legs[0]!.bearing, language)]);
  else {
    const [start, end] = [line[0]!, line.at(-1)!];
    const straight = distance(start, end);
    if (straight > SAME) facts.push([t('straight'), t('straightValue', { length: lengthText(straight, language), bearing: bearingText(bearing(start, end), language) })]);
  }
  const rows = legs.map((leg, i) => element('tr', {},
    element('td', {}, String(i + 1)), element('td', {}, lengthText(leg.length, language)), element('td', {}, bearingText(leg.bearing, language))));
  return element('div', {},
    element('div', { class: 'figures' },
      element('span', { class: 'name' }, t(kind === 'area' ? 'areaTotal' : 'total')),
      element('strong', { class: 'main' }, main ?? ''),
      others ? element('span', { class: 'others' }, others) : null,
      facts.length > 0 ? element('dl', {}, ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])) : null),
    legs.length > 1 ? element('details', { open: unfolded },
      element('summary', {}, t(kind === 'area' ? 'edges' : 'segments', { n: legs.length })),
      element('table', {},
        element('thead', {}, element('tr', {}, ...([t('segment'), t('length'), t('bearing')].map((title) => element('th', { scope: 'col' }, title))))),
        element('tbody', {}, ...rows))) : null);
}
