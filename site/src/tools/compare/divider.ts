// The divider between two maps: a line with a grip, moved by mouse, finger or arrow keys.

import { element } from '../../ui/element.ts';

const GRIP = 44; // px, as in compare.css

export interface Divider {
  readonly element: HTMLElement; // lies over the map; what it covers takes no clicks but the grip
  readonly beneath: HTMLElement; // where the second map goes: cut off left of the line
  set(percent: number): void;
  /** Where the line is: pixels from the left edge of the map. */
  line(): number;
}

export function divider(options: { readonly label: string; readonly text: (percent: number) => string; readonly onMove: (percent: number) => void }): Divider {
  const input = element('input', { type: 'range', min: 0, max: 100, step: 1, 'aria-label': options.label });
  const beneath = element('div', { class: 'compare-map', inert: true });
  const line = element('div', { class: 'compare-line' });
  const root = element('div', { class: 'compare' }, beneath, line, input);
  const place = (): void => {
    const percent = input.valueAsNumber;
    const left = leftOf(percent);
    beneath.style.clipPath = `inset(0 0 0 ${left})`;
    line.style.left = left;
    input.setAttribute('aria-valuetext', options.text(percent));
  };
  input.addEventListener('input', () => {
    place();
    options.onMove(input.valueAsNumber);
  });
  return {
    element: root,
    beneath,
    line: () => line.offsetLeft,
    set(percent) {
      input.valueAsNumber = percent;
      place();
    },
  };
}

/** Where the middle of the grip is: it does not leave the map at either end. */
export function leftOf(percent: number): string {
  return `calc(${GRIP / 2}px + (100% - ${GRIP}px) * ${percent / 100})`;
}
