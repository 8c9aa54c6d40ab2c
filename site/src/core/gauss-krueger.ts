// CGCS2000 / 3-degree Gauss–Krüger: the coordinates of Chinese surveyors. Own series, exact to far less than a millimetre.

/** A place in a strip of three degrees. Chinese surveyors write the northing as X and the easting as Y. */
export interface GridPlace {
  readonly northing: number; // metres from the equator
  readonly easting: number; // metres; 500,000 on the central meridian, no zone number before it
  readonly meridian: number; // degrees east, the strip's middle
}

export interface Place {
  readonly lng: number;
  readonly lat: number;
}

export const FALSE_EASTING = 500_000;
const RADIUS = 6_378_137; // CGCS2000: metres
const FLATTENING = 1 / 298.257222101;
const [FIRST, LAST] = [75, 135]; // central meridians that EPSG knows, zones 25 … 45
const RADIAN = Math.PI / 180;

// Krüger's series in the third flattening, to the sixth order: C. F. F. Karney, "Transverse Mercator with an accuracy of a few
// nanometers", J. Geodesy 85 (2011), equations 14, 35 and 36; within 3,900 km of the central meridian good to 5 nm.
const n = FLATTENING / (2 - FLATTENING);
const MEAN_RADIUS = (RADIUS / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64 + n ** 6 / 256);
const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING));
const FORTH = [
  n / 2 - (2 / 3) * n ** 2 + (5 / 16) * n ** 3 + (41 / 180) * n ** 4 - (127 / 288) * n ** 5 + (7891 / 37800) * n ** 6,
  (13 / 48) * n ** 2 - (3 / 5) * n ** 3 + (557 / 1440) * n ** 4 + (281 / 630) * n ** 5 - (1983433 / 1935360) * n ** 6,
  (61 / 240) * n ** 3 - (103 / 140) * n ** 4 + (15061 / 26880) * n ** 5 + (167603 / 181440) * n ** 6,
  (49561 / 161280) * n ** 4 - (179 / 168) * n ** 5 + (6601661 / 7257600) * n ** 6,
  (34729 / 80640) * n ** 5 - (3418889 / 1995840) * n ** 6,
  (212378941 / 319334400) * n ** 6,
];
const BACK = [
  n / 2 - (2 / 3) * n ** 2 + (37 / 96) * n ** 3 - (1 / 360) * n ** 4 - (81 / 512) * n ** 5 + (96199 / 604800) * n ** 6,
  (1 / 48) * n ** 2 + (1 / 15) * n ** 3 - (437 / 1440) * n ** 4 + (46 / 105) * n ** 5 - (1118711 / 3870720) * n ** 6,
  (17 / 480) * n ** 3 - (37 / 840) * n ** 4 - (209 / 4480) * n ** 5 + (5569 / 90720) * n ** 6,
  (4397 / 161280) * n ** 4 - (11 / 504) * n ** 5 - (830251 / 7257600) * n ** 6,
  (4583 / 161280) * n ** 5 - (108847 / 3991680) * n ** 6,
  (20648693 / 638668800) * n ** 6,
];

/** The central meridian of the strip in which a longitude lies. */
export function meridianOf(lng: number): number {
  return Math.round(lng / 3) * 3;
}

/** The number of a strip, which stands before eastings of eight digits. */
export function zoneOf(meridian: number): number {
  return meridian / 3;
}

/** The EPSG code of a strip, of eastings with the zone number before them or without; null outside China. */
export function epsgOf(meridian: number, numbered = false): number | null {
  if (meridian % 3 !== 0 || meridian < FIRST || meridian > LAST) return null;
  return (numbered ? 4513 : 4534) + (meridian - FIRST) / 3;
}

/** Longitude and latitude in a strip; without a meridian in their own. */
export function toGrid({ lng, lat }: Place, meridian = meridianOf(lng)): GridPlace {
  const longitude = (lng - meridian) * RADIAN;
  const tau = Math.tan(lat * RADIAN);
  const conformal = conformalOf(tau);
  const xi = Math.atan2(conformal, Math.cos(longitude));
  const eta = Math.asinh(Math.sin(longitude) / Math.hypot(conformal, Math.cos(longitude)));
  let [north, east] = [xi, eta];
  FORTH.forEach((alpha, i) => {
    const j = 2 * (i + 1);
    north += alpha * Math.sin(j * xi) * Math.cosh(j * eta);
    east += alpha * Math.cos(j * xi) * Math.sinh(j * eta);
  });
  return { northing: MEAN_RADIUS * north, easting: FALSE_EASTING + MEAN_RADIUS * east, meridian };
}

/** A place in a strip as longitude and latitude. */
export function fromGrid({ northing, easting, meridian }: GridPlace): Place {
  const [north, east] = [northing / MEAN_RADIUS, (easting - FALSE_EASTING) / MEAN_RADIUS];
  let [xi, eta] = [north, east];
  BACK.forEach((beta, i) => {
    const j = 2 * (i + 1);
    xi -= beta * Math.sin(j * north) * Math.cosh(j * east);
    eta -= beta * Math.cos(j * north) * Math.sinh(j * east);
  });
  const conformal = Math.sin(xi) / Math.hypot(Math.sinh(eta), Math.cos(xi));
  return { lng: meridian + Math.atan2(Math.sinh(eta), Math.cos(xi)) / RADIAN, lat: Math.atan(geographicOf(conformal)) / RADIAN };
}

/** The tangent of the conformal latitude from that of the geographic one. */
function conformalOf(tau: number): number {
  const sigma = Math.sinh(ECCENTRICITY * Math.atanh((ECCENTRICITY * tau) / Math.hypot(1, tau)));
  return tau * Math.hypot(1, sigma) - sigma * Math.hypot(1, tau);
}

/** And back, by Newton's method; three steps are enough for every latitude. */
function geographicOf(conformal: number): number {
  const rest = 1 - ECCENTRICITY ** 2;
  let tau = conformal / rest;
  for (let i = 0; i < 4; i++) {
    const reached = conformalOf(tau);
    tau += ((conformal - reached) / Math.hypot(1, reached)) * ((1 + rest * tau ** 2) / (rest * Math.hypot(1, tau)));
  }
  return tau;
}
