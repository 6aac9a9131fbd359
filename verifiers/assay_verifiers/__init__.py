"""First-party verifiers, each a plugin like any third party's."""
