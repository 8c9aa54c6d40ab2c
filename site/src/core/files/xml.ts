// KML and GPX, by the readers of togeojson.

import type { Feature } from 'geojson';

import { FileFault, type Raw } from './layer.ts';
import { textOf } from './text.ts';

export async function readXml(file: string, bytes: Uint8Array): Promise<Raw> {
  const label = /^\s*<\?xml[^>]*\sencoding=["']([\w.-]+)["']/.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 200)))?.[1];
  const { text } = textOf(bytes, label);
  const document = parsed(file, text);
  const root = document.documentElement?.localName?.toLowerCase() ?? '';
  const { kml, gpx } = await import('@tmcw/togeojson');
  const features = root === 'kml' ? kml(document, { skipNullGeometry: true }).features : root === 'gpx' ? gpx(document).features : null;
  if (!features) throw new FileFault('unknown', { file, found: `<${root}` });
  return { name: file, features: features.map(plain), crs: null, degrees: true };
}

function parsed(file: string, text: string): Document {
  let document: Document;
  try {
    document = new DOMParser().parseFromString(text.replace(/^\uFEFF/, ''), 'text/xml');
  } catch (error) {
    throw new FileFault('badXml', { file, reason: error instanceof Error ? error.message.split('\n')[0]! : String(error) });
  }
  const [fault] = document.getElementsByTagName('parsererror');
  if (fault) throw new FileFault('badXml', { file, reason: (fault.textContent ?? '').replace(/\s+/g, ' ').slice(0, 120) });
  return document;
}

/** A feature without what only the reader of the format knows: styles of their own, times of tracks, markup. */
function plain(feature: { readonly geometry: unknown; readonly properties?: unknown }): Feature {
  const { coordinateProperties: _times, styleUrl: _style, styleHash: _hash, styleMapHash: _map, '@geometry-type': _type, description, ...rest } = (feature.properties ?? {}) as Record<string, unknown>;
  const said = typeof description === 'object' && description !== null && 'value' in description ? stripped(String((description as { value: unknown }).value)) : description;
  return { type: 'Feature', geometry: feature.geometry as Feature['geometry'], properties: { ...rest, ...(said === undefined ? {} : { description: said }) } };
}

/** Markup as text: descriptions of KML are pages of HTML, and nobody's page runs here. */
function stripped(html: string): string {
  return html.replace(/<(?:br|\/p|\/tr|\/li|\/div)\b[^>]*>/gi, '\n').replace(/<[^>]*>/g, ' ').replace(/&nbsp;/g, ' ').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&amp;/g, '&').replace(/[ \t]+/g, ' ').replace(/\s*\n\s*/g, '\n').trim();
}
