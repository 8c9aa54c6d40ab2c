// How the server is doing, as the readers of archives find out on the way: what cannot be read, what is being fetched whole.

import type { Fault } from './probe.ts';

/** A whole archive on its way, because the server does not give parts of files. */
export interface Download {
  readonly bytes: number; // here so far
  readonly total: number;
}

export interface Condition {
  readonly offline: boolean; // the last question found no server
  readonly faults: ReadonlyMap<string, Fault>; // archive id → why it cannot be read
  readonly downloads: ReadonlyMap<string, Download>; // archive id → how far
  readonly detour: Fault | null; // what the server should do better though every archive so far can be read
}

export interface Health {
  readonly now: Condition;
  /** An answer came, or none does any more. */
  reach(online: boolean): void;
  fail(archive: string, fault: Fault): void;
  download(archive: string, progress: Download | null, because?: Fault): void;
  /** Be told of every change; returns what ends it. */
  on(listener: (now: Condition) => void): () => void;
}

/** The health of a server nothing is known of yet. */
export function health(): Health {
  const listeners = new Set<(now: Condition) => void>();
  let now: Condition = { offline: false, faults: new Map(), downloads: new Map(), detour: null };
  const change = (changes: Partial<Condition>): void => {
    now = { ...now, ...changes };
    for (const listener of [...listeners]) listener(now);
  };
  return {
    get now() {
      return now;
    },
    reach(online) {
      if (now.offline === online) change({ offline: !online });
    },
    fail(archive, fault) {
      const known = now.faults.get(archive)?.kind;
      // What is missing may turn out to have been taken back; else the first fault found is the one that is told.
      if (!known || (known === 'missing' && fault.kind === 'withdrawn')) change({ faults: new Map([...now.faults, [archive, fault]]) });
    },
    download(archive, progress, because) {
      const downloads = new Map(now.downloads);
      if (progress) downloads.set(archive, progress);
      else downloads.delete(archive);
      change({ downloads, detour: now.detour ?? because ?? null });
    },
    on(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
