// Whether the folder has been replaced by a newer release while the page was open. What is open goes on being read as it was:
// archives have their content's hash in their names and stay for a while, so nothing is ever mixed.

import type { Catalog } from './catalog.ts';

/** What of release.json tells one release from another. */
interface Release {
  readonly release: string;
  readonly archives?: readonly { readonly file: string }[];
}

export interface ReleaseWatch {
  /** Look now; whether the page shows an older release than the folder holds. A server that does not answer changes nothing. */
  look(): Promise<boolean>;
  stop(): void;
}

const EVERY = 5 * 60_000; // ms

/**
 * Look at `address` (of release.json) now, every few minutes and whenever the page comes into sight again; `onChange` is
 * called once. `catalog` is the one the page was made from: a release that came between the two is noticed at once.
 */
export function watchRelease(options: {
  readonly address: string;
  readonly catalog: Pick<Catalog, 'archives'>;
  readonly onChange: () => void;
  readonly get?: typeof fetch;
}): ReleaseWatch {
  const get = options.get ?? ((...asked) => fetch(...asked));
  let first: string | null = null;
  let changed = false;
  let looking: Promise<boolean> | null = null;

  async function read(): Promise<boolean> {
    const response = await get(options.address, { cache: 'no-cache' }); // mostly answered by 304
    if (!response.ok) return changed;
    const { release, archives = [] } = (await response.json()) as Release;
    const there = new Set(archives.map(({ file }) => file));
    const gone = there.size > 0 && options.catalog.archives.some(({ file }) => !there.has(file));
    first ??= release;
    if (!changed && (release !== first || gone)) {
      changed = true;
      options.onChange();
      stop();
    }
    return changed;
  }

  function look(): Promise<boolean> {
    looking ??= read().catch(() => changed).finally(() => (looking = null));
    return looking;
  }

  const inSight = (): void => void (document.visibilityState === 'visible' && look());
  const timer = setInterval(() => void look(), EVERY);
  document.addEventListener('visibilitychange', inSight);
  function stop(): void {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', inSight);
  }
  void look();
  return { look, stop };
}
