// Searching a city: its index is opened with the first question.

import type { City } from '../city.ts';
import { rangeBytes } from './bytes.ts';
import { search, type Result } from './engine.ts';
import { openIndex, type Index } from './index-file.ts';

export interface Search {
  /** Get ready for a first question. */
  prepare(): Promise<Index>;
  /** The best answers, `near` a place in degrees. Rejects where the index cannot be read. */
  find(text: string, near: readonly [lng: number, lat: number] | null, limit?: number): Promise<readonly Result[]>;
}

/** The search of a city; null for one without an index, and for a page on a disk without the files in it. */
export function searchOf({ catalog, address }: Pick<City, 'catalog' | 'address'>): Search | null {
  const { search: told } = catalog;
  if (!told || !/^(?:https?|memory):/.test(address(told.file))) return null;
  let opened: Promise<Index> | null = null;
  const prepare = (): Promise<Index> => {
    opened ??= openIndex(rangeBytes(address(told.file)), told).catch((error: unknown) => {
      opened = null; // the next question tries again
      throw error;
    });
    return opened;
  };
  return { prepare, find: async (text, near, limit) => search(await prepare(), text, near, limit) };
}
