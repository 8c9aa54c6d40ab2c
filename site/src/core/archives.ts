// The archives of a site: one reader each, for the map and for questions, so that directories are read once.

import { addProtocol } from 'maplibre-gl';
import { PMTiles, Protocol } from 'pmtiles';

export interface Archives {
  /** The reader of the archive at an absolute address. */
  at(address: string): PMTiles;
}

/** Readers for `pmtiles://` addresses in styles, and for whoever asks. */
export function archives(): Archives {
  const protocol = new Protocol();
  addProtocol('pmtiles', protocol.tile);
  return {
    at(address) {
      const known = protocol.get(address);
      if (known) return known;
      const archive = new PMTiles(address);
      protocol.add(archive);
      return archive;
    },
  };
}
