// A published folder that lies in the page itself: what asks for its files by `fetch` or through MapLibre is answered from there.

import { addProtocol } from 'maplibre-gl';

/** Where the files of the page seem to be. */
export const ROOT = 'memory://longquan/';

/** The files of a page, by their paths: `<script type="application/octet-stream" data-path="…">` with base64 in it. */
export function filesOf(page: ParentNode): ReadonlyMap<string, () => Uint8Array<ArrayBuffer>> {
  const files = new Map<string, () => Uint8Array<ArrayBuffer>>();
  for (const script of page.querySelectorAll<HTMLScriptElement>('script[data-path]')) {
    let bytes: Uint8Array<ArrayBuffer> | null = null;
    files.set(script.dataset['path']!, () => {
      if (bytes) return bytes;
      bytes = Uint8Array.from(atob(script.textContent.trim()), (letter) => letter.charCodeAt(0));
      script.textContent = ''; // the text is a third larger than what it says
      return bytes;
    });
  }
  return files;
}

/** The answer of a good server with Range to a question for a file of the page. */
export function answer(files: ReadonlyMap<string, () => Uint8Array<ArrayBuffer>>, address: string, headers: Headers): Response {
  const path = decodeURIComponent(address.slice(ROOT.length).replace(/[?#].*$/, ''));
  const file = files.get(path)?.();
  if (!file) return new Response(null, { status: 404 });
  const type = { 'Content-Type': TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream' };
  const range = /^bytes=(\d+)-(\d*)$/.exec(headers.get('Range') ?? '');
  if (!range) return new Response(file, { headers: type });
  const first = Number(range[1]);
  if (first >= file.length) return new Response(null, { status: 416, headers: { 'Content-Range': `bytes */${file.length}` } });
  const end = Math.min(range[2] ? Number(range[2]) + 1 : file.length, file.length);
  return new Response(file.subarray(first, end), { status: 206, headers: { ...type, 'Content-Range': `bytes ${first}-${end - 1}/${file.length}` } });
}

const TYPES: Readonly<Record<string, string>> = { json: 'application/json', png: 'image/png', woff2: 'font/woff2' };

/** From now on questions for files below ROOT go to the page. */
export function installFolder(page: ParentNode): void {
  const files = filesOf(page);
  const network = globalThis.fetch.bind(globalThis);
  globalThis.fetch = async (input, options) => {
    const address = input instanceof Request ? input.url : String(input);
    if (!address.startsWith(ROOT)) return network(input, options);
    options?.signal?.throwIfAborted();
    return answer(files, address, new Headers(options?.headers ?? (input instanceof Request ? input.headers : undefined)));
  };
  addProtocol('memory', async ({ url, type }) => {
    const response = answer(files, url, new Headers());
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    return { data: type === 'json' ? await response.json() : type === 'string' ? await response.text() : await response.arrayBuffer() };
  });
}
