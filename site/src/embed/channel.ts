// The wire to the page around an embedded map: who may speak, and to whom is spoken.

import type { Catalog } from '../core/catalog.ts';
import { hear, VERSION, type Command } from './protocol.ts';

export interface Channel {
  /** Tell the page around that something happened; nobody hears it before that page is known. */
  tell(type: string, content: Readonly<Record<string, unknown>>): void;
}

/**
 * Listen to the page around, and to it alone. The map of a public edition obeys any page, since it shows nothing that the
 * page's server could not read; that of others obeys pages of its own origin only, or an office's map would tell
 * strangers what lies under a click.
 */
export function channel(catalog: Pick<Catalog, 'edition'>, obey: (command: Command) => Readonly<Record<string, unknown>>): Channel {
  const parent = window.parent === window ? null : window.parent;
  const allowed = (origin: string): boolean => origin !== 'null' && (catalog.edition.public !== false || origin === location.origin);
  let known = originOf(document.referrer); // until it speaks
  if (known !== null && !allowed(known)) known = null;

  const send = (to: string, message: Readonly<Record<string, unknown>>): void => parent?.postMessage({ longquan: VERSION, ...message }, to);

  window.addEventListener('message', ({ source, origin, data }) => {
    if (source !== parent || parent === null || !allowed(origin)) return;
    const heard = hear(data);
    if (!heard) return;
    known = origin;
    const { id, command, fault } = heard;
    if (!command) return send(origin, { type: 'error', id, message: fault });
    try {
      send(origin, { type: 'done', id, ...obey(command) });
    } catch (error) {
      send(origin, { type: 'error', id, message: error instanceof Error ? error.message : String(error) });
    }
  });
  return {
    tell(type, content) {
      if (known !== null) send(known, { type, ...content });
    },
  };
}

function originOf(address: string): string | null {
  try {
    const { origin } = new URL(address);
    return origin === 'null' ? null : origin;
  } catch {
    return null;
  }
}
