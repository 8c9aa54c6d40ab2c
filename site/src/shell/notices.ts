// What the reader should know now: short lines over the map that can be acted on or put away.

import './notices.css';

import { element } from '../ui/element.ts';

export interface Notice {
  readonly text: string;
  readonly warning?: boolean;
  readonly progress?: { readonly value: number; readonly max: number };
  readonly action?: { readonly label: string; readonly strong?: boolean; readonly run: () => void };
  readonly dismiss?: string; // label of the button that puts it away; without one it stays until it is taken off
}

export interface Notices {
  readonly element: HTMLElement;
  /** Show a notice, change the one of that name, or with null take it off. One that was put away stays away. */
  set(id: string, notice: Notice | null): void;
}

export function notices(label: string): Notices {
  const list = element('div', { role: 'status' });
  const root = element('aside', { class: 'notices', 'aria-label': label, hidden: true }, list);
  const shown = new Map<string, { node: HTMLElement; said: string }>();
  const away = new Set<string>();

  function take(id: string): void {
    shown.get(id)?.node.remove();
    shown.delete(id);
    root.hidden = shown.size === 0;
  }

  return {
    element: root,
    set(id, notice) {
      if (!notice || away.has(id)) return take(id);
      const known = shown.get(id);
      const said = notice.text;
      const bar = known?.node.querySelector('progress');
      if (known && bar && notice.progress) {
        // Told once, not at every step: a screen reader would hear nothing else.
        bar.value = notice.progress.value;
        bar.max = notice.progress.max;
        return;
      }
      if (known?.said === said) return;
      const act = notice.action && element('button', { type: 'button', class: notice.action.strong ? 'act strong' : 'act' }, notice.action.label);
      act?.addEventListener('click', () => notice.action!.run());
      const close = notice.dismiss && element('button', { type: 'button', class: 'dismiss' }, notice.dismiss);
      if (close) close.addEventListener('click', () => {
        away.add(id);
        take(id);
      });
      const node = element('div', { class: notice.warning ? 'notice warning' : 'notice', 'data-notice': id },
        element('p', {}, said), act, close,
        notice.progress && element('progress', { value: notice.progress.value, max: notice.progress.max, 'aria-label': said }));
      if (known) known.node.replaceWith(node);
      else list.append(node);
      shown.set(id, { node, said });
      root.hidden = false;
    },
  };
}
