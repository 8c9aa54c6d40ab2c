// Paints tiles of pictures on a canvas: what is there now, coarser tiles where finer ones are still to come.

import type { PMTiles } from 'pmtiles';

import { placed, type Placed, type Pyramid, type View } from './view.ts';

const KEPT = 160; // decoded tiles

export interface Picture extends Pyramid {
  readonly tiles: PMTiles;
}

export interface Painter {
  /** Paint `pictures`, the lowest first; again whenever a tile has come. */
  paint(view: View, pictures: readonly Picture[]): void;
  /** Whether all that is in sight has been painted. */
  readonly complete: boolean;
}

export function painter(canvas: HTMLCanvasElement, background: string): Painter {
  const context = canvas.getContext('2d')!;
  const bitmaps = new Map<Picture, Map<string, ImageBitmap | null | 'coming'>>(); // null: the archive has no such tile
  let last: readonly [View, readonly Picture[]] | null = null;
  let coming = 0;
  let asked = 0;

  function load(picture: Picture, { z, x, y }: Placed): void {
    const known = bitmaps.get(picture)!;
    const key = `${z}/${x}/${y}`;
    known.set(key, 'coming');
    coming++;
    picture.tiles.getZxy(z, x, y)
      .then((tile) => (tile ? createImageBitmap(new Blob([tile.data])) : null))
      .then((bitmap) => known.set(key, bitmap), () => known.delete(key)) // the next view asks again
      .finally(() => {
        coming--;
        for (const [old, bitmap] of known) {
          if (known.size <= KEPT) break;
          if (bitmap === 'coming') continue;
          known.delete(old);
          bitmap?.close();
        }
        if (last) later();
      });
  }

  /** The tile, else the part of the nearest coarser one that is there. */
  function draw(picture: Picture, tile: Placed): void {
    const known = bitmaps.get(picture)!;
    for (let up = 0; up <= 4 && tile.z - up >= picture.minZoom; up++) {
      const bitmap = known.get(`${tile.z - up}/${tile.x >> up}/${tile.y >> up}`);
      if (bitmap === null) return;
      if (!bitmap || bitmap === 'coming') continue;
      const part = bitmap.width / 2 ** up;
      const [x, y] = [(tile.x % 2 ** up) * part, (tile.y % 2 ** up) * part];
      // Edges on whole pixels of the screen: no seams.
      const [left, top] = [Math.round(tile.left), Math.round(tile.top)];
      context.drawImage(bitmap, x, y, part, part, left, top, Math.round(tile.left + tile.size) - left, Math.round(tile.top + tile.size) - top);
      return;
    }
  }

  function now(): void {
    asked = 0;
    if (!last) return;
    const [view, pictures] = last;
    const ratio = devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = background;
    context.fillRect(0, 0, width, height);
    for (const picture of pictures) {
      if (!bitmaps.has(picture)) bitmaps.set(picture, new Map());
      for (const tile of placed(view, width, height, picture)) {
        if (!bitmaps.get(picture)!.has(`${tile.z}/${tile.x}/${tile.y}`)) load(picture, tile);
        draw(picture, tile);
      }
    }
  }

  function later(): void {
    asked ||= requestAnimationFrame(now);
  }

  return {
    paint(view, pictures) {
      last = [view, pictures];
      later();
    },
    get complete() {
      return last !== null && coming === 0 && asked === 0;
    },
  };
}
