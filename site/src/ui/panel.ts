// A floating card on wide screens, a sheet at the bottom of phones: the same element, told apart by the style sheet.

import { element } from './element.ts';

export interface Panel {
  readonly element: HTMLElement;
  readonly open: boolean;
  show(content?: HTMLElement): void;
  /** Give it another heading. */
  entitle(title: string): void;
  hide(): void;
}

/** A closed panel with a heading; Escape and its button close it and give the focus back to `returnFocus`. */
export function panel(options: {
  readonly id: string;
  readonly title: string;
  readonly closeLabel: string;
  readonly onClose?: () => void;
  readonly returnFocus?: () => HTMLElement | null;
}): Panel {
  const close = element('button', { type: 'button', class: 'close', 'aria-label': options.closeLabel });
  const body = element('div', { class: 'panel-body', tabindex: 0, role: 'group', 'aria-labelledby': `${options.id}-title` });
  const heading = element('h2', { id: `${options.id}-title` }, options.title);
  const root = element('section', { id: options.id, class: 'panel', 'aria-labelledby': `${options.id}-title`, hidden: true },
    element('header', {}, heading, close), body);
  const hide = (): void => {
    if (root.hidden) return;
    const inside = root.contains(document.activeElement);
    root.hidden = true;
    options.onClose?.();
    if (inside) options.returnFocus?.()?.focus();
  };
  close.addEventListener('click', hide);
  root.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') hide();
  });
  return {
    element: root,
    get open() {
      return !root.hidden;
    },
    show(content) {
      if (content) {
        body.replaceChildren(content);
        body.scrollTop = 0;
      }
      root.hidden = false;
    },
    entitle: (title) => void (heading.textContent = title),
    hide,
  };
}
