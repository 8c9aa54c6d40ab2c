// What one query may read of an index.

export interface Allowance {
  /** Whether a piece has been asked for already. */
  has(section: Section, piece: number): boolean;
  /** Ask for a piece of `size` bytes; false where that is too much. */
  take(section: Section, piece: number, size: number): boolean;
}

type Section = 'blocks' | 'shards' | 'tails' | 'numbers';

const MOST = 98_000; // bytes, what opens the index among them
const FOR_NAMES = 20_000; // of them that grams leave for blocks

/**
 * Bytes that a query may still ask for, counted as if nothing of the index had been read before it, and each piece once. So a first
 * query never loads more, and the same query has the same answers whatever was asked before.
 */
export function allowance(opened: number): Allowance {
  let left = MOST - opened;
  const taken = new Set<string>();
  const has: Allowance['has'] = (section, piece) => taken.has(`${section} ${piece}`);
  return {
    has,
    take(section, piece, size) {
      if (has(section, piece)) return true;
      if (size > left - (section === 'shards' ? FOR_NAMES : 0)) return false;
      left -= size;
      taken.add(`${section} ${piece}`);
      return true;
    },
  };
}
