// The archives of a site: one reader each, for the map and for questions, so that directories are read once.

import { PMTiles, SharedPromiseCache, type Source } from 'pmtiles';

import type { RangeCache } from './cache.ts';
import type { Archive } from './catalog.ts';
import type { Health } from './health.ts';
import { rangeSource } from './range-source.ts';

export interface Archives {
  /** The reader of an archive at its absolute address. */
  at(archive: Archive, address: string): PMTiles;
}

/** Readers that keep in `cache` what they read, and tell `health` what they find. */
export function archives(health: Health, cache: RangeCache): Archives {
  const readers = new Map<string, PMTiles>();
  return {
    at(archive, address) {
      const known = readers.get(address);
      if (known) return known;
      const reader = new PMTiles(rangeSource({ archive, address, health, cache }), new ForgivingCache());
      readers.set(address, reader);
      return reader;
    },
  };
}

/** Headers and directories in memory; what failed is asked for again the next time. */
class ForgivingCache extends SharedPromiseCache {
  override async getHeader(source: Source): ReturnType<SharedPromiseCache['getHeader']> {
    try {
      return await super.getHeader(source);
    } catch (error) {
      this.cache.delete(source.getKey());
      throw error;
    }
  }

  override async getDirectory(...asked: Parameters<SharedPromiseCache['getDirectory']>): ReturnType<SharedPromiseCache['getDirectory']> {
    try {
      return await super.getDirectory(...asked);
    } catch (error) {
      const [source, offset, length, header] = asked;
      this.cache.delete(`${source.getKey()}|${header.etag ?? ''}|${offset}|${length}`);
      throw error;
    }
  }
}
