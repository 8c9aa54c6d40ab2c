"""What the sample city's departments own: registry files (departments, schemas, framework) as plain values."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

from pipeline.demo.towns import NAMES

Text = dict[str, str]
_CURRENCY: Final = datetime.date(2026, 9, 30)
_FICTION: Final = {"zh": "示例数据，由程序生成，纯属虚构", "en": "Sample data, generated and fictional"}
LAST_ZOOM: Final = 15  # of every base layer: an archive is overzoomed as a whole, so a layer that ends early vanishes


def text(zh: str, en: str) -> Text:
    """A title in both languages."""
    return {"zh": zh, "en": en}


def field(name: str, kind: str, zh: str, en: str, source: str = "", **more: Any) -> dict[str, Any]:
    """One field of a schema; `source` is its column in the file where it differs from `name`."""
    out: dict[str, Any] = {"name": name}
    if source and source != name:
        out["source"] = source
    return out | {"type": kind, "title": text(zh, en)} | more


def codes(**table: tuple[str, str]) -> dict[str, Text]:
    """A code table: value → (zh, en)."""
    return {key: text(*pair) for key, pair in table.items()}


def _id(source: str = "") -> dict[str, Any]:
    return field("ID", "integer", "编号", "Number", source, required=True)


def _gb(source: str = "") -> dict[str, Any]:
    return field("GB", "integer", "国标分类码", "GB/T 13923 code", source)


def _names(name: str = "", pinyin: str = "") -> list[dict[str, Any]]:
    return [field("NAME", "string", "名称", "Name", name), field("PINYIN", "string", "拼音", "Pinyin", pinyin)]


THEMES: Final = [
    ("framework", "基础地理", "Base data"), ("terrain", "地形与影像", "Relief and imagery"), ("transport", "交通", "Transport"),
    ("places", "地名地址", "Places and addresses"), ("services", "公共服务", "Public services"),
    ("culture", "文化遗产", "Heritage"), ("environment", "生态环境", "Environment"), ("safety", "公共安全", "Safety"),
    ("planning", "规划", "Planning"), ("utilities", "市政设施", "Utilities"),
]  # fmt: skip

DEPARTMENTS: Final[dict[str, tuple[Text, str]]] = {
    "planning": (text("自然资源和规划局", "Bureau of Natural Resources and Planning"), "quarterly"),
    "civil-affairs": (text("民政局", "Civil Affairs Bureau"), "quarterly"),
    "transport": (text("交通运输局", "Transport Bureau"), "quarterly"),
    "housing": (text("住房和城乡建设局", "Housing and Construction Bureau"), "monthly"),
    "water": (text("水利局", "Water Resources Bureau"), "quarterly"),
    "forestry": (text("林业局", "Forestry Bureau"), "yearly"),
    "education": (text("教育局", "Education Bureau"), "yearly"),
    "health": (text("卫生健康局", "Health Bureau"), "quarterly"),
    "museum": (text("青瓷博物馆", "Celadon Museum"), "yearly"),
    "emergency": (text("应急管理局", "Emergency Management Bureau"), "monthly"),
}


def dataset(
    department: str, name: str, zh: str, en: str, theme: str, source: str, fields: list[dict[str, Any]], *,
    lineage: tuple[str, str], public: bool = True, kind: str = "vector", key: str | None = "ID", scale: int = 10_000,
    currency: datetime.date = _CURRENCY, **more: Any,
) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:  # fmt: skip
    """A dataset's registry entry and its schema: (department, entry, fields)."""
    entry: dict[str, Any] = {"id": name, "title": text(zh, en), "theme": theme, "kind": kind}
    entry["source"] = f"inbox/{department}/{source}"
    entry |= {k: more.pop(k) for k in ("layer", "crs", "encoding", "coordinates", "join") if k in more}
    if key and kind == "vector":
        entry["key"] = key
    entry |= {
        "currency": currency,
        "cycle": DEPARTMENTS[department][1],
        "licence": "示例数据，可自由使用 · Sample data, free to use",
        "share": "unconditional" if public else "conditional",
        "audiences": ["public", "government"] if public else ["government"],
        "accuracy_m": 50.0,
        "scale": scale,
        "lineage": {"zh": f"{_FICTION['zh']}。{lineage[0]}", "en": f"{_FICTION['en']}. {lineage[1]}"},
    }
    return department, entry | more, fields


def datasets(small: bool) -> list[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Every dataset of the sample city."""
    # The names of towns are the domain of several fields.
    town = field("TOWN", "string", "乡镇（街道）", "Town", domain={name: text(name, name) for name in NAMES})
    town_zh = town | {"source": "乡镇街道"}
    address = field("ADDRESS", "string", "地址", "Address", "地址")
    road_class = codes(
        expressway=("高速公路", "Expressway"), national=("国道", "National road"), provincial=("省道", "Provincial road"),
        county=("县道", "County road"), township=("乡村道路", "Township road"), street=("城市道路", "Street"),
        lane=("街巷", "Lane"),
    )  # fmt: skip
    use = codes(
        residential=("住宅", "Residential"), commercial=("商业", "Commercial"), industrial=("工业", "Industrial"),
        public=("公共", "Public"), school=("教育", "School"), hospital=("医疗", "Hospital"), rural=("农村住宅", "Rural"),
    )  # fmt: skip
    cover = codes(
        forest=("林地", "Forest"), bamboo=("竹林", "Bamboo"), shrub=("灌木", "Shrub"), grass=("草地", "Grassland"),
        cropland=("耕地", "Cropland"), orchard=("园地", "Orchard"), urban=("建设用地", "Built-up"), bare=("裸地", "Bare"),
        wetland=("湿地", "Wetland"),
    )  # fmt: skip
    place = codes(
        city=("市", "City"), town=("乡镇", "Town"), village=("行政村", "Village"), hamlet=("自然村", "Hamlet"),
        mountain=("山", "Mountain"), valley=("谷", "Valley"), water=("水系", "Water"), scenic=("景点", "Sight"),
    )  # fmt: skip
    facility = codes(
        park=("公园", "Park"), square=("广场", "Square"), school=("学校用地", "School ground"),
        hospital=("医院用地", "Hospital ground"), market=("市场", "Market"), works=("工业用地", "Industrial ground"),
        government=("行政用地", "Government"), museum=("文化用地", "Culture"), station=("客运站场", "Station ground"),
        clinic=("卫生用地", "Clinic ground"), sports=("运动场", "Sports field"),
    )  # fmt: skip
    spot = codes(
        railway_station=("火车站", "Railway station"), bus_station=("汽车站", "Coach station"), toll=("收费站", "Toll gate"),
        government=("政府机关", "Government"), market=("市场", "Market"), park=("公园", "Park"), museum=("博物馆", "Museum"),
        dam=("水坝", "Dam"),
    )  # fmt: skip
    out = [
        dataset("planning", "boundaries", "行政区域", "Administrative areas", "framework", "境界与政区.gpkg", [
            _id(), _gb(), *_names(), field("PAC", "integer", "行政区划代码", "Division code"),
            field("LEVEL", "string", "级别", "Level", domain=codes(town=("乡级", "Township"))),
            field("AREA", "number", "面积", "Area", unit="km²"),
        ], layer="BOUA", lineage=("按流域与山脊划分。", "Divided along ridges and watersheds."),
            style={"colour": "#a6589c", "icon": "boundary"}),
        dataset("planning", "boundary-lines", "境界线", "Boundary lines", "framework", "境界与政区.gpkg", [
            _id(), _gb(), field("LEVEL", "string", "级别", "Level",
                                domain=codes(county=("县级界", "County boundary"), town=("乡级界", "Town boundary"))),
            field("BNDTYPE", "string", "界线类型", "Boundary type", domain=codes(defined=("已定界", "Defined"))),
        ], layer="BOUL", lineage=("与行政区域同弧段。", "The same arcs as the administrative areas."),
            style={"colour": "#a6589c", "icon": "boundary"}),
        dataset("water", "water-areas", "水面", "Water areas", "framework", "水系.gpkg", [
            _id(), _gb(), *_names(), field("HYDC", "string", "水系代码", "Water code"),
            field("CLASS", "string", "类型", "Class", domain=codes(
                river=("河流", "River"), reservoir=("水库", "Reservoir"), pond=("池塘", "Pond"))),
            field("AREA", "number", "面积", "Area", unit="m²"),
        ], layer="HYDA", lineage=("由高程模型推算的河流两岸。", "River banks derived from the elevation model."),
            style={"colour": "#9cc3e6", "icon": "water"}),
        dataset("water", "rivers", "河流", "Rivers", "framework", "水系.gpkg", [
            _id(), _gb(), *_names(), field("HYDC", "string", "水系代码", "Water code"),
            field("CLASS", "string", "类型", "Class", domain=codes(
                river=("河流", "River"), stream=("溪流", "Stream"), canal=("渠道", "Canal"))),
            field("RANK", "integer", "河流等级", "Strahler order"),
        ], layer="HYDL", lineage=("由高程模型汇流计算。", "Flow accumulation on the elevation model."),
            style={"colour": "#7aa9d4", "icon": "water"}),
        dataset("transport", "roads", "道路", "Roads", "transport", "LRDL.shp", [
            _id("编号"), _gb("国标码"), *_names("名称", "拼音"), field("RN", "string", "道路编号", "Route number", "路线编号"),
            field("RTEG", "string", "行政等级", "Route grade", "行政等级"),
            field("CLASS", "string", "类型", "Class", "类型", domain=road_class),
            field("BRIDGE", "integer", "是否桥梁", "On a bridge", "桥梁"),
            field("TUNNEL", "integer", "是否隧道", "In a tunnel", "隧道"),
            field("LANE", "integer", "车道数", "Lanes", "车道数", audiences=["government"]),
            field("WIDTH", "number", "路面宽", "Width", "路面宽", unit="m", audiences=["government"]),
        ], crs="EPSG:4528", encoding="GBK", lineage=("沿河谷最小代价选线。", "Least-cost routes along the valleys."),
            style={"colour": "#f2b84b", "icon": "road"}),
        dataset("transport", "railways", "铁路", "Railways", "transport", "LRRL.shp", [
            _id("编号"), _gb("国标码"), *_names("名称", "拼音"), field("BRIDGE", "integer", "是否桥梁", "On a bridge", "桥梁"),
            field("TUNNEL", "integer", "是否隧道", "In a tunnel", "隧道"),
        ], crs="EPSG:4528", encoding="GBK", lineage=("随机种子选线。", "Routed by the generator."),
            style={"colour": "#555555", "icon": "railway"}),
        dataset("housing", "buildings", "房屋建筑", "Buildings", "framework", "buildings.fgb", [
            _id(), _gb(), field("NAME", "string", "名称", "Name"), field("HEIGHT", "number", "高度", "Height", unit="m"),
            field("FLOORS", "integer", "层数", "Floors"), field("USE", "string", "用途", "Use", domain=use),
        ], lineage=("沿街道生成的建筑轮廓。", "Footprints generated along streets."),
            style={"colour": "#d9cfc4", "icon": "building"}),
        dataset("housing", "facility-areas", "公共设施用地", "Facility grounds", "framework", "facility_areas.geojson", [
            _id(), _gb(), *_names(), field("CLASS", "string", "类型", "Class", domain=facility),
        ], lineage=("街区用途。", "Purpose of the block."), style={"colour": "#bfe0a8", "icon": "park"}),
        dataset("housing", "facilities", "公共设施", "Facilities", "services", "facilities.geojson", [
            _id(), _gb(), *_names(), field("CLASS", "string", "类型", "Class", domain=spot), town,
        ], lineage=("街区用途。", "Purpose of the block."), style={"colour": "#8a6fb0", "icon": "landmark"}),
        dataset("civil-affairs", "place-names", "地名", "Place names", "places", "place_names.gpkg", [
            _id(), _gb(), *_names(), field("CLASS", "string", "类型", "Class", domain=place),
            field("RANK", "integer", "等级", "Rank"), town, field("GNID", "string", "地名代码", "Gazetteer id"),
        ], layer="AGNP", lineage=("由地名语法生成的虚构地名。", "Invented names from a toponym grammar."),
            style={"colour": "#444444", "icon": "place"}),
        dataset("civil-affairs", "addresses", "标准地址", "Addresses", "places", "标准地址.csv", [
            _id("序号"), field("ADDRESS", "string", "标准地址", "Address", "标准地址", required=True),
            field("STREET", "string", "街路巷（村）", "Street", "街路巷"), field("NUMBER", "integer", "门牌号", "Number", "门牌号"),
            town_zh,
        ], coordinates={"x": "经度", "y": "纬度"}, encoding="UTF-8-SIG", crs="EPSG:4490",
            lineage=("沿街左单右双编号。", "Odd numbers left, even right along each street."),
            style={"colour": "#c0504d", "icon": "address"}),
        dataset("forestry", "land-cover", "地表覆盖", "Land cover", "environment", "land_cover.gpkg", [
            _id(), _gb(), field("CLASS", "string", "类型", "Class", domain=cover),
        ], layer="VEGA", lineage=("由高程、坡度与聚落推算。", "Derived from height, slope and settlements."),
            style={"colour": "#cfe3c0", "icon": "forest"}),
        dataset("planning", "contours", "等高线", "Contours", "terrain", "contours.fgb", [
            _id(), _gb(), field("ELEV", "integer", "高程", "Elevation", unit="m"),
            field("INDEX", "integer", "计曲线", "Index contour"),
        ], lineage=("等高距50米，由高程模型生成。", "50 m interval, from the elevation model."),
            style={"colour": "#b08a5a", "icon": "contour"}),
        dataset("planning", "peaks", "高程点", "Peaks and spot heights", "terrain", "peaks.fgb", [
            _id(), _gb(), *_names(), field("ELEV", "integer", "高程", "Elevation", unit="m"),
        ], lineage=("高程模型的局部最高点。", "Local maxima of the elevation model."),
            style={"colour": "#8a5a2b", "icon": "peak"}),
        dataset("planning", "elevation", "数字高程模型", "Elevation model", "terrain", "dem.tif", [
        ], kind="raster", public=False, lineage=(
            "侵蚀模型生成的地形。", "Terrain from a landscape evolution model."),
            description=text("格网间距小于公众版限值，仅供政务版。", "Its grid is finer than the public rule allows."),
            style={"colour": "#998877", "icon": "relief"}),
        dataset("planning", "orthophoto", "城区正射影像", "Orthophoto of the seat", "terrain", "orthophoto.tif", [
        ], kind="raster", lineage=(
            "由地表覆盖、建筑、道路与地形渲染。", "Rendered from land cover, buildings, roads and relief."),
            style={"colour": "#6b8e7f", "icon": "imagery"}),
        dataset("planning", "control-lines", "城市控制线", "Planning control lines", "planning", "控制线.dxf", [
            field("CLASS", "string", "控制线", "Control line", "Layer", domain={
                "绿线": text("绿线（绿地）", "Green line (parks)"), "蓝线": text("蓝线（水域）", "Blue line (water)"),
                "紫线": text("紫线（历史街区）", "Purple line (historic quarter)"),
                "黄线": text("黄线（基础设施）", "Yellow line (infrastructure)")}),
        ], crs="EPSG:4549", key=None, public=False, lineage=("城区示意控制线。", "Schematic control lines of the seat."),
            tiles={"min_zoom": 11, "max_zoom": 15}, style={"colour": "#7a4fa3", "icon": "plan"}),
        dataset("museum", "kiln-sites", "青瓷窑址", "Celadon kiln sites", "culture", "kiln_sites.geojson", [
            _id(), *_names(), field("NAME_EN", "string", "英文名", "English name"), field("CODE", "string", "文物编号", "Code"),
            field("DYNASTY", "string", "年代", "Period", domain=codes(
                song=("宋", "Song"), yuan=("元", "Yuan"), ming=("明", "Ming"), qing=("清", "Qing"))),
            field("LEVEL", "string", "保护级别", "Protection", domain=codes(
                national=("国家级", "National"), provincial=("省级", "Provincial"), county=("县级", "County"))),
            field("GLAZE", "string", "釉色", "Glaze", domain=codes(
                fenqing=("粉青", "Powder blue"), meiziqing=("梅子青", "Plum green"), douqing=("豆青", "Bean green"))),
            field("KILN_LEN", "number", "窑长", "Kiln length", unit="m"), field("AREA", "number", "面积", "Area", unit="m²"),
            field("OPEN", "boolean", "是否开放", "Open to visitors"), town,
        ], lineage=("沿溪谷布设的虚构窑址。", "Invented sites along the valleys."),
            tiles={"min_zoom": 8, "max_zoom": 14, "labels": False}, style={"colour": "#5f9e8f", "icon": "kiln"}),
        dataset("education", "schools", "学校", "Schools", "services", "学校名录.xlsx", [
            _id("序号"), *_names("学校名称", "拼音"), field("NAME_EN", "string", "英文名", "English name", "英文名称"),
            field("LEVEL", "string", "学段", "Level", "学段", domain=codes(
                kindergarten=("幼儿园", "Kindergarten"), primary=("小学", "Primary"), middle=("初中", "Middle"),
                high=("高中", "High"))),
            field("PUPILS", "integer", "在校生数", "Pupils", "在校生数", unit="人"),
            field("TEACHERS", "integer", "教职工数", "Staff", "教职工数", unit="人"),
            field("FOUNDED", "integer", "建校年份", "Founded", "建校年份"), address,
        ], layer="学校", join={"dataset": "addresses", "on": {"source_field": "地址", "target_field": "ADDRESS"}},
            lineage=("按标准地址定位。", "Located by standard address."),
            tiles={"min_zoom": 9, "max_zoom": 14}, style={"colour": "#d9a520", "icon": "school"}),
        dataset("health", "clinics", "医疗机构", "Hospitals and clinics", "services", "医疗机构.csv", [
            _id("序号"), *_names("机构名称", "拼音"), field("NAME_EN", "string", "英文名", "English name", "英文名称"),
            field("LEVEL", "string", "等级", "Grade", "等级", domain=codes(
                hospital=("综合医院", "Hospital"), centre=("卫生院", "Health centre"), clinic=("门诊部", "Clinic"),
                station=("卫生室", "Village clinic"))),
            field("BEDS", "integer", "床位数", "Beds", "床位数", unit="张"), field("DOCTORS", "integer", "医师数", "Doctors", "医师数"),
            field("HOURS", "string", "服务时间", "Hours", "服务时间"), field("PHONE", "string", "电话", "Phone", "电话"), address,
        ], coordinates={"x": "经度", "y": "纬度"}, encoding="GB18030", crs="EPSG:4490",
            lineage=("街区与村庄中的虚构机构。", "Invented institutions in blocks and villages."),
            tiles={"min_zoom": 9, "max_zoom": 14}, style={"colour": "#c94f4f", "icon": "hospital"}),
        dataset("emergency", "hazard-points", "地质灾害隐患点", "Geological hazard points", "safety", "隐患点.csv", [
            _id("编号"), *_names("名称", "拼音"),
            field("TYPE", "string", "灾害类型", "Type", "灾害类型", domain=codes(
                landslide=("滑坡", "Landslide"), collapse=("崩塌", "Rockfall"), debris=("泥石流", "Debris flow"))),
            field("LEVEL", "string", "险情等级", "Severity", "险情等级", domain=codes(
                small=("小型", "Small"), medium=("中型", "Medium"), large=("大型", "Large"))),
            field("VOLUME", "integer", "体积", "Volume", "体积", unit="m³"),
            field("SLOPE", "number", "坡度", "Slope", "坡度", unit="°"),
            field("HOUSEHOLDS", "integer", "威胁户数", "Households at risk", "威胁户数", unit="户"),
            field("WARDEN", "string", "监测人", "Warden", "监测人", audiences=["government"]), town_zh,
        ], coordinates={"x": "经度", "y": "纬度"}, encoding="UTF-8-SIG", crs="EPSG:4490",
            lineage=("村庄上方陡坡处的虚构点位。", "Invented points on steep ground above villages."),
            tiles={"min_zoom": 8, "max_zoom": 14}, style={"colour": "#d9662b", "icon": "hazard"}),
        dataset("forestry", "nature-reserves", "自然保护地", "Nature reserves", "environment", "自然保护地.geojson", [
            _id(), *_names(), field("NAME_EN", "string", "英文名", "English name"),
            field("LEVEL", "string", "级别", "Level", domain=codes(
                national=("国家级", "National"), provincial=("省级", "Provincial"), county=("县级", "County"))),
            field("TYPE", "string", "类型", "Type", domain=codes(
                forest=("森林公园", "Forest park"), wildlife=("野生动物", "Wildlife"), wetland=("湿地", "Wetland"),
                geo=("地质公园", "Geopark"))),
            field("AREA", "number", "面积", "Area", unit="km²"), field("FOUNDED", "date", "批准日期", "Established"),
        ], lineage=("围绕高山的虚构范围。", "Invented areas around high mountains."),
            tiles={"min_zoom": 7, "max_zoom": 14, "labels": True}, style={"colour": "#4f8f4f", "icon": "reserve"}),
        dataset("transport", "bus-lines", "公交线路", "Bus lines", "transport", "公交.gpkg", [
            _id(), field("NAME", "string", "线路名称", "Line"), field("NAME_EN", "string", "英文名", "English name"),
            field("FROM", "string", "起点", "From"), field("TO", "string", "终点", "To"),
            field("LENGTH", "number", "里程", "Length", unit="km"), field("STOPS", "integer", "站数", "Stops"),
            field("FIRST", "string", "首班", "First bus"), field("LAST", "string", "末班", "Last bus"),
            field("INTERVAL", "integer", "间隔", "Interval", unit="min"), field("FARE", "number", "票价", "Fare", unit="元"),
        ], layer="bus_lines", lineage=("沿城市道路最短路径。", "Shortest ways along the streets."),
            tiles={"min_zoom": 9, "max_zoom": 14, "labels": True}, style={"colour": "#2f6fb3", "icon": "bus"}),
        dataset("transport", "bus-stops", "公交站点", "Bus stops", "transport", "公交.gpkg", [
            _id(), *_names(), field("NAME_EN", "string", "英文名", "English name"), field("LINES", "string", "经过线路", "Lines"),
            field("SHELTER", "boolean", "候车亭", "Shelter"),
        ], layer="bus_stops", lineage=("线路上约每500米一站。", "A stop about every 500 m."),
            tiles={"min_zoom": 11, "max_zoom": 15}, style={"colour": "#2f6fb3", "icon": "bus"}),
        dataset("housing", "parking", "停车场", "Parking", "transport", "停车场.xlsx", [
            _id("序号"), *_names("名称", "拼音"), field("NAME_EN", "string", "英文名", "English name", "英文名称"),
            field("KIND", "string", "类型", "Kind", "类型", domain=codes(
                surface=("地面", "Surface"), underground=("地下", "Underground"), roadside=("路侧", "Roadside"))),
            field("SPACES", "integer", "泊位数", "Spaces", "泊位数", unit="个"),
            field("CHARGERS", "integer", "充电桩", "Chargers", "充电桩", unit="个"),
            field("PRICE", "number", "收费", "Price", "收费标准", unit="元/h"),
        ], layer="停车场", coordinates={"x": "X坐标", "y": "Y坐标"}, crs="EPSG:4549",
            lineage=("街区边的虚构停车场。", "Invented car parks beside blocks."),
            tiles={"min_zoom": 11, "max_zoom": 15}, style={"colour": "#3d6db5", "icon": "parking"}),
        dataset("water", "water-supply", "供水管网", "Water supply network", "utilities", "water_supply.gdb", [
            _id(), field("KIND", "string", "类型", "Kind", domain=codes(
                trunk=("输水干管", "Trunk main"), main=("配水管", "Distribution main"), branch=("支管", "Branch"))),
            field("DIAMETER", "integer", "管径", "Diameter", unit="mm"), field("MATERIAL", "string", "管材", "Material", domain=codes(
                DI=("球墨铸铁", "Ductile iron"), PE=("聚乙烯", "Polyethylene"), ST=("钢管", "Steel"))),
            field("DEPTH", "number", "埋深", "Depth", unit="m"), field("BUILT", "integer", "建成年份", "Built"),
        ], layer="water_pipes", public=False, lineage=("沿街道布设的虚构管网。", "An invented network under the streets."),
            tiles={"min_zoom": 11, "max_zoom": 15}, style={"colour": "#2c7fb8", "icon": "pipe"}),
    ]  # fmt: skip
    del small
    return out


def _layer(name: str, dataset_id: str, first: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "dataset": dataset_id, "min_zoom": first, "max_zoom": LAST_ZOOM} | more


def _zooms(field_name: str, default: int, **zooms: int) -> dict[str, Any]:
    return {"field": field_name, "default": default, "zooms": {k.lstrip("_"): z for k, z in zooms.items()}}


LAYERS: Final[list[dict[str, Any]]] = [
    _layer("VEGA", "land-cover", 8, coverage="vegetation"),
    _layer("BOUA", "boundaries", 6, coverage="boundaries", labels=True),
    _layer("BOUL", "boundary-lines", 6, coverage="boundaries", zoom_by=_zooms("LEVEL", 8, county=6, town=8)),
    _layer("TERL", "contours", 11, zoom_by=_zooms("INDEX", 13, _1=11, _0=13)),
    _layer("RFCA", "facility-areas", 12, labels=True, zoom_by=_zooms("CLASS", 14, park=12, works=13, school=13)),
    _layer("HYDA", "water-areas", 7, labels=True, zoom_by=_zooms("CLASS", 13, river=7, reservoir=9, pond=13)),
    _layer("HYDL", "rivers", 6, labels=True, zoom_by=_zooms("RANK", 13, _6=6, _5=7, _4=8, _3=10, _2=12, _1=13)),
    _layer("LRRL", "railways", 8, labels=True),
    _layer("LRDL", "roads", 6, labels=True, zoom_by=_zooms(
        "CLASS", 14, expressway=6, national=7, provincial=8, county=9, township=11, street=12, lane=14)),
    _layer("RESA", "buildings", 13, zoom_by=_zooms("USE", 14, industrial=13, commercial=13, school=13, hospital=13,
                                                   public=13)),
    _layer("RFCP", "facilities", 11, zoom_by=_zooms("CLASS", 13, railway_station=11, bus_station=12, dam=12, toll=12)),
    _layer("TERP", "peaks", 11),
    _layer("AGNP", "place-names", 6, zoom_by=_zooms(
        "RANK", 14, _1=6, _2=8, _3=9, _4=11, _5=12, _6=12, _7=13, _8=14, _9=14)),
    _layer("AANP", "addresses", 15),
]  # fmt: skip


def framework() -> dict[str, Any]:
    """framework.toml."""
    return {
        "city": {
            "code": "331181",
            "name": text("龙泉市", "Longquan"),
            "platform": text("数字龙泉（示例）", "Digital Longquan (sample)"),
            "bounds": [118.70, 27.70, 119.42, 28.34],
            "center": [119.13, 28.07, 12.0],
            "crs": "EPSG:4549",
            "sample": True,
            "notice": text("示例数据，纯属虚构", "Sample data, fictional"),
            "attribution": text(
                "龙泉市自然资源和规划局（示例数据）", "Longquan Bureau of Natural Resources and Planning (sample data)"
            ),
        },
        "publish": {"base_url": "", "review_number": ""},
        "theme": [{"id": key, "title": text(zh, en)} for key, zh, en in THEMES],
        "edition": [
            {"id": "public", "title": text("公众版", "Public edition"), "shares": ["unconditional"]},
            {
                "id": "government",
                "title": text("政务版", "Government edition"),
                "shares": ["unconditional", "conditional"],
            },
        ],
        "archive": [{"id": "framework", "title": text("基础地理框架", "Framework data"), "layer": LAYERS}],
    }


def department(number: int, name: str, entries: list[Mapping[str, Any]]) -> dict[str, Any]:
    """departments/<id>.toml; people and numbers are placeholders on purpose."""
    title, calendar = DEPARTMENTS[name]
    return {
        "name": title,
        "contact": {
            "person": "示例联系人",
            "phone": f"0578-000{number:04d}",
            "email": f"{name}@example.org",
        },
        "calendar": calendar,
        "dataset": entries,
    }
