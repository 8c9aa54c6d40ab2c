// The map of a sheet: drawn again beside the page, at the resolution of paper, in pieces where a canvas cannot hold it.

import { Map as MapLibre, type StyleSpecification } from 'maplibre-gl';

import { DATASET } from '../../core/style.ts';
import { placeOf, spotOf, zoomOf, PX_PER_MM, type Cut } from './scale.ts';
import { pieces, pictureSize } from './tiling.ts';

export interface Picture {
  readonly canvas: HTMLCanvasElement;
  readonly datasets: ReadonlySet<string>; // that have something in it
  readonly icons: ReadonlyMap<string, HTMLCanvasElement>; // of those asked for
}

export interface PictureOptions {
  readonly map: MapLibre; // whose style, drawings included, is printed
  readonly cut: Cut;
  readonly dpi: number;
  readonly icons: readonly string[];
  readonly signal: AbortSignal;
  readonly onPiece: (done: number, all: number) => void;
}

const DRAFT = 1.01; // device pixels a pixel while tiles come: each draws the map once more; above 1, that icons are those of fine screens
const OWN = 'longquan-print'; // layers that are not printed
const LIMIT = 4096; // pixels along an edge that every WebGL 2 can draw; some say more and then fail
const PATIENCE = 120_000; // ms for one piece

/** Draw a cut of the map. Throws AbortError when told to stop, and an Error when a canvas or the network fails. */
export async function drawPicture(options: PictureOptions): Promise<Picture> {
  const { map: shown, cut, dpi, signal } = options;
  const [width, height] = pictureSize(cut.width, cut.height, dpi);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  if (!context || !holds(context, width, height)) throw new Error('canvas');
  const parts = pieces(cut.width, cut.height, dpi, canvasLimit(shown));
  const first = parts[0]!;
  const container = document.createElement('div');
  container.className = 'print-room';
  container.setAttribute('aria-hidden', 'true');
  Object.assign(container.style, { width: `${first.width}px`, height: `${first.height}px` });
  document.body.append(container);
  const map = new MapLibre({
    container,
    style: printable(shown.getStyle()),
    interactive: false,
    attributionControl: false,
    fadeDuration: 0,
    pixelRatio: DRAFT,
    maxCanvasSize: [LIMIT * 2, LIMIT * 2], // tiling.ts keeps below what there is
    maxZoom: 24,
    center: [cut.centre.lng, cut.centre.lat],
    zoom: zoomOf(cut.world),
    canvasContextAttributes: { preserveDrawingBuffer: true, antialias: true },
    localIdeographFontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  });
  try {
    const found = faults(map);
    map.on('styleimagemissing', ({ id }) => {
      const image = shown.getImage(id); // one that a tool drew itself
      if (image && !map.hasImage(id)) map.addImage(id, image.data, { pixelRatio: image.pixelRatio, sdf: image.sdf });
    });
    const datasets = new Set<string>();
    const middle = spotOf(cut.centre, cut.world);
    const corner = { x: middle.x - (cut.width * PX_PER_MM) / 2, y: middle.y - (cut.height * PX_PER_MM) / 2 };
    for (const [i, { x, y, width: wide, height: high, from, to }] of parts.entries()) {
      const { lng, lat } = placeOf({ x: corner.x + x + wide / 2, y: corner.y + y + high / 2 }, cut.world);
      map.jumpTo({ center: [lng, lat], zoom: zoomOf(cut.world), bearing: 0, pitch: 0 });
      await idle(map, signal);
      map.setPixelRatio(dpi / 96);
      await idle(map, signal);
      if (found.length > 0) throw found[0]!;
      for (const feature of map.queryRenderedFeatures()) {
        const dataset = (feature.layer.metadata as Record<string, string> | undefined)?.[DATASET];
        if (dataset) datasets.add(dataset);
      }
      context.drawImage(map.getCanvas(), from.x, from.y, from.width, from.height, to.x, to.y, from.width, from.height);
      if (i + 1 < parts.length) map.setPixelRatio(DRAFT);
      options.onPiece(i + 1, parts.length);
    }
    return { canvas, datasets, icons: new Map(options.icons.flatMap((name) => {
      const icon = iconOf(map, name);
      return icon ? [[name, icon] as const] : [];
    })) };
  } finally {
    map.remove();
    container.remove();
  }
}

/** Flat, from above, and without the frame that shows where the sheet lies. */
function printable(style: StyleSpecification): StyleSpecification {
  const { terrain: _terrain, sky: _sky, ...flat } = style;
  return { ...flat, layers: style.layers.filter(({ id }) => !id.startsWith(OWN)), sources: Object.fromEntries(Object.entries(style.sources).filter(([id]) => !id.startsWith(OWN))) };
}

/** Whether the browser really made a canvas of this size: where memory is short it gives one that stays empty. */
function holds(context: CanvasRenderingContext2D, width: number, height: number): boolean {
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  return context.getImageData(width - 1, height - 1, 1, 1).data[0] === 255;
}

function canvasLimit(map: MapLibre): number {
  const context = map.getCanvas().getContext('webgl2');
  return Math.min(LIMIT, Number(context?.getParameter(context.MAX_RENDERBUFFER_SIZE)) || LIMIT);
}

/** The first faults of a map: a sheet with holes must not be printed. */
function faults(map: MapLibre): Error[] {
  const found: Error[] = [];
  map.on('error', ({ error }) => found.push(new Error(error.message)));
  return found;
}

function idle(map: MapLibre, signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const finish = (error?: unknown): void => {
      clearTimeout(timer);
      map.off('idle', ready);
      signal.removeEventListener('abort', stop);
      if (error) fail(error instanceof Error ? error : new Error(String(error)));
      else done();
    };
    const ready = (): void => finish();
    const stop = (): void => finish(new DOMException('stopped', 'AbortError'));
    const timer = setTimeout(() => finish(new Error('timeout')), PATIENCE);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop);
    map.on('idle', ready);
    map.triggerRepaint();
  });
}

function iconOf(map: MapLibre, name: string): HTMLCanvasElement | null {
  const image = map.getImage(name);
  if (!image || image.sdf) return null;
  const { width, height, data } = image.data;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  canvas.dataset['ratio'] = String(image.pixelRatio);
  canvas.getContext('2d')!.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  return canvas;
}
