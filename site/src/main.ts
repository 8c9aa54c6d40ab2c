// The page: read the catalogue and the head of the base map's archive, then show the map.

import 'maplibre-gl/dist/maplibre-gl.css';
import './shell/page.css';

import { fatal, openCity } from './core/city.ts';
import { health } from './core/health.ts';
import { warmUp } from './core/map.ts';
import { chooseLanguage, languageTag } from './messages/i18n.ts';
import { faultPanel, type AnyFault } from './shell/fault-panel.ts';
import { portal } from './shell/portal.ts';
import { serverNotices } from './shell/server-notices.ts';
import { readAddress } from './state/address.ts';

declare global {
  interface Window {
    longquanUnsupported?: string;
    longquanRoot?: string; // of a page that has the published folder in itself
  }
}

async function start(app: HTMLElement): Promise<void> {
  warmUp();
  const wishes = readAddress(new URL(location.href));
  const language = chooseLanguage(wishes.language, navigator.languages);
  document.documentElement.lang = languageTag(language);

  const server = health();
  const notices = serverNotices(document.body, server, language);
  const city = await openCity(window.longquanRoot ?? new URL('.', location.href).href, wishes.flavour, server);
  const fault = fatal(city);
  if (fault) return showFault(app, fault);
  const map = await portal({ app, city, language, wishes });
  notices.opened(city);
  notices.drawn(map);
}

const nowhere = { address: location.href, server: '', found: '', expected: '' };

function showFault(app: HTMLElement, fault: AnyFault): void {
  app.classList.add('faulty');
  app.replaceChildren(faultPanel(fault));
}

const app = document.getElementById('app');
const unsupported = document.getElementById('unsupported');
if (app && !window.longquanUnsupported) {
  start(app).catch((error: unknown) => {
    console.error(error);
    showFault(app, { kind: 'load', ...nowhere, found: error instanceof Error ? error.message : String(error) });
  });
} else if (app && unsupported && window.longquanUnsupported === 'webgl') {
  // Without WebGL 2 there are still the city's pictures; where there are none, or no server, the page's message is all.
  const language = chooseLanguage(readAddress(new URL(location.href)).language, navigator.languages);
  import('./plain/picture-map.ts')
    .then(({ pictureMap }) => pictureMap({ app, message: unsupported, root: window.longquanRoot ?? new URL('.', location.href).href, language }))
    .catch(() => undefined);
}
