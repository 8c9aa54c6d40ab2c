// What is wrong with an archive as a server gives it, found out with the smallest useful request.

/** What is wrong with an archive as served; `found` and `expected` go into the message. */
export interface Fault {
  readonly kind: 'range' | 'encoding' | 'size' | 'magic' | 'missing' | 'withdrawn' | 'network';
  readonly address: string;
  readonly server: string;
  readonly found: string;
  readonly expected: string;
}

const HEADER_BYTES = 127; // PMTiles v3: the fixed header
const MAGIC = [0x50, 0x4d, 0x54, 0x69, 0x6c, 0x65, 0x73, 3]; // "PMTiles", version 3

/** Whether a file that begins with these bytes is an archive. */
export function isArchive(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[i] === byte);
}

/** The fault of the archive at `address`, or null when all is well. Never throws. */
export async function probe(address: string, bytes: number, get: typeof fetch = fetch): Promise<Fault | null> {
  let server = '';
  const fault = (kind: Fault['kind'], found: string, expected: string): Fault => ({ kind, address, server, found, expected });
  const abort = new AbortController();
  try {
    const response = await get(address, {
      headers: { Range: `bytes=0-${HEADER_BYTES - 1}` },
      cache: 'no-store',
      signal: abort.signal,
    });
    server = response.headers.get('Server') ?? '';
    if (response.status !== 200 && response.status !== 206) return fault('missing', String(response.status), '206');
    const encoding = response.headers.get('Content-Encoding');
    if (encoding && encoding !== 'identity') return fault('encoding', encoding, 'identity');
    if (response.status === 200) return fault('range', '200', '206');
    const total = /\/(\d+)\s*$/.exec(response.headers.get('Content-Range') ?? '')?.[1];
    if (total && Number(total) !== bytes) return fault('size', total, String(bytes));
    const head = new Uint8Array(await response.arrayBuffer());
    if (head.length !== HEADER_BYTES) return fault('range', `${head.length}`, `${HEADER_BYTES}`);
    if (!isArchive(head)) return fault('magic', '', 'PMTiles 3');
    return null;
  } catch (error) {
    const forced = await withoutRange(address, get);
    server = forced?.headers.get('Server') ?? server;
    const encoding = forced?.ok ? forced.headers.get('Content-Encoding') : null;
    if (encoding && encoding !== 'identity') return fault('encoding', encoding, 'identity');
    return fault('network', error instanceof Error ? error.message : String(error), '206');
  } finally {
    abort.abort(); // a server without Range may be sending gigabytes
  }
}

/**
 * The answer to a question without Range, or null. With one, browsers ask for `identity` and treat an answer in gzip
 * as a broken connection; without one they accept it and tell.
 */
async function withoutRange(address: string, get: typeof fetch): Promise<Response | null> {
  try {
    return await get(address, { method: 'HEAD', cache: 'no-store' });
  } catch {
    return null;
  }
}
