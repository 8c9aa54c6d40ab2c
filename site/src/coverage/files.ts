// What datasets cover, as `coverage/` of the published folder has it; each file is read when it is first needed.

import { readJson } from '../catalog.ts';
import type { Coverage, How } from './assess.ts';
import { decoded } from './cells.ts';
import { ZOOM } from './grid.ts';

interface Index {
  readonly zoom: number;
  readonly datasets: readonly { readonly dataset: string; readonly file: string }[];
}

interface File {
  readonly zoom: number;
  readonly how: How;
  readonly reach: number;
  readonly runs: readonly number[];
}

export type ReadCoverage = (dataset: string) => Promise<Coverage | null>;

/** A reader that gives the coverage of a dataset, or null where it has none. */
export function coverages(address: (file: string) => string): ReadCoverage {
  const index = once(async () => {
    const { zoom, datasets } = await readJson<Index>(address('coverage/index.json'));
    if (zoom !== ZOOM) throw new Error(`coverage/index.json: zoom ${zoom}`);
    return new Map(datasets.map(({ dataset, file }) => [dataset, file]));
  });
  const known = new Map<string, () => Promise<Coverage | null>>();
  return (dataset) => {
    const read = known.get(dataset) ?? once(async () => {
      const file = (await index()).get(dataset);
      if (file === undefined) return null;
      const { how, reach, runs } = await readJson<File>(address(file));
      return { how, reach, cells: decoded(runs) };
    });
    known.set(dataset, read);
    return read();
  };
}

/** The same promise for every call, unless it fails: then the next call tries again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () => {
    running ??= work().catch((error: unknown) => {
      running = null;
      throw error;
    });
    return running;
  };
}
