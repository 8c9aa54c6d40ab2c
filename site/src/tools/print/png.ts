// PNG with its resolution in it, so that it is printed in its true size (PNG 3rd edition, 11.3.4.3 pHYs).

const SIGNATURE = 8;
const IHDR = 4 + 4 + 13 + 4; // length, name, data, checksum

/** The same picture with a pHYs chunk after its header. */
export async function withResolution(png: Blob, dpi: number): Promise<Blob> {
  const bytes = new Uint8Array(await png.arrayBuffer());
  const after = SIGNATURE + IHDR;
  return new Blob([bytes.slice(0, after), chunk(dpi), bytes.slice(after)], { type: 'image/png' });
}

function chunk(dpi: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + 4 + 9 + 4);
  const view = new DataView(bytes.buffer);
  const perMetre = Math.round(dpi / 0.0254);
  view.setUint32(0, 9);
  bytes.set(new TextEncoder().encode('pHYs'), 4);
  view.setUint32(8, perMetre);
  view.setUint32(12, perMetre);
  bytes[16] = 1; // the unit is the metre
  view.setUint32(17, crc32(bytes.subarray(4, 17)));
  return bytes;
}

/** The checksum of PNG and zip (ISO 3309). */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
