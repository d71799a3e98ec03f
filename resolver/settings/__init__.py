"""YAML -> frozen attrs objects; every fault at once, each with its path."""

from resolver.settings.core import core_config
from resolver.settings.faults import Fault, SettingsFault
from resolver.settings.files import load
from resolver.settings.lists import ListSettings, Terms
from resolver.settings.model import Settings
from resolver.settings.notices import Bilingual, Desk, Notice
from resolver.settings.reader import parse

__all__ = [
    "Bilingual",
    "Desk",
    "Fault",
    "ListSettings",
    "Notice",
    "Settings",
    "SettingsFault",
    "Terms",
    "core_config",
    "load",
    "parse",
]
