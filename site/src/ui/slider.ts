// A slider that says its value beside it and to those who cannot see it.

import { element } from './element.ts';

export interface Slider {
  readonly label: HTMLElement;
  set(value: number): void;
}

export function slider(options: {
  readonly label: string; readonly min: number; readonly max: number; readonly step: number;
  readonly text: (value: number) => string; readonly onInput: (value: number) => void;
}): Slider {
  const { min, max, step } = options;
  const input = element('input', { type: 'range', min, max, step });
  const output = element('output', {});
  const tell = (): void => {
    const text = options.text(input.valueAsNumber);
    output.textContent = text;
    input.setAttribute('aria-valuetext', text);
  };
  input.addEventListener('input', () => {
    tell();
    options.onInput(input.valueAsNumber);
  });
  return {
    label: element('label', { class: 'line' }, element('span', {}, options.label), input, output),
    set(value) {
      input.valueAsNumber = value;
      tell();
    },
  };
}
