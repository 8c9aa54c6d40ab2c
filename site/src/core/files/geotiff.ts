// GeoTIFF as a picture that lies on the map by its four corners.

import { wayFrom, wayGuessed } from './crs.ts';
import { FileFault, type Bounds, type ImageLayer, type Said } from './layer.ts';

const WIDEST = 2048; // px of the picture shown: 16 MB of memory

interface Keys {
  readonly ProjectedCSTypeGeoKey?: number;
  readonly GeographicTypeGeoKey?: number;
  readonly GTCitationGeoKey?: string;
  readonly PCSCitationGeoKey?: string;
}

/** Pixels of a picture, four bytes each, and what there is to say of them. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly notes: readonly Said[];
}

export async function readGeoTiff(file: string, blob: Blob, own: number): Promise<ImageLayer> {
  const { fromBlob } = await import('geotiff');
  try {
    const tiff = await fromBlob(blob);
    const first = await tiff.getImage(0);
    const [width, height] = [first.getWidth(), first.getHeight()];
    let box: number[];
    try {
      box = first.getBoundingBox();
    } catch {
      throw new FileFault('tiffNowhere', { file });
    }
    const { corners, notes } = await placed(file, box, (first.getGeoKeys() ?? {}) as Keys, own);
    // The smallest overview that has the pixels to be shown.
    const images = await Promise.all(Array.from({ length: await tiff.getImageCount() }, (_, i) => tiff.getImage(i)));
    const wanted = Math.min(WIDEST, width, Math.round((WIDEST * width) / height));
    const image = images.filter((one) => one.getWidth() >= wanted && Math.abs(one.getWidth() / one.getHeight() / (width / height) - 1) < 0.05).sort((a, b) => a.getWidth() - b.getWidth())[0] ?? first;
    const picture = await pixelsOf(image as never, wanted, Math.max(1, Math.round((wanted * height) / width)), first.getGDALNoData());
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    canvas.getContext('2d')!.putImageData(new ImageData(picture.data, picture.width, picture.height), 0, 0);
    const [lngs, lats] = [corners.map(([lng]) => lng), corners.map(([, lat]) => lat)];
    return {
      kind: 'image', name: file, picture: await canvas.convertToBlob({ type: 'image/png' }), corners,
      bounds: [Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)] as Bounds,
      notes: [...notes, ...(wanted < width ? [{ key: 'reduced', values: { width, height, small: wanted } } as const] : []), ...picture.notes],
    };
  } catch (error) {
    if (error instanceof FileFault) throw error;
    throw new FileFault('badTiff', { file, reason: error instanceof Error ? error.message.slice(0, 160) : String(error) });
  }
}

/** The corners in degrees: north-west, north-east, south-east, south-west. */
export async function placed(file: string, [west, south, east, north]: readonly number[], keys: Keys, own: number): Promise<{ corners: ImageLayer['corners']; notes: readonly Said[] }> {
  const code = keys.ProjectedCSTypeGeoKey ?? keys.GeographicTypeGeoKey;
  const corners = [[west!, north!], [east!, north!], [east!, south!], [west!, south!]];
  const user = code === undefined || code === 32767; // "user defined": the numbers have to tell
  const way = user ? await wayGuessed(corners, own) : await wayFrom(`EPSG:${code}`);
  if (!way && !user) throw new FileFault('badCrs', { file, found: `EPSG:${code} ${keys.GTCitationGeoKey ?? ''}`.trim() });
  if (!way) throw new FileFault('notDegrees', { file, x: west!, y: south! });
  const { move } = way;
  const moved = move ? corners.map((corner) => move(corner)) : corners;
  if (!moved.every(([lng, lat]) => Math.abs(lng!) <= 180.001 && Math.abs(lat!) <= 90.001)) throw new FileFault('notDegrees', { file, x: west!, y: south! });
  return { corners: moved as unknown as ImageLayer['corners'], notes: move ? [...way.notes, { key: 'corners' }] : way.notes };
}

interface Image {
  getSamplesPerPixel(): number;
  getBitsPerSample(): number;
  fileDirectory: { getValue?(name: string): unknown } & Record<string, unknown>;
  readRGB(options: object): Promise<ArrayLike<number> & { width: number; height: number }>;
  readRasters(options: object): Promise<ArrayLike<number>[] & { width: number; height: number }>;
}

async function pixelsOf(image: Image, width: number, height: number, nothing: number | null): Promise<Picture> {
  const samples = image.getSamplesPerPixel();
  const size = { width, height, resampleMethod: 'bilinear' };
  const data = new Uint8ClampedArray(width * height * 4);
  const photometric = image.fileDirectory.getValue ? image.fileDirectory.getValue('PhotometricInterpretation') : image.fileDirectory['PhotometricInterpretation'];
  if (image.getBitsPerSample() === 8 && (samples >= 3 || photometric === 3)) {
    const palette = photometric === 3;
    const bands = samples >= 4 && !palette ? await image.readRasters(size) : null;
    const colours = bands ? null : await image.readRGB({ ...size, ...(palette ? { resampleMethod: 'nearest' } : {}), interleave: true });
    for (let i = 0; i < width * height; i++) {
      const [red, green, blue] = bands ? [bands[0]![i]!, bands[1]![i]!, bands[2]![i]!] : [colours![i * 3]!, colours![i * 3 + 1]!, colours![i * 3 + 2]!];
      const blank = nothing !== null && red === nothing && green === nothing && blue === nothing;
      data.set([red, green, blue, blank ? 0 : bands ? bands[3]![i]! : 255], i * 4);
    }
    return { width, height, data, notes: [] };
  }
  const [band] = await image.readRasters({ ...size, samples: [0], resampleMethod: 'nearest' }); // no height is a mean with "none"
  return grey(band!, width, height, nothing);
}

/** One band from black to white between the least and the greatest value; what is no value is clear. */
export function grey(band: ArrayLike<number>, width: number, height: number, nothing: number | null): Picture {
  const known = (value: number): boolean => Number.isFinite(value) && value !== nothing;
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < band.length; i++) {
    const value = band[i]!;
    if (!known(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const value = band[i]!;
    const shade = high > low ? ((value - low) / (high - low)) * 255 : 128;
    data.set(known(value) ? [shade, shade, shade, 255] : [0, 0, 0, 0], i * 4);
  }
  const text = (value: number): string => String(Number(value.toFixed(2)));
  return { width, height, data, notes: low <= high ? [{ key: 'stretched', values: { low: text(low), high: text(high) } }] : [] };
}
