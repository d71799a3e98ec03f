"""YAML -> frozen attrs objects; every fault at once, each with its path."""

from resolver.settings.faults import Fault, SettingsFault
from resolver.settings.files import load
from resolver.settings.model import Settings
from resolver.settings.reader import parse

__all__ = ["Fault", "Settings", "SettingsFault", "load", "parse"]
