// The bytes of one archive: what was read before, else a part from the server, else the whole file where it gives no parts.

import { EtagMismatch, type RangeResponse, type Source } from 'pmtiles';

import type { Archive } from './catalog.ts';
import { noCache, type RangeCache } from './cache.ts';
import type { Health } from './health.ts';
import { isArchive, probe, type Fault } from './probe.ts';

export const WHOLE_LIMIT = 32e6; // bytes of an archive that is fetched whole if need be
const CHANGES = 3; // ETags after which a server is known to give every answer another

/** Why an archive cannot be read. */
export class ArchiveFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(`${fault.address}: ${fault.kind} ${fault.found}`);
    this.fault = fault;
  }
}

export interface RangeSourceOptions {
  readonly archive: Pick<Archive, 'id' | 'file' | 'bytes'>;
  readonly address: string; // absolute
  readonly health: Health;
  readonly cache?: RangeCache;
  readonly get?: typeof fetch;
  readonly wholeLimit?: number;
}

/**
 * A source for pmtiles.js. It takes nothing but 206 for a part (200 only where that is the whole file), and the size the
 * catalogue names; it rejects with an ArchiveFault, after telling `health`, where the server gives something else.
 */
export function rangeSource(options: RangeSourceOptions): Source {
  const { archive, address, health, wholeLimit = WHOLE_LIMIT } = options;
  const get = options.get ?? ((...asked) => fetch(...asked));
  // Without a hash in its name a file may change without anyone noticing: such are not kept.
  const cache = /-[0-9a-f]{12}\.\w+$/.test(archive.file) ? options.cache ?? noCache : noCache;
  const keeps = cache !== noCache;
  let whole: Promise<ArrayBuffer> | null = null;
  let broken: ArchiveFault | null = null; // for good: the reader is told once, the server asked no more
  const etags = new Set<string>();
  let asked = false; // in this page: before that nothing tells whether what is kept is still given away

  function fail(fault: Fault): never {
    health.fail(archive.id, fault);
    throw (broken = new ArchiveFault(fault));
  }

  function fault(kind: Fault['kind'], response: Response, found: string, expected: string): Fault {
    return { kind, address, server: response.headers.get('Server') ?? '', found, expected };
  }

  /** Read an answer that holds the whole file to its end. */
  async function readWhole(response: Response, because: Fault | null): Promise<ArrayBuffer> {
    const data = new Uint8Array(archive.bytes);
    let bytes = 0;
    let told = 0;
    const reader = response.body!.getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        if (bytes + part.value.length > data.length) fail(fault('size', response, `> ${archive.bytes}`, String(archive.bytes)));
        data.set(part.value, bytes);
        bytes += part.value.length;
        if (Date.now() - told < 100) continue;
        told = Date.now();
        health.download(archive.id, { bytes, total: data.length }, because ?? undefined);
      }
    } finally {
      health.download(archive.id, null, because ?? undefined);
      void reader.cancel().catch(() => undefined);
    }
    if (bytes !== data.length) fail(fault('size', response, String(bytes), String(data.length)));
    if (!isArchive(data)) fail(fault('magic', response, '', 'PMTiles 3'));
    cache.put(archive.file, 0, data.length, { data: data.buffer, etag: null });
    return data.buffer;
  }

  /** Take the way around a server that gives no parts of files, or stop with its fault. */
  function takeWhole(because: Fault | null, open: () => Promise<Response>): Promise<ArrayBuffer> {
    if (because && archive.bytes > wholeLimit) fail(because);
    if (whole) return whole;
    const mine = (whole = open().then((response) => readWhole(response, because)));
    mine.catch(() => (whole = null)); // the next question may be luckier
    return mine;
  }

  /** Ask the server; the answer, or the whole file where that came instead. */
  async function ask(offset: number, length: number, signal: AbortSignal | undefined): Promise<Response | ArrayBuffer> {
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    signal?.addEventListener('abort', stop);
    try {
      const response = await get(address, {
        headers: { Range: `bytes=${offset}-${offset + length - 1}` },
        signal: abort.signal,
        // What is kept here need not be kept by the browser, whose cache lets only one request of a file through at a time.
        ...(keeps ? { cache: 'no-store' } : {}),
      });
      if (response.status >= 500) throw new Error(`${address}: ${response.status}`);
      health.reach(true);
      const encoding = response.headers.get('Content-Encoding');
      if (response.ok && encoding && encoding !== 'identity') {
        stop();
        return await takeWhole(fault('encoding', response, encoding, 'identity'), () => get(address, { cache: 'no-store' }));
      }
      if (response.status === 200) {
        signal?.removeEventListener('abort', stop); // others may wait for it as well
        const all = offset === 0 && length >= archive.bytes; // some servers answer so when asked for more than there is
        if (whole || (!all && archive.bytes > wholeLimit)) stop();
        return await takeWhole(all ? null : fault('range', response, '200', '206'), async () => response);
      }
      if (response.status === 206) return response;
      stop();
      if (response.status === 416) return fail(fault('size', response, total(response) ?? '416', String(archive.bytes)));
      return fail(fault('missing', response, String(response.status), '206'));
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** What is kept is forgotten where the server has the file no more: it may have been taken back. */
  async function stillThere(): Promise<void> {
    if (asked) return;
    asked = true;
    const response = await get(address, { method: 'HEAD', cache: 'no-store' }).catch(() => null); // without a server what is kept stays
    if (response?.status !== 404 && response?.status !== 410) return;
    await cache.forget(archive.file);
    whole = null;
    broken = new ArchiveFault(fault('missing', response, String(response.status), '206'));
    health.fail(archive.id, broken.fault);
  }

  /** What stopped a request: a browser tells no more than that there was no answer it could use. */
  async function explain(error: unknown): Promise<ArrayBuffer> {
    if (health.now.offline) throw error;
    const found = await probe(address, archive.bytes, get);
    if (found?.kind === 'encoding') return takeWhole(found, () => get(address, { cache: 'no-store' }));
    if (found && found.kind !== 'network' && !/^5/.test(found.found)) fail(found);
    health.reach(false);
    throw error;
  }

  async function checked(response: Response, offset: number, length: number, etag: string | undefined): Promise<RangeResponse> {
    const size = total(response);
    if (size && Number(size) !== archive.bytes) fail(fault('size', response, size, String(archive.bytes)));
    const said = response.headers.get('ETag');
    if (said && !said.startsWith('W/')) etags.add(said);
    const found = said && etags.has(said) && etags.size < CHANGES ? said : null;
    if (etag && found && found !== etag) {
      await cache.forget(archive.file);
      throw new EtagMismatch(`${address}: ${etag}, then ${found}`);
    }
    const data = await response.arrayBuffer();
    if (data.byteLength !== Math.min(length, archive.bytes - offset)) fail(fault('range', response, String(data.byteLength), String(length)));
    if (offset === 0 && !isArchive(new Uint8Array(data))) fail(fault('magic', response, '', 'PMTiles 3'));
    cache.put(archive.file, offset, length, { data, etag: found });
    return { data, ...(found ? { etag: found } : {}) };
  }

  return {
    getKey: () => address,
    async getBytes(offset, length, signal, etag) {
      const part = (all: ArrayBuffer): RangeResponse => ({ data: all.slice(offset, offset + length) });
      if (broken) throw broken;
      if (whole) return part(await whole);
      const kept = await cache.get(archive.file, offset, length);
      if (kept) void stillThere();
      if (kept && (!etag || !kept.etag || kept.etag === etag)) return { data: kept.data, ...(kept.etag ? { etag: kept.etag } : {}) };
      const all = await cache.get(archive.file, 0, archive.bytes);
      if (all) {
        void stillThere();
        whole = Promise.resolve(all.data);
        return part(all.data);
      }
      signal?.throwIfAborted();
      asked = true;
      try {
        const answer = await ask(offset, length, signal);
        return answer instanceof ArrayBuffer ? part(answer) : await checked(answer, offset, length, etag);
      } catch (error) {
        if (error instanceof ArchiveFault || error instanceof EtagMismatch || signal?.aborted) throw error;
        return part(await explain(error));
      }
    },
  };
}

/** The size a server says the whole file has, if it does. */
function total(response: Response): string | undefined {
  return /\/(\d+)\s*$/.exec(response.headers.get('Content-Range') ?? '')?.[1];
}
