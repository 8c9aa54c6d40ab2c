// The style sheets of a map, laid once into the page or the shadow tree that holds it.

import maplibre from 'maplibre-gl/dist/maplibre-gl.css?inline';

import own from './sdk.css?inline';

let sheet: CSSStyleSheet | null = null;

export function dress(container: HTMLElement): void {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(maplibre + own);
  }
  const root = container.getRootNode();
  const tree = root instanceof ShadowRoot ? root : document;
  if (!tree.adoptedStyleSheets.includes(sheet)) tree.adoptedStyleSheets = [...tree.adoptedStyleSheets, sheet];
}
