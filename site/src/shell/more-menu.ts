// The way from the map to the pages beside it.

import type { Translate } from '../messages/i18n.ts';
import { element } from '../ui/element.ts';
import { icon } from '../ui/icons.ts';

const PAGES = [
  ['data.html', 'catalogue'], ['status.html', 'status'], ['developers.html', 'developers'],
  ['help.html', 'help'], ['about.html', 'about'], ['accessibility.html', 'accessibility'],
] as const;

/** A button that opens a list of links; Escape, a click elsewhere or leaving it by keyboard closes it. */
export function moreMenu(t: Translate): HTMLElement {
  const root = element('details', { class: 'more' },
    element('summary', { 'aria-label': t('moreMenu'), title: t('moreMenu') }, icon('more')),
    element('ul', {}, ...PAGES.map(([href, title]) => element('li', {}, element('a', { href }, t(title))))));
  const close = (): void => void (root.open = false);
  root.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !root.open) return;
    event.stopPropagation();
    close();
    root.querySelector('summary')!.focus();
  });
  root.addEventListener('focusout', (event) => {
    if (event.relatedTarget instanceof Node && !root.contains(event.relatedTarget)) close();
  });
  document.addEventListener('pointerdown', (event) => {
    if (event.target instanceof Node && !root.contains(event.target)) close();
  });
  return root;
}
