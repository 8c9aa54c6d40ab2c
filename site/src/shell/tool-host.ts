// The panel of the tool that stands open: one at a time, named in the address, its code loaded when it is first asked for.

import type { Translate } from '../messages/i18n.ts';
import type { State } from '../state/state.ts';
import type { Portal, Tool, ToolEntry } from '../tools/tool.ts';
import { element } from '../ui/element.ts';
import { panel, type Panel } from '../ui/panel.ts';

export interface ToolHost {
  readonly panel: Panel;
  /** Bring the panel in line with the state; the tool that now stands open, or null. */
  follow(id: string | null): Promise<Tool | null>;
  /** Load the tools that have something on the map already, without a panel. */
  wake(state: State): void;
}

export function toolHost(options: {
  readonly tools: readonly ToolEntry[];
  readonly t: Translate;
  readonly portal: () => Promise<Portal>; // once the map is there
  readonly onClose: () => void;
  readonly returnFocus: (id: string) => HTMLElement | null;
}): ToolHost {
  const { tools, t } = options;
  const made = new Map<string, Promise<Tool>>();
  let current: { readonly id: string; tool: Tool | null } | null = null;
  let last = '';
  const root = panel({ id: 'tool', title: '', closeLabel: t('close'), onClose: options.onClose, returnFocus: () => options.returnFocus(last) });

  const make = (entry: ToolEntry): Promise<Tool> => {
    const known = made.get(entry.id) ?? Promise.all([entry.load(), options.portal()]).then(([create, portal]) => create(portal));
    made.set(entry.id, known);
    known.catch(() => made.delete(entry.id)); // the next click may find the network again
    return known;
  };

  return {
    panel: root,
    wake(state) {
      for (const entry of tools) if (!made.has(entry.id) && entry.waits?.(state)) make(entry).catch((error: unknown) => console.error(error));
    },
    async follow(id) {
      const entry = tools.find((tool) => tool.id === id) ?? null;
      if (entry && entry.id === current?.id) return made.get(entry.id) ?? null;
      current?.tool?.leave();
      current = entry && { id: entry.id, tool: null };
      if (!entry) {
        root.hide();
        return null;
      }
      last = entry.id;
      root.entitle(t(entry.title));
      root.show(element('p', { class: 'empty' }, t('loading')));
      const mine = current;
      try {
        const tool = await make(entry);
        if (current !== mine) return null; // the reader went on
        mine!.tool = tool;
        root.show(tool.element);
        tool.enter();
        return tool;
      } catch (error) {
        console.error(error);
        if (current === mine) root.show(element('p', { class: 'empty', role: 'alert' }, t('toolFault', { reason: error instanceof Error ? error.message : String(error) })));
        return null;
      }
    },
  };
}
