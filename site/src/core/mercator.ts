// Web Mercator, 0 … 1 from the north-west corner of the world, and back.

/** World x of a longitude in degrees. */
export function worldX(lng: number): number {
  return lng / 360 + 0.5;
}

/** World y of a latitude in degrees, within ±85.0511. */
export function worldY(lat: number): number {
  const sine = Math.sin((Math.min(Math.max(lat, -85.0511287798066), 85.0511287798066) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** The longitude of a world x, in degrees. */
export function longitude(wx: number): number {
  return wx * 360 - 180;
}

/** The latitude of a world y, in degrees. */
export function latitude(wy: number): number {
  return (Math.atan(Math.sinh(Math.PI * (1 - 2 * wy))) * 180) / Math.PI;
}
