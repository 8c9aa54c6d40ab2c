// dBASE tables of shapefiles: dBASE III as ESRI's white paper and its users have it, text in the encoding that is found to be right.

import { FileFault } from './layer.ts';
import { known, textOf } from './text.ts';

export type Row = Record<string, string | number | boolean | null>;

export interface Table {
  readonly fields: readonly string[];
  readonly rows: readonly (Row | null)[]; // null: deleted
  readonly encoding: string;
}

// Language drivers (byte 29) that say something: 0x4D is code page 936, 0x4F 950, 0x57 the current Windows one.
const DRIVERS: Readonly<Record<number, string>> = { 0x4d: 'gb18030', 0x7a: 'gb18030', 0x4f: 'big5', 0x03: 'windows-1252' };

/** `label`: what a .cpg beside the table says. */
export function readDbf(file: string, bytes: Uint8Array, label: string | null): Table {
  if (bytes.length < 33) throw new FileFault('badShapefile', { file, reason: `.dbf: ${bytes.length} B` });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [count, start, length] = [view.getUint32(4, true), view.getUint16(8, true), view.getUint16(10, true)];
  if (start + count * length > bytes.length + 1 || length === 0) throw new FileFault('badShapefile', { file, reason: `.dbf: ${count} × ${length} B > ${bytes.length} B` });
  const columns: { name: Uint8Array; type: string; size: number }[] = [];
  for (let at = 32; at + 32 <= start && bytes[at] !== 0x0d; at += 32) {
    const name = bytes.subarray(at, at + 11);
    columns.push({ name: name.subarray(0, indexOr(name, 0, 11)), type: String.fromCharCode(bytes[at + 11]!), size: bytes[at + 16]! });
  }
  // The whole file settles it: bytes that are valid UTF-8 everywhere are hardly ever anything else.
  const said = (label && known(label)) || null;
  const found = textOf(bytes.subarray(32)).encoding;
  const encoding = said ?? (DRIVERS[bytes[29]!] && found !== 'utf-8' ? DRIVERS[bytes[29]!]! : found);
  const decoder = new TextDecoder(encoding);
  const fields = columns.map(({ name }) => decoder.decode(name).trim());
  const rows = Array.from({ length: count }, (_, i): Row | null => {
    let at = start + i * length;
    if (bytes[at] === 0x2a) return null;
    at += 1;
    return Object.fromEntries(columns.map(({ type, size }, column) => {
      const cell = bytes.subarray(at, at + size);
      at += size;
      return [fields[column]!, valueOf(type, decoder.decode(cell).replace(/\0.*$/s, '').trim())];
    }));
  });
  return { fields, rows, encoding };
}

function valueOf(type: string, text: string): string | number | boolean | null {
  if (text === '' || /^\*+$/.test(text)) return type === 'C' ? '' : null;
  if (type === 'N' || type === 'F') return Number.isFinite(Number(text)) ? Number(text) : text;
  if (type === 'D') return /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : text;
  if (type === 'L') return /[YyTt]/.test(text) ? true : /[NnFf]/.test(text) ? false : null;
  return text;
}

function indexOr(bytes: Uint8Array, value: number, otherwise: number): number {
  const at = bytes.indexOf(value);
  return at < 0 ? otherwise : at;
}
