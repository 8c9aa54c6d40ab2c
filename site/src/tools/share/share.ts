// The map as it is now, for others: a link, its QR code, a mail, or a frame in their page.

import './share.css';

import { inLanguage } from '../../core/catalog.ts';
import { qrCode } from '../../core/qr.ts';
import { saying } from '../../messages/i18n.ts';
import { linkWith, viewText } from '../../state/link.ts';
import type { State } from '../../state/state.ts';
import { copy } from '../../ui/copy.ts';
import { element } from '../../ui/element.ts';
import { qrPicture } from '../../ui/qr-picture.ts';
import type { Portal, Tool } from '../tool.ts';
import { wizard } from './wizard.ts';
import { words } from './words.ts';

const LONG = 2000; // characters that mail programs and messengers take without cutting
const SIDE = 168; // px of the code
const onServer = location.protocol !== 'file:'; // a page opened from a disk cannot be framed or found by others

export function share(portal: Portal): Tool {
  const { app, map, city: { catalog }, language, store } = portal;
  const t = saying(words, language);
  const name = inLanguage(catalog.platform, language);
  const field = element('textarea', { readonly: true, rows: 4, 'aria-label': t('link'), spellcheck: 'false' });
  const message = element('p', { class: 'message', role: 'status' });
  const code = element('div', { class: 'code' });
  const mail = element('a', { class: 'button' }, t('mail'));
  const button = (text: string, act: () => void): HTMLButtonElement => {
    const node = element('button', { type: 'button' }, text);
    node.addEventListener('click', act);
    return node;
  };
  const embedding = wizard(portal, t);
  const copying = button(t('copy'), async () => {
    const done = await copy(field.value);
    message.textContent = t(done ? 'copied' : 'notCopied');
    if (!done) field.select();
  });
  const others = 'share' in navigator // phones, and only where pages are secure
    ? button(t('system'), () => void navigator.share({ title: name, url: field.value }).catch(() => undefined)) : null;
  const root = element('div', { class: 'share' },
    element('p', { class: 'hint' }, t('hint')), field,
    element('div', { class: 'actions' }, copying, mail, others, onServer && button(t('embed'), () => embedding.open())), message, code);
  field.addEventListener('focus', () => field.select());

  let turn = 0;
  const show = async (): Promise<void> => {
    const link = linkWith({ map: viewText(map.getZoom(), map.getCenter(), map.getBearing(), map.getPitch()) });
    if (link === field.value) return;
    const mine = ++turn;
    field.value = link;
    mail.href = `mailto:?subject=${encodeURIComponent(t('mailSubject', { name }))}&body=${encodeURIComponent(link)}`;
    message.textContent = link.length > LONG ? t('long', { count: link.length }) : '';
    const found = onServer ? await qrCode(link) : null;
    if (mine === turn) code.replaceChildren(found ? qrPicture(found, SIDE, t('code')) : element('p', { class: 'hint' }, t(onServer ? 'noCode' : 'onDisk')));
  };
  const follow = (): void => void show();
  let end: (() => void) | null = null;

  return {
    element: root,
    enter() {
      if (!embedding.element.isConnected) app.append(embedding.element);
      map.on('moveend', follow);
      // The page writes the address when it hears of a change: a moment after us.
      end = store.on(Object.keys(store.now) as (keyof State)[], () => queueMicrotask(follow));
      follow();
    },
    leave() {
      map.off('moveend', follow);
      end?.();
    },
  };
}
