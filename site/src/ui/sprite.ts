// The map's icons, for use in the page.

import { readJson } from '../core/catalog.ts';
import { element } from '../ui/element.ts';

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Sprite {
  /** A picture of the icon, or null when the sprite has none of that name. */
  picture(name: string): HTMLElement | null;
}

const NONE: Sprite = { picture: () => null };

/** The sprite at `address` (without suffix), for screens with the given number of device pixels per pixel; without pictures where it cannot be read. */
export async function loadSprite(address: string | undefined, pixelRatio: number): Promise<Sprite> {
  if (!address) return NONE;
  try {
    return await read(address, pixelRatio);
  } catch (error) {
    console.error(error); // a legend without icons is better than no map
    return NONE;
  }
}

async function read(address: string, pixelRatio: number): Promise<Sprite> {
  const ratio = pixelRatio > 1 ? 2 : 1;
  const suffix = ratio === 2 ? '@2x' : '';
  const places = await readJson<Record<string, Place>>(`${address}${suffix}.json`);
  // A style sheet can only ask the network: pictures from elsewhere are handed to it.
  const picture = /^https?:/.test(address) ? `${address}${suffix}.png` : URL.createObjectURL(await (await fetch(`${address}${suffix}.png`)).blob());
  const sheet = Object.values(places).reduce((width, place) => Math.max(width, place.x + place.width), 0);
  return {
    picture(name) {
      const place = places[name];
      if (!place) return null;
      const px = (value: number): string => `${value / ratio}px`;
      const icon = element('span', { class: 'icon' });
      icon.style.width = px(place.width);
      icon.style.height = px(place.height);
      icon.style.background = `url("${picture}") ${px(-place.x)} ${px(-place.y)} no-repeat`;
      icon.style.backgroundSize = `${px(sheet)} auto`;
      return icon;
    },
  };
}
