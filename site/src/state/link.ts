// Links to the page as it is now.

import { changeHash } from './address.ts';

/** The address of this page with some parameters changed and no tool open; what is drawn, shown and chosen stays in it. */
export function linkWith(changes: Readonly<Record<string, string | null>> = {}, page: string | null = null): string {
  const here = new URL(location.href);
  const hash = changeHash(here.hash, { tool: null, ...changes });
  return new URL((page ?? here.pathname + here.search) + hash, here).href;
}

/** The view in an address, as MapLibre writes it. */
export function viewText(zoom: number, { lng, lat }: { readonly lng: number; readonly lat: number }, bearing = 0, pitch = 0): string {
  const digits = Math.max(0, Math.ceil((zoom * Math.LN2 + Math.log(512 / 360 / 0.5)) / Math.LN10)); // half a pixel
  const turned = bearing || pitch ? `/${Number(bearing.toFixed(1))}` : '';
  return `${Number(zoom.toFixed(2))}/${lat.toFixed(digits)}/${lng.toFixed(digits)}${turned}${pitch ? `/${Math.round(pitch)}` : ''}`;
}
