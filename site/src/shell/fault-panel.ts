// What is wrong with the server, and what its administrator has to change. Chinese first, English below.

import { element } from '../ui/element.ts';
import { translator } from '../messages/i18n.ts';
import type { Messages } from '../messages/zh.ts';
import type { Fault } from '../core/probe.ts';
import { remediesFor } from './remedies.ts';

/** A fault of the server, or of loading in general. */
export type AnyFault = Fault | (Omit<Fault, 'kind'> & { readonly kind: 'load' });

const NEEDS_SETTING = new Set(['range', 'encoding', 'missing']);

/** The panel of a fault: instead of the map, or beside one that is shown nevertheless. */
export function faultPanel(fault: AnyFault, shown = false): HTMLElement {
  const [zh, en] = [translator('zh'), translator('en')];
  const values = (t: typeof zh): Record<string, string> => ({ found: fault.found, expected: fault.expected, unshown: shown ? '' : t('unshown') });
  const title = `${fault.kind}Fault` as keyof Messages;
  const hint = `${fault.kind}FaultHint` as keyof Messages;
  const retry = element('button', { type: 'button', class: 'primary' }, `${zh('retry')} · ${en('retry')}`);
  retry.addEventListener('click', () => location.reload());
  const facts = [[zh('file'), fault.address], [zh('server'), fault.server], [zh('found'), fault.found]].filter(([, value]) => value);
  return element(shown ? 'div' : 'main', { class: 'fault', 'data-fault': fault.kind },
    element('div', shown ? {} : { role: 'alert' },
      element('h1', {}, zh(title, values(zh))),
      element('p', {}, zh(hint, values(zh))),
      element('p', { class: 'translation', lang: 'en' }, element('strong', {}, en(title, values(en))), ` ${en(hint, values(en))}`)),
    element('dl', { class: 'facts' }, ...facts.flatMap(([name, value]) => [element('dt', {}, name!), element('dd', {}, value!)])),
    NEEDS_SETTING.has(fault.kind) && settings(fault),
    !shown && retry);
}

function settings(fault: AnyFault): HTMLElement {
  const remedies = remediesFor(fault.server);
  return element('div', { class: 'remedies' },
    ...remedies.map((remedy, i) => element('details', { open: i === 0 },
      element('summary', {}, translator('zh')('forServer', { server: remedy.server })),
      element('pre', { tabindex: 0 }, element('code', {}, remedy.snippet)))));
}
