"""registry.yaml: the one file that says what is paid."""

from assay.registry.load import FILE, Registry, load_registry, parse_registry
from assay.registry.schema import CORRECT, RegistryConfig

__all__ = ["CORRECT", "FILE", "Registry", "RegistryConfig", "load_registry", "parse_registry"]
