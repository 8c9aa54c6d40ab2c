// What the page tells of its server while it is open: out of reach, slow for want of Range, files missing, a newer release.

import type { Map as MapLibre } from 'maplibre-gl';

import { inLanguage, type Language } from '../core/catalog.ts';
import type { City } from '../core/city.ts';
import type { Condition, Health } from '../core/health.ts';
import type { Fault } from '../core/probe.ts';
import { watchRelease } from '../core/release.ts';
import { saying } from '../messages/i18n.ts';
import { dialog } from '../ui/dialog.ts';
import { faultPanel } from './fault-panel.ts';
import { notices } from './notices.ts';
import { serverWords } from './server-words.ts';

const RETRY = 10_000; // ms between looks for a server that is out of reach

export interface ServerNotices {
  /** The city is open: archives have names from now on, and newer releases are looked for. */
  opened(city: City): void;
  /** The map is there: what it lacks is asked for again when the server comes back. */
  drawn(map: MapLibre): void;
}

/** Notices laid into `place`, from the first request on. */
export function serverNotices(place: HTMLElement, health: Health, language: Language): ServerNotices {
  const say = saying(serverWords, language);
  const list = notices(say('notices'));
  const window = dialog({ id: 'server-fault', title: say('serverFault'), closeLabel: say('close'), wide: true });
  place.append(list.element, window.element);
  let city: City | null = null;
  let map: MapLibre | null = null;
  let gone = 0; // archives known to have been taken back
  let retry: ReturnType<typeof setInterval> | undefined;

  const nameOf = (id: string): string => inLanguage(city?.catalog.archives.find((archive) => archive.id === id)?.title, language) || id;
  const explain = (fault: Fault): { label: string; run: () => void } => ({ label: say('details'), run: () => window.show(faultPanel(fault, true)) });

  function tell({ offline, faults, downloads, detour }: Condition): void {
    list.set('offline', offline && city ? { text: say('offline'), warning: true } : null);
    const [download] = downloads;
    list.set('download', download ? {
      text: say('download', { name: nameOf(download[0]), size: (download[1].total / 1e6).toFixed(1) }),
      progress: { value: download[1].bytes, max: download[1].total },
    } : null);
    list.set('detour', city && detour && !download ? { text: say(detour.kind === 'encoding' ? 'detourEncoding' : 'detour'), warning: true, action: explain(detour), dismiss: say('dismiss') } : null);
    const taken = [...faults].filter(([, { kind }]) => kind === 'withdrawn');
    const broken = [...faults].filter(([, { kind }]) => kind !== 'withdrawn');
    for (const [word, some] of [['withdrawn', taken], ['broken', broken]] as const) {
      const [first] = some;
      list.set(word, city && first ? {
        text: say(word, { names: some.map(([id]) => nameOf(id)).join(say('and')) }), warning: true, action: explain(first[1]), dismiss: say('dismiss'),
      } : null);
    }
    if (taken.length > gone) {
      gone = taken.length;
      if (map) refresh(map); // what is drawn of it goes too
    }
    if (offline && !retry) retry = setInterval(() => void lookForServer(), RETRY);
    if (!offline && retry) {
      clearInterval(retry);
      retry = undefined;
      if (map) refresh(map);
    }
  }

  async function lookForServer(): Promise<void> {
    if (!city) return;
    const response = await fetch(city.address('catalog.json'), { method: 'HEAD', cache: 'no-store' }).catch(() => null);
    if (response && response.status < 500) health.reach(true);
  }

  health.on(tell);
  return {
    opened(now) {
      city = now;
      tell(health.now);
      const reload = { label: say('reload'), strong: true, run: () => location.reload() };
      watchRelease({
        address: now.address('release.json'), catalog: now.catalog,
        onChange: () => list.set('changed', { text: say('changed'), action: reload, dismiss: say('later') }),
      });
      globalThis.addEventListener('online', () => void lookForServer());
    },
    drawn: (now) => void (map = now),
  };
}

/** Ask again for the tiles in sight. */
function refresh(map: MapLibre): void {
  for (const [id, source] of Object.entries(map.getStyle().sources)) {
    if (['vector', 'raster', 'raster-dem'].includes(source.type)) map.refreshTiles(id);
  }
}
