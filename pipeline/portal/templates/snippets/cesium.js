import { ImageryLayer, Rectangle, UrlTemplateImageryProvider, Viewer } from 'cesium';   // npm install cesium

const pictures = new UrlTemplateImageryProvider({
  url: '@SITE@@TILES@',
  tileWidth: @SIZE@, tileHeight: @SIZE@, minimumLevel: @LOW@, maximumLevel: @HIGH@,
  rectangle: Rectangle.fromDegrees(@BOUNDS@),
  credit: @CREDIT@,
});
const quiet = { baseLayerPicker: false, geocoder: false };     // they ask Cesium's own servers
const viewer = new Viewer('map', { baseLayer: new ImageryLayer(pictures), ...quiet });
viewer.camera.flyTo({ destination: pictures.rectangle });
