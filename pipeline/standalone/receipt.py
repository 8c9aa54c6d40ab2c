"""The receipt of an office: a printed page that says which release runs there, and a code to read over the telephone.

The code is 24 digits in six groups of four, for digits are understood in every dialect and on every line:

    15 digits   the first 12 digits of the release id, a number below 2^48
     5 digits   the days since 2000-01-01
     2 digits   of a hash over city, edition, release and day: a code of another city or edition is not taken
     2 digits   the check digits of ISO 7064 MOD 97-10 over all others: every single wrong digit and every two digits
                that were swapped are found

No name of a machine, a person or a network is in it. Python's standard library only (3.8 or newer).
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from html import escape
from typing import NamedTuple

START = date(2000, 1, 1)
DAYS = 100_000  # 5 digits: to the year 2273
DIGITS = 24
FOREIGN = str.maketrans("０１２３４５６７８９", "0123456789")  # as Chinese keyboards write them


class Installed(NamedTuple):
    """What an office says that it runs."""

    city: str
    edition: str
    release: str  # the id; 12 digits are enough
    day: date  # of the switch


class Code(NamedTuple):
    """What a code says by itself."""

    release: str  # 12 digits
    day: date
    mark: int  # binds city and edition


def code_of(installed: Installed) -> str:
    """The code of a receipt, in groups of four."""
    days = (installed.day - START).days
    if not 0 <= days < DAYS:
        raise ValueError(installed.day.isoformat())
    text = f"{int(installed.release[:12], 16):015d}{days:05d}{mark_of(installed):02d}"
    text += "{:02d}".format(98 - int(text) * 100 % 97)  # noqa: UP032
    return " ".join(text[at : at + 4] for at in range(0, DIGITS, 4))


def read_code(text: str) -> Code:
    """What a code says, however its digits are spaced. Raises ValueError: "digits", "check" or "value"."""
    digits = re.sub(r"[\s·,，、.-]", "", text.translate(FOREIGN))
    if not re.fullmatch("[0-9]{%d}" % DIGITS, digits):  # noqa: UP031
        raise ValueError("digits")
    if int(digits) % 97 != 1:
        raise ValueError("check")
    number = int(digits[:15])
    if number >> 48:
        raise ValueError("value")
    return Code(f"{number:012x}", START + timedelta(days=int(digits[15:20])), int(digits[20:22]))


def mark_of(installed: Installed) -> int:
    """Two digits that follow from everything a receipt says."""
    text = "\n".join((installed.city, installed.edition, installed.release[:12], installed.day.isoformat()))
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big") % 100


def belongs(code: Code, city: str, edition: str) -> bool:
    """Whether a code is of this city and edition."""
    return mark_of(Installed(city, edition, code.release, code.day)) == code.mark


def page(installed: Installed, fingerprint: str, checked: tuple[str, str], office: str = "") -> str:
    """The receipt as a page of one A4 sheet, Chinese first.

    `fingerprint` is the sha256 of SHA256SUMS, `checked` what was verified, in Chinese and English.
    """
    halves = grouped(fingerprint, 32)
    rows = (
        ("单位 Office", escape(office) or "<span class=line></span>"),
        ("城市代码 City", escape(installed.city)),
        ("版次 Edition", escape(installed.edition)),
        ("版本号 Release", f"<code>{escape(installed.release[:12])}</code>"),
        ("启用日期 Date", installed.day.isoformat()),
        ("核验 Checked", "{}<br><small lang=en>{}</small>".format(*map(escape, checked))),
        ("清单指纹 Fingerprint", "<code>{}</code>".format("<br>".join(" ".join(grouped(half, 8)) for half in halves))),
    )
    facts = "\n".join("<tr><th>{}</th><td>{}</td></tr>".format(*row) for row in rows)
    groups = "".join(f"<span>{group}</span>" for group in code_of(installed).split())
    return PAGE.replace("@facts@", facts).replace("@code@", groups)


def grouped(text: str, size: int) -> list[str]:
    """A text in groups, as people compare them."""
    return [text[at : at + size] for at in range(0, len(text), size)]


PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>版本启用回执 Receipt</title>
<style>
:root { --ink: #22302b; --muted: #55635d; --line: #c9d1cb; --soft: #eef3ef; --celadon: #2f6f5e; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 190mm; padding: 8mm 4mm; color: var(--ink); background: #fff;
  font: 10.5pt/1.6 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; }
header { text-align: center; border-bottom: 1.5pt solid var(--celadon); padding-bottom: 3mm; margin-bottom: 6mm; }
h1 { margin: 0; font-size: 20pt; letter-spacing: .12em; }
header p { margin: 0; color: var(--muted); }
h2 { margin: 7mm 0 2mm; font-size: 12.5pt; color: var(--celadon); }
table { width: 100%; border-collapse: collapse; }
th, td { border: .5pt solid var(--line); padding: 1.6mm 3mm; text-align: left; vertical-align: top; }
th { width: 46mm; background: var(--soft); font-weight: 600; }
code { font: 10pt/1.6 Consolas, "DejaVu Sans Mono", monospace; }
small { color: var(--muted); font-size: 9pt; }
small code { font-size: inherit; }
.line { display: inline-block; width: 80mm; border-bottom: .5pt solid var(--muted); height: 1.2em; }
.code { display: grid; grid-template-columns: repeat(6, auto); justify-content: center; gap: 0 7mm; margin: 3mm 0;
  padding: 5mm 3mm; border: 1.5pt solid var(--celadon); font: 700 21pt/1.3 Consolas, "DejaVu Sans Mono", monospace; }
ol { margin: 0; padding-left: 6mm; }
.signatures { display: flex; justify-content: space-between; gap: 8mm; margin-top: 16mm; }
.signatures span { border-top: .5pt solid var(--ink); width: 70mm; padding-top: 1mm; color: var(--muted); }
@media screen and (max-width: 640px) { .code { grid-template-columns: repeat(3, auto); } .line { width: 30mm; } }
@page { size: A4; margin: 16mm; }
@media print { body { padding: 0; max-width: none; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
</style>
</head>
<body>
<header><h1>版本启用回执</h1><p lang="en">Receipt: a release is in use</p></header>
<table>
@facts@
</table>
<h2>回执码 <small lang="en">Receipt code</small></h2>
<div class="code">@code@</div>
<ol>
<li>打电话给发布单位，逐组念出上面的六组数字；或将本页寄回、交回。<br>
<small lang="en">Read the six groups to the bureau over the telephone, or send this page back.</small></li>
<li>发布单位登记：<code>longquan receipt add 回执码 --office 单位名称</code><br>
<small lang="en">The bureau records it with <code>longquan receipt add CODE --office NAME</code></small></li>
</ol>
<p><small>回执码只含版本号、日期和校验位，不含计算机名、网络地址和人员信息。<br>
<span lang="en">The code holds the release, the date and check digits, and names no machine, network or person.</span>
</small></p>
<div class="signatures"><span>经办人 Signature</span><span>日期 Date</span></div>
</body>
</html>
"""
