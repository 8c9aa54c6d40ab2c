// The page: read the catalogue, ask the server whether it can serve the archives, then show the map.

import 'maplibre-gl/dist/maplibre-gl.css';
import './page.css';

import type { StyleSpecification } from 'maplibre-gl';

import { readAddress } from './address.ts';
import { readJson, type Archive, type Catalog } from './catalog.ts';
import { faultPanel, type AnyFault } from './fault-panel.ts';
import { chooseLanguage, languageTag } from './i18n.ts';
import { portal } from './portal.ts';
import { probe, type Fault } from './probe.ts';
import { resolveStyle } from './style.ts';

declare global {
  interface Window {
    longquanUnsupported?: string;
  }
}

async function start(app: HTMLElement): Promise<void> {
  const wishes = readAddress(new URL(location.href));
  const language = chooseLanguage(wishes.language, navigator.languages);
  document.documentElement.lang = languageTag(language);

  const catalog = await readJson<Catalog>(absolute('catalog.json'));
  const [style, faults] = await Promise.all([
    readStyle(absolute(catalog.styles[0]!.href)),
    Promise.all(catalog.archives.map((archive) => probe(absolute(archive.file), archive.bytes))),
  ]);
  const fault = fatal(faults, catalog.archives);
  if (fault) return showFault(app, fault);

  const unreadable = new Set(catalog.archives.filter((_, i) => faults[i]).map((archive) => archive.id));
  await portal({ app, catalog, style, language, wishes, unreadable, address: absolute });
}

const nowhere = { address: location.href, server: '', found: '', expected: '' };

function absolute(relative: string): string {
  return new URL(relative, location.href).href;
}

async function readStyle(address: string): Promise<StyleSpecification> {
  return resolveStyle(await readJson<StyleSpecification>(address), address);
}

/** The fault that leaves nothing to show: one of the server, or of the first archive, the city's base map. */
function fatal(faults: readonly (Fault | null)[], archives: readonly Archive[]): Fault | null {
  const ofServer = faults.find((fault) => fault?.kind === 'range' || fault?.kind === 'encoding');
  return ofServer ?? (archives.length > 0 ? faults[0] ?? null : null);
}

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
