// The page: read the catalogue, ask the server whether it can serve the archives, then show the map.

import 'maplibre-gl/dist/maplibre-gl.css';
import './shell/page.css';

import { fatal, openCity } from './core/city.ts';
import { chooseLanguage, languageTag } from './messages/i18n.ts';
import { faultPanel, type AnyFault } from './shell/fault-panel.ts';
import { portal } from './shell/portal.ts';
import { readAddress } from './state/address.ts';

declare global {
  interface Window {
    longquanUnsupported?: string;
  }
}

async function start(app: HTMLElement): Promise<void> {
  const wishes = readAddress(new URL(location.href));
  const language = chooseLanguage(wishes.language, navigator.languages);
  document.documentElement.lang = languageTag(language);

  const city = await openCity(new URL('.', location.href).href, wishes.flavour);
  const fault = fatal(city);
  if (fault) return showFault(app, fault);
  await portal({ app, city, language, wishes });
}

const nowhere = { address: location.href, server: '', found: '', expected: '' };

function showFault(app: HTMLElement, fault: AnyFault): void {
  app.classList.add('faulty');
  app.replaceChildren(faultPanel(fault));
}

const app = document.getElementById('app');
if (app && !window.longquanUnsupported) {
  start(app).catch((error: unknown) => {
    console.error(error);
    showFault(app, { kind: 'load', ...nowhere, found: error instanceof Error ? error.message : String(error) });
  });
}
