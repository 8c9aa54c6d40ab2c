import jsQR from 'jsqr';
import { expect, test } from 'vitest';

import { QUIET, qrCode, qrPath, type QrCode } from './qr.ts';

/** The code as a camera sees it, read by another program. */
function read({ size, dark }: QrCode): string | undefined {
  const scale = 3;
  const edge = (size + 2 * QUIET) * scale;
  const pixels = new Uint8ClampedArray(edge * edge * 4).fill(255);
  for (let y = 0; y < edge; y++) {
    for (let x = 0; x < edge; x++) {
      const [column, row] = [Math.floor(x / scale) - QUIET, Math.floor(y / scale) - QUIET];
      if (column >= 0 && row >= 0 && column < size && row < size && dark(column, row)) pixels.fill(0, (y * edge + x) * 4, (y * edge + x) * 4 + 3);
    }
  }
  return jsQR(pixels, edge, edge)?.data;
}

test.each(['http://10.1.2.3/map/#map=12/28.07/119.13', 'https://政务.example/龙泉/#pin=119.1,28.1,剑池街道', 'a'.repeat(900)])('what is written can be read: %.40s', async (text) => {
  expect(read((await qrCode(text))!)).toBe(text);
});

test('a short text needs the smallest code, of 21 modules', async () => {
  expect((await qrCode('abc'))!.size).toBe(21);
});

test('what holds no longer with a quarter spare is written with less; beyond the standard there is none', async () => {
  expect((await qrCode('a'.repeat(2331)))!.size).toBe(177); // ISO/IEC 18004 table 7: version 40, level M
  expect((await qrCode('a'.repeat(2953)))!.size).toBe(177); // level L
  expect(await qrCode('a'.repeat(2954))).toBeNull();
});

test('the path covers exactly the dark modules', async () => {
  const code = (await qrCode('abc'))!;
  const covered = [...qrPath(code).matchAll(/M(\d+) (\d+)h(\d+)v1H\1z/g)].reduce((sum, [, , , width]) => sum + Number(width), 0);
  let dark = 0;
  for (let row = 0; row < code.size; row++) for (let column = 0; column < code.size; column++) dark += Number(code.dark(column, row));
  expect(covered).toBe(dark);
});
