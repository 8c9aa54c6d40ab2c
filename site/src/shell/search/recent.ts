// What was chosen before, kept in the browser; without storage nothing is kept.

import type { Suggestion } from './suggestion.ts';

export interface Recent {
  readonly all: readonly Suggestion[];
  add(chosen: Suggestion): void;
  clear(): void;
}

const MOST = 6;

/** The recent searches of one city, under a key of its own: several may be served from one origin. */
export function recent(key: string, storage: () => Storage = () => localStorage): Recent {
  const read = (): readonly Suggestion[] => {
    try {
      const kept: unknown = JSON.parse(storage().getItem(key) ?? '[]');
      return Array.isArray(kept) ? kept.filter(isSuggestion).slice(0, MOST) : [];
    } catch {
      return [];
    }
  };
  const write = (all: readonly Suggestion[]): void => {
    try {
      if (all.length > 0) storage().setItem(key, JSON.stringify(all));
      else storage().removeItem(key);
    } catch {
      // the reader's browser keeps nothing
    }
  };
  return {
    get all() {
      return read();
    },
    add: (chosen) => write([{ ...chosen, marks: [] }, ...read().filter(({ title, detail }) => title !== chosen.title || detail !== chosen.detail)].slice(0, MOST)),
    clear: () => write([]),
  };
}

function isSuggestion(value: unknown): value is Suggestion {
  const one = value as Partial<Suggestion> | null;
  return typeof one === 'object' && one !== null && typeof one.title === 'string' && typeof one.detail === 'string' && Array.isArray(one.marks)
    && [one.lng, one.lat, one.zoom].every((number) => typeof number === 'number' && Number.isFinite(number));
}
