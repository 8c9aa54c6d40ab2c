import Map from '@arcgis/core/Map.js';                     // npm install @arcgis/core
import MapView from '@arcgis/core/views/MapView.js';
import VectorTileLayer from '@arcgis/core/layers/VectorTileLayer.js';

const city = new VectorTileLayer({ url: '@SITE@@ESRI@' });
const view = new MapView({ container: 'map', map: new Map({ layers: [city] }), center: [@LNG@, @LAT@], zoom: @ZOOM@ });
