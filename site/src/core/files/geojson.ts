// GeoJSON, with the reference system that files before RFC 7946 may name.

import { featuresOf, FileFault, type Raw } from './layer.ts';
import { textOf } from './text.ts';

export function readGeoJson(file: string, bytes: Uint8Array): Raw {
  const { text, encoding } = textOf(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new FileFault('badJson', { file, reason: error instanceof Error ? error.message.slice(0, 120) : String(error) });
  }
  const features = featuresOf(value);
  if (!features) throw new FileFault('notGeoJson', { file, found: String((value as { type?: unknown } | null)?.type ?? typeof value) });
  const { crs, name } = value as { crs?: { properties?: { name?: unknown } }; name?: unknown };
  const said = crs?.properties?.name;
  return {
    name: typeof name === 'string' && name ? name : file, features: features.map((one) => ({ ...one, properties: one.properties ?? {}, geometry: one.geometry ?? null }) as typeof one),
    crs: typeof said === 'string' ? said : null, notes: encoding === 'gb18030' ? [{ key: 'gbk' }] : [],
  };
}
