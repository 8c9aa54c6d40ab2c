// The map for other people's pages, in a frame: the same city, the same address, little around it.

import 'maplibre-gl/dist/maplibre-gl.css';
import '../shell/page.css';
import './embed.css';

import { fatal, openCity } from '../core/city.ts';
import { chooseLanguage, languageTag } from '../messages/i18n.ts';
import { faultPanel, type AnyFault } from '../shell/fault-panel.ts';
import { readAddress } from '../state/address.ts';
import { embed } from './embed.ts';

async function start(app: HTMLElement): Promise<void> {
  const wishes = readAddress(new URL(location.href));
  const language = chooseLanguage(wishes.language, navigator.languages);
  document.documentElement.lang = languageTag(language);
  const city = await openCity(new URL('.', location.href).href, wishes.flavour);
  const fault = fatal(city);
  if (fault) return showFault(app, fault);
  await embed({ app, city, language, wishes });
}

function showFault(app: HTMLElement, fault: AnyFault): void {
  app.classList.add('faulty');
  app.replaceChildren(faultPanel(fault));
}

const app = document.getElementById('app');
if (app && !window.longquanUnsupported) {
  let left = false; // requests of a frame that is taken away fail, and nobody is there to read it
  addEventListener('pagehide', () => (left = true));
  start(app).catch((error: unknown) => {
    if (left) return;
    console.error(error);
    showFault(app, { kind: 'load', address: location.href, server: '', expected: '', found: error instanceof Error ? error.message : String(error) });
  });
}
