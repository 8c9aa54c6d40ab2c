// A file for the reader, made in the browser.

import { element } from './element.ts';

const KEPT = 60_000; // ms an address stays: a slow disk, a question where to save

/** Let the browser save `content` as `name`; characters that a file system refuses are replaced. Nothing goes to a server. */
export function saveFile(name: string, content: string | Blob, type = 'application/octet-stream'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const link = element('a', { href: URL.createObjectURL(blob), download: fileName(name) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}

/** A name that Windows, macOS and Linux all take. */
export function fileName(name: string): string {
  const plain = name.replace(/[\u0000-\u001f<>:"/\\|?*]+/g, '-').replace(/^[\s.-]+|[\s.-]+$/g, '');
  const [stem = '', end = ''] = /^(.*?)(\.[A-Za-z0-9]{1,8})?$/s.exec(plain)?.slice(1) ?? [];
  return ([...stem].slice(0, 80).join('') || 'file') + end; // 80 Chinese characters are 240 bytes; 255 is the limit
}
