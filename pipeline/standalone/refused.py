"""What an office will not do, and why, in both languages. Python's standard library only (3.8 or newer)."""

from __future__ import annotations

# What was refused → Chinese and English; {0} … are what was found.
TEXTS = {
    "busy": ("另一个导入或回退正在进行：{0}", "another import or rollback is under way: {0}"),
    "pointer": ("{0} 无法理解", "{0} cannot be understood"),
    "nothing": ("这里还没有导入过版本：{0}", "no release has been imported here: {0}"),
    "altered": ("{0} 的内容与清单不符", "{0} is not what the list says"),
    "absent": ("{0} 在盘上缺失", "{0} is missing on the disk"),
    "other-city": ("这是另一个城市（{0}）的版本，此处运行的是 {1}", "a release of another city ({0}); here runs {1}"),
    "other-edition": ("这是另一个版次（{0}），此处运行的是 {1}", "another edition ({0}); here runs {1}"),
    "older": (
        "比此处已接受的旧（签名序号 {0}，已接受 {1}）；要回到旧版本请用 rollback",
        "older than what was accepted here (signed as number {0}, accepted {1}); rollback is the way to an older one",
    ),
    "withdrawn": ("{0} 已被撤回，不得使用", "{0} has been withdrawn and must not be used"),
    "no-previous": ("没有可以回退的版本", "there is no release to go back to"),
    "not-kept": ("此处没有保留版本 {0}", "release {0} is not kept here"),
    "damaged": ("版本 {0} 已损坏（{1} 处），例如 {2}", "release {0} is damaged ({1} faults), such as {2}"),
}


class Refused(Exception):
    """Something that will not be done, and why; nothing was changed."""

    def __init__(self, kind: str, *values: str) -> None:
        super().__init__(kind, *values)
        self.kind = kind
        self.values = values

    def text(self, language: str) -> str:
        """Why, in Chinese ("zh") or English."""
        return TEXTS[self.kind][0 if language == "zh" else 1].format(*self.values)

    def __str__(self) -> str:
        return self.text("en")
