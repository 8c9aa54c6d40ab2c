import L from 'leaflet';                                   // npm install leaflet pmtiles
import 'leaflet/dist/leaflet.css';
import { PMTiles } from 'pmtiles';

const at = '@SITE@@PIXELS@';                               // this address stays, the archive's name changes
const { tiles, attribution, tileSize, minzoom, maxzoom, center } = await (await fetch(at)).json();
const archive = new PMTiles(new URL(tiles[0].replace(/^pmtiles:\/\/|\/\{z\}.*$/g, ''), at).href);
const larger = Math.log2(tileSize / 256);                  // a tile of 512 pixels is one of Leaflet's next zoom
const Pictures = L.GridLayer.extend({
  createTile({ x, y, z }, done) {
    const picture = L.DomUtil.create('img');
    archive.getZxy(z - larger, x, y).then((tile) => {
      if (tile) picture.src = URL.createObjectURL(new Blob([tile.data]));
      done(null, picture);
    }, done);
    return picture;
  },
});
const map = L.map('map').setView([center[1], center[0]], maxzoom);
new Pictures({ attribution, tileSize, minNativeZoom: minzoom + larger, maxNativeZoom: maxzoom + larger }).addTo(map);
