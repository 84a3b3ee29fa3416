# SPDX-License-Identifier: Apache-2.0
"""Templates and translations that plugins bring: ``templates/<plugin>/…`` and ``translations/`` in their own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, TemplateNotFound

from xrm.plugin_host.host import PluginHost


class PluginTemplates(BaseLoader):
    """Finds ``<plugin>/<file>`` in the templates of that plugin, and nothing elsewhere: no plugin replaces a page of others."""

    def __init__(self, host: PluginHost) -> None:
        self._loaders = {
            plugin.name: FileSystemLoader(plugin.folder / "templates")
            for plugin in host.plugins
            if plugin.folder is not None and plugin.is_on and (plugin.folder / "templates").is_dir()
        }

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        """The text of a template of a plugin.

        Raises:
            TemplateNotFound: when its first part names no plugin with templates.
        """
        loader = self._loaders.get(template.partition("/")[0])
        if loader is None:
            raise TemplateNotFound(template)
        return loader.get_source(environment, template)


def translation_folders(host: PluginHost) -> list[Path]:
    """The folders with catalogs of plugins."""
    folders = [plugin.folder / "translations" for plugin in host.plugins if plugin.folder is not None and plugin.is_on]
    return [folder for folder in folders if folder.is_dir()]


def init_plugin_templates(app: Flask, host: PluginHost) -> None:
    """Let pages include templates of plugins, ours first."""
    app.jinja_loader = ChoiceLoader([FileSystemLoader(Path(app.root_path) / "templates"), PluginTemplates(host)])
