"""`[site]` of framework.toml: what a government's site says below every page, and whom readers ask."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from pipeline.framework.base import Model, NonEmpty, Text, refuse
from pipeline.i18n import _


def _address(value: str) -> str:
    if not value.startswith(("https://", "http://")) or any(letter in value for letter in ' "<>'):
        raise refuse(_("not an absolute web address"), _("an address that begins with https:// or http://"))
    return value


Address = Annotated[str, AfterValidator(_address)]


class Link(Model):
    """A page elsewhere."""

    title: Text
    href: Address


class Police(Model):
    """公安备案: the number of a site's registration with the police, and where it can be looked up."""

    number: NonEmpty
    href: Address | None = None


class Contact(Model):
    """Who answers questions about the platform."""

    office: Text
    phone: str = ""
    email: Annotated[str, StringConstraints(pattern=r"^$|^[^@\s]+@[^@\s]+$")] = ""
    address: Text | None = None


class Site(Model):
    """The words of the pages that no dataset tells."""

    icp: str = ""  # ICP 备案号, linked to the ministry's register
    police: Police | None = None
    mark: Link | None = None  # 党政机关网站标识
    contact: Contact | None = None
    terms: tuple[Text, ...] = ()  # paragraphs of the terms of use, in place of the usual ones
    links: tuple[Link, ...] = ()  # to related sites, below every page
