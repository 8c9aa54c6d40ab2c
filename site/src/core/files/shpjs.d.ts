// The part of shpjs that is used here; the package brings no types.
declare module 'shpjs' {
  /** The geometry of every record, null where it has none. */
  export function parseShp(shp: DataView): (import('geojson').Geometry | null)[];
}
