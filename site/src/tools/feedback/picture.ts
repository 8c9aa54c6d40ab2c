// The picture of a report: the map as it is seen, the place marked, and the words that belong to every picture of the map.

import type { Map as MapLibre } from 'maplibre-gl';

import { snapshot } from '../../core/snapshot.ts';

const LINE = 22; // CSS pixels
const RED = '#d3342b';

export async function reportPicture(map: MapLibre, place: { readonly lng: number; readonly lat: number }, words: string): Promise<Uint8Array> {
  const canvas = await snapshot(map);
  const context = canvas.getContext('2d')!;
  const ratio = canvas.width / map.getContainer().clientWidth;
  const { x, y } = map.project([place.lng, place.lat]);
  context.scale(ratio, ratio);
  const [width, height] = [canvas.width / ratio, canvas.height / ratio];
  context.lineWidth = 3;
  context.strokeStyle = '#fff';
  ring(context, x, y, 15);
  context.strokeStyle = RED;
  ring(context, x, y, 12);
  context.fillStyle = 'rgb(253 253 251 / 0.92)';
  context.fillRect(0, height - LINE, width, LINE);
  context.fillStyle = '#22302b';
  context.font = '13px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Noto Sans SC Web", sans-serif';
  context.fillText(words, 8, height - 7, width - 16);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png'));
  return new Uint8Array(await (blob ?? new Blob()).arrayBuffer());
}

function ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}
