// A window over the page: the browser's own <dialog>, which keeps the focus inside and gives it back.

import './dialog.css';

import { element } from './element.ts';

export interface Dialog {
  readonly element: HTMLDialogElement;
  readonly open: boolean;
  show(content?: HTMLElement): void;
  hide(): void;
}

/** A closed dialog with a heading, to be laid into the page once; Escape, its button and a click beside it close it. */
export function dialog(options: {
  readonly id: string;
  readonly title: string;
  readonly closeLabel: string;
  readonly wide?: boolean;
  readonly onClose?: () => void;
}): Dialog {
  const close = element('button', { type: 'button', class: 'close', 'aria-label': options.closeLabel });
  const body = element('div', { class: 'dialog-body' });
  const root = element('dialog', { id: options.id, class: options.wide ? 'dialog wide' : 'dialog', 'aria-labelledby': `${options.id}-title` },
    element('div', { class: 'dialog-head' }, element('h2', { id: `${options.id}-title` }, options.title), close), body);
  close.addEventListener('click', () => root.close());
  root.addEventListener('click', (event) => {
    if (event.target === root) root.close(); // the backdrop: what is inside has targets of its own
  });
  root.addEventListener('keydown', (event) => event.stopPropagation()); // Escape is not for the panel behind
  root.addEventListener('close', () => options.onClose?.());
  return {
    element: root,
    get open() {
      return root.open;
    },
    show(content) {
      if (content) body.replaceChildren(content);
      if (!root.open) root.showModal();
      body.scrollTop = 0;
    },
    hide: () => root.close(),
  };
}
