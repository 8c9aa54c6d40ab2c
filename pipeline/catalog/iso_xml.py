"""Elements of ISO 19139: the few shapes that its records are made of."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as ET

GMD = "http://www.isotc211.org/2005/gmd"
GCO = "http://www.isotc211.org/2005/gco"
GML = "http://www.opengis.net/gml/3.2"
XLINK = "http://www.w3.org/1999/xlink"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PREFIXES: Mapping[str, str] = {"gmd": GMD, "gco": GCO, "gml": GML, "xlink": XLINK, "xsi": XSI}

CODELISTS = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
ENGLISH = "EN"  # the id of the record's second locale


def tag(name: str) -> str:
    """`gmd:title` in the notation of ElementTree."""
    prefix, _colon, local = name.partition(":")
    return f"{{{PREFIXES[prefix]}}}{local}"


def add(parent: ET.Element, path: str, **attributes: str) -> ET.Element:
    """New elements nested as `path` says (`gmd:extent/gmd:EX_Extent`); the attributes are those of the innermost."""
    element = parent
    for name in path.split("/"):
        element = ET.SubElement(element, tag(name))
    for name, value in attributes.items():
        element.set(name, value)
    return element


def add_string(parent: ET.Element, path: str, text: str) -> ET.Element:
    """`path` with a gco:CharacterString in it."""
    element = add(parent, path)
    add(element, "gco:CharacterString").text = text
    return element


def add_text(parent: ET.Element, path: str, text: Mapping[str, str]) -> ET.Element:
    """`path` with the Chinese words and, as PT_FreeText, the English ones (ISO 19139, section 7.8.2.5)."""
    element = add_string(parent, path, text["zh"])
    if text["en"] != text["zh"]:
        element.set(tag("xsi:type"), "gmd:PT_FreeText_PropertyType")
        words = add(element, "gmd:PT_FreeText/gmd:textGroup/gmd:LocalisedCharacterString", locale=f"#{ENGLISH}")
        words.text = text["en"]
    return element


def add_code(parent: ET.Element, path: str, codelist: str, code: str, words: str = "") -> None:
    """`path` with a value of one of ISO's code lists; `words` where a list is open and the code is not read as such."""
    element = add(parent, f"{path}/gmd:{codelist}", codeList=f"{CODELISTS}#{codelist}", codeListValue=code)
    element.text = words or code


def add_value(parent: ET.Element, path: str, kind: str, value: str) -> None:
    """`path` with a gco value: Date, Decimal, Integer, Boolean, Record."""
    add(parent, f"{path}/gco:{kind}").text = value


def xml_bytes(root: ET.Element) -> bytes:
    """The document as indented UTF-8 with the usual prefixes, which `xsi:type` values refer to."""
    for prefix, space in PREFIXES.items():
        ET.register_namespace(prefix, space)
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
