longquan archive export @FILE@ tiles/                      # z/x/y, for ArcGIS, Cesium, SuperMap, CAD
longquan archive export @FILE@ city.mbtiles                # one file, for QGIS and phones
