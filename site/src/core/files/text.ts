// The text of bytes: UTF-8 or UTF-16 where that is what they are, else GBK, as Chinese programs still write it.

export type Encoding = 'utf-8' | 'gb18030' | 'utf-16le' | 'utf-16be';

/** Text and its encoding; `label` (of a .cpg, an XML declaration) is followed where it is one that decodes. */
export function textOf(bytes: Uint8Array, label?: string | null): { readonly text: string; readonly encoding: string } {
  const mark = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : bytes[0] === 0xef && bytes[1] === 0xbb ? 'utf-8' : null;
  const asked = mark ?? (label ? known(label) : null);
  if (asked) return { text: new TextDecoder(asked).decode(bytes), encoding: asked };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'utf-8' };
  } catch {
    return { text: new TextDecoder('gb18030').decode(bytes), encoding: 'gb18030' };
  }
}

/** An encoding as decoders know it; null for names that mean none. */
export function known(label: string): string | null {
  const name = label.trim().toLowerCase();
  const page = /^(?:cp|ansi|oem|windows-?)?\s*(936|950|1252|65001)$/.exec(name)?.[1];
  const plain = page ? { 936: 'gb18030', 950: 'big5', 1252: 'windows-1252', 65001: 'utf-8' }[page as unknown as 936] : name;
  try {
    return new TextDecoder(plain).encoding === 'gbk' ? 'gb18030' : new TextDecoder(plain).encoding;
  } catch {
    return null;
  }
}
