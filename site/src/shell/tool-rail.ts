// The buttons of the tools: a rail at the right edge of wide screens, a sheet on phones.

import type { Translate } from '../messages/i18n.ts';
import type { ToolEntry } from '../tools/tool.ts';
import { element } from '../ui/element.ts';
import { icon } from '../ui/icons.ts';

export interface ToolRail {
  readonly element: HTMLElement;
  readonly open: boolean; // as a sheet
  show(open: boolean): void;
  /** Mark the tool that stands open. */
  press(id: string | null): void;
  button(id: string): HTMLButtonElement | null;
}

export function toolRail(tools: readonly ToolEntry[], t: Translate, onTool: (id: string) => void): ToolRail {
  const buttons = new Map(tools.map((tool) => {
    const button = element('button', { type: 'button', 'data-tool': tool.id, 'aria-pressed': 'false' }, icon(tool.icon), element('span', {}, t(tool.title)));
    button.addEventListener('click', () => onTool(tool.id));
    return [tool.id, button];
  }));
  const root = element('nav', { id: 'tools', class: 'tools', 'aria-label': t('tools'), hidden: buttons.size === 0 }, ...buttons.values());
  return {
    element: root,
    get open() {
      return root.classList.contains('open');
    },
    show: (open) => void root.classList.toggle('open', open),
    press(id) {
      for (const [own, button] of buttons) button.setAttribute('aria-pressed', String(own === id));
    },
    button: (id) => buttons.get(id) ?? null,
  };
}
