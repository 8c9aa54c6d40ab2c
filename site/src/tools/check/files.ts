// What datasets cover, as `coverage/` of the published folder has it; each file is read when it is first needed.

import { readJson } from '../../core/catalog.ts';
import type { Coverage, How } from './assess.ts';
import { decoded, meet, NOTHING, type Frame } from './cells.ts';
import { ZOOM } from './grid.ts';

interface Entry {
  readonly dataset: string;
  readonly file: string;
  readonly how: How;
  readonly reach: number;
  readonly box: Frame | null;
}

interface Index {
  readonly zoom: number;
  readonly datasets: readonly Entry[];
}

interface File {
  readonly box: Frame | null;
  readonly runs: readonly number[];
}

export type ReadCoverage = (dataset: string, around: Frame | null) => Promise<Coverage | null>;

/** A reader that gives what a dataset covers within a frame at least, or null where that is not known. */
export function coverages(address: (file: string) => string): ReadCoverage {
  const index = once(async () => {
    const { zoom, datasets } = await readJson<Index>(address('coverage.json'));
    if (zoom !== ZOOM) throw new Error(`coverage.json: zoom ${zoom}`);
    return new Map(datasets.map((entry) => [entry.dataset, entry]));
  });
  const known = new Map<string, () => Promise<Coverage>>();
  return async (dataset, around) => {
    const entry = (await index()).get(dataset);
    if (!entry) return null;
    const { file, how, reach, box } = entry;
    if (!meet(box, around)) return { how, reach, cells: NOTHING };
    const read = known.get(dataset) ?? once(async () => {
      const { box: frame, runs } = await readJson<File>(address(file));
      return { how, reach, cells: decoded(frame, runs) };
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
