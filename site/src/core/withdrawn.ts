// What those who publish have taken back: a file that is gone is looked up in their order, to say why, and what was kept of it
// is dropped. Nobody asks for the order while nothing is missing.

import type { Catalog } from './catalog.ts';
import type { Health } from './health.ts';

/** Why a file was taken back; in the words of those who did. */
export interface Withdrawal {
  readonly date: string; // ISO 8601
  readonly reason: string;
}

/** What metadata/withdrawn.json has of TUF's targets that matters here. */
interface Order {
  readonly signed: { readonly targets: Readonly<Record<string, { readonly custom?: { readonly path?: string; readonly kind?: string; readonly date?: string; readonly reason?: string } }>> };
}

/** Path → why, of every file that was taken back; empty where nothing was, or nobody answers. */
export async function readWithdrawn(address: string, get: typeof fetch = fetch): Promise<ReadonlyMap<string, Withdrawal>> {
  const found = new Map<string, Withdrawal>();
  try {
    const response = await get(address, { cache: 'no-cache' });
    if (!response.ok) return found;
    for (const { custom } of Object.values(((await response.json()) as Order).signed.targets)) {
      if (custom?.path && custom.kind !== 'release') found.set(custom.path, { date: String(custom.date ?? ''), reason: String(custom.reason ?? '') });
    }
  } catch {
    // whatever stands there is no order
  }
  return found;
}

/** Let missing archives be known as withdrawn where they are; resolves when those that are missing now have been looked up. */
export function tellWithdrawn(health: Health, catalog: Pick<Catalog, 'archives'>, address: string, get: typeof fetch = fetch): () => Promise<void> {
  let order: Promise<ReadonlyMap<string, Withdrawal>> | null = null;
  async function look(): Promise<void> {
    const missing = catalog.archives.filter(({ id }) => health.now.faults.get(id)?.kind === 'missing');
    if (missing.length === 0) return;
    const taken = await (order ??= readWithdrawn(address, get));
    for (const { id, file } of missing) {
      const why = taken.get(file);
      const fault = health.now.faults.get(id);
      if (why && fault?.kind === 'missing') health.fail(id, { ...fault, kind: 'withdrawn', found: `${why.date} ${why.reason}`.trim(), expected: '' });
    }
  }
  health.on(() => void look());
  return look;
}
