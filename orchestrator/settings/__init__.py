"""The network description: centres, rooms and the service's own settings, read from YAML.

`load_settings` is the only door. Whatever is wrong with the file becomes one `SettingsError` that
lists every problem with its line, its key and what would have been accepted.
"""

from pathlib import Path

from orchestrator.settings.centres import read_settings
from orchestrator.settings.model import Network, Service, Settings
from orchestrator.settings.problems import SettingsError

__all__ = ["DEFAULT", "DEMO", "Network", "Service", "Settings", "SettingsError", "load_settings"]

_NETWORKS = Path(__file__).parent.parent / "networks"
DEFAULT = _NETWORKS / "lozere.yaml"
"""What `serve` uses without `--config`: the copy of config/lozere.yaml inside the package."""
DEMO = _NETWORKS / "demo.yaml"
"""The same five telecentres, open at any hour of any day."""


def load_settings(path: Path) -> Settings:
    """Read a network description, or raise the SettingsError that lists what is wrong."""
    return read_settings(path)
