import { expect, test } from 'vitest';

import { crc32, withResolution } from './png.ts';

test('the checksum of PNG, as its specification tests it', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926); // CRC-32/ISO-HDLC, check value
  expect(crc32(new TextEncoder().encode('IEND'))).toBe(0xae426082); // the end of every PNG
});

test('a picture of 300 dpi says 11811 pixels a metre, right after its header', async () => {
  // the smallest PNG: one grey pixel
  const png = Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='), (letter) => letter.charCodeAt(0));
  const bytes = new Uint8Array(await (await withResolution(new Blob([png]), 300)).arrayBuffer());
  const view = new DataView(bytes.buffer);
  expect(bytes.length).toBe(png.length + 21);
  expect(new TextDecoder().decode(bytes.subarray(37, 41))).toBe('pHYs');
  expect([view.getUint32(33), view.getUint32(41), view.getUint32(45), bytes[49]]).toEqual([9, 11811, 11811, 1]);
  expect(view.getUint32(50)).toBe(crc32(bytes.subarray(37, 50)));
  expect(bytes.subarray(54)).toEqual(png.subarray(33));
});
