// Shapefiles: geometry by shpjs, the table by our own reader, which knows Chinese encodings.

import type { Feature } from 'geojson';

import { readDbf } from './dbf.ts';
import { FileFault, type Raw, type Said } from './layer.ts';
import { textOf } from './text.ts';

export interface Parts {
  readonly shp: Uint8Array;
  readonly dbf?: Uint8Array | undefined;
  readonly prj?: Uint8Array | undefined;
  readonly cpg?: Uint8Array | undefined;
}

export async function readShapefile(file: string, { shp, dbf, prj, cpg }: Parts): Promise<Raw> {
  const view = new DataView(shp.buffer, shp.byteOffset, shp.byteLength);
  if (shp.length < 100 || view.getInt32(0) !== 9994) throw new FileFault('badShapefile', { file, reason: `.shp: ${shp.length < 100 ? `${shp.length} B` : '9994 ≠ ' + view.getInt32(0)}` });
  if (view.getInt32(24) * 2 > shp.length) throw new FileFault('badShapefile', { file, reason: `.shp: ${shp.length} B < ${view.getInt32(24) * 2} B` });
  const { parseShp } = await import('shpjs');
  const geometries = parse(file, () => parseShp(view));
  const table = dbf ? readDbf(file, dbf, cpg ? textOf(cpg).text : null) : null;
  if (table && table.rows.length !== geometries.length) throw new FileFault('badShapefile', { file, reason: `.shp ${geometries.length} ≠ .dbf ${table.rows.length}` });
  const notes: Said[] = [...(table?.encoding === 'gb18030' ? [{ key: 'gbk' } as const] : []), ...(table ? [] : [{ key: 'noDbf' } as const])];
  const features = geometries.flatMap((geometry, i): Feature[] => {
    const row = table ? table.rows[i]! : {};
    return row === null ? [] : [{ type: 'Feature', geometry: geometry as Feature['geometry'], properties: row }];
  });
  return { name: file, features, crs: prj ? textOf(prj).text.trim() || null : null, ...(table ? { fields: table.fields } : {}), notes };
}

function parse<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new FileFault('badShapefile', { file, reason: error instanceof Error ? error.message : String(error) });
  }
}
