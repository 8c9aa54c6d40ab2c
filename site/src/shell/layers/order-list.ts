// The datasets a reader lifted to the top or laid on the ground: dragged, or moved by the arrow keys, or put back.

import { BELOW } from '../../core/layer-order.ts';
import { element } from '../../ui/element.ts';
import type { SayLayers } from './words.ts';

export interface OrderList {
  readonly element: HTMLElement;
  update(above: readonly string[]): void;
}

export function orderList(options: {
  readonly say: SayLayers;
  readonly nameOf: (dataset: string) => string;
  readonly onChange: (above: readonly string[]) => void;
  readonly announce: (text: string) => void;
}): OrderList {
  const { say, nameOf, onChange, announce } = options;
  const top = group('onTop');
  const ground = group('onGround');
  const root = element('section', { class: 'order', 'aria-label': say('order'), hidden: true }, element('h3', {}, say('order')), top.element, ground.element);
  let now: readonly string[] = [];

  function group(title: 'onTop' | 'onGround'): { element: HTMLElement; list: HTMLElement } {
    const list = element('ul', {});
    return { list, element: element('div', {}, element('p', { class: 'order-note' }, say(title)), list) };
  }

  /** Both lists as they now stand on the page. */
  const read = (): string[] => [top, ground].flatMap(({ list }) => [...list.children].map((item) => (item as HTMLElement).dataset['order']!));

  function item(wish: string): HTMLElement {
    const name = nameOf(plain(wish));
    const grip = element('button', { type: 'button', class: 'grip', 'aria-label': say('move', { name }) });
    const away = element('button', { type: 'button', class: 'away', 'aria-label': say('home', { name }) });
    const node = element('li', { 'data-order': wish }, grip, element('span', {}, name), away);
    const tell = (): void => {
      const siblings = [...node.parentElement!.children];
      announce(say('moved', { name, place: siblings.indexOf(node) + 1, count: siblings.length }));
    };
    away.addEventListener('click', () => {
      const next = now.filter((one) => one !== wish);
      onChange(next);
      (root.querySelector<HTMLElement>('.grip') ?? root.parentElement?.querySelector<HTMLElement>('input[type="search"]'))?.focus();
    });
    grip.addEventListener('keydown', (event) => {
      const other = event.key === 'ArrowUp' ? node.previousElementSibling : event.key === 'ArrowDown' ? node.nextElementSibling : null;
      if (!other) return;
      event.preventDefault();
      if (event.key === 'ArrowUp') other.before(node);
      else other.after(node);
      grip.focus();
      tell();
      onChange(read());
    });
    grip.addEventListener('pointerdown', (down) => {
      if (down.button !== 0) return;
      grip.setPointerCapture(down.pointerId);
      node.classList.add('dragged');
      const move = ({ clientY }: PointerEvent): void => {
        const others = [...node.parentElement!.children].filter((one) => one !== node);
        const after = others.find((one) => clientY < one.getBoundingClientRect().top + one.getBoundingClientRect().height / 2);
        if ((after ?? null) !== node.nextElementSibling) node.parentElement!.insertBefore(node, after ?? null);
      };
      const end = (): void => {
        grip.removeEventListener('pointermove', move);
        node.classList.remove('dragged');
        if (read().join() !== now.join()) {
          tell();
          onChange(read());
        }
      };
      grip.addEventListener('pointermove', move);
      grip.addEventListener('lostpointercapture', end, { once: true });
    });
    return node;
  }

  return {
    element: root,
    update(above) {
      if (above.join() === now.join() && above.join() === read().join()) return;
      now = above;
      root.hidden = above.length === 0;
      if (above.join() === read().join()) return; // moved by hand: the page has it already
      for (const [{ element: node, list }, below] of [[top, false], [ground, true]] as const) {
        const own = above.filter((wish) => wish.startsWith(BELOW) === below);
        node.hidden = own.length === 0;
        list.replaceChildren(...own.map(item));
      }
    },
  };
}

function plain(wish: string): string {
  return wish.startsWith(BELOW) ? wish.slice(BELOW.length) : wish;
}

/** The order after a dataset is lifted to the top, or laid to the bottom. */
export function placed(above: readonly string[], dataset: string, where: 'top' | 'bottom'): string[] {
  const others = above.filter((wish) => plain(wish) !== dataset);
  return where === 'top' ? [dataset, ...others] : [...others, BELOW + dataset];
}
