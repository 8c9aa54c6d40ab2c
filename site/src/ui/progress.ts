// How far long work has come, with a button that ends it.

import './progress.css';

import { element } from './element.ts';

const OFTEN = 80; // ms between two changes of what is shown

export interface Progress {
  readonly element: HTMLElement;
  /** Show `text` and how much is done. */
  show(text: string, done: number, total: number): void;
  hide(): void;
}

/** A hidden bar; `onCancel` is told when the reader has had enough. */
export function progress(cancelLabel: string, onCancel: () => void): Progress {
  const bar = element('progress', { max: 1, value: 0 });
  const label = element('span', { class: 'text' });
  const cancel = element('button', { type: 'button' }, cancelLabel);
  cancel.addEventListener('click', onCancel);
  let told = 0; // ms
  const root = element('div', { class: 'progress', hidden: true }, element('label', {}, label, bar), cancel);
  return {
    element: root,
    show(text, done, total) {
      const now = performance.now();
      if (!root.hidden && done < total && now - told < OFTEN) return;
      told = now;
      root.hidden = false;
      label.textContent = text;
      bar.max = Math.max(total, 1);
      bar.value = done;
    },
    hide: () => void (root.hidden = true),
  };
}
