"""First-party rewards and rollout filters, each a plugin like any third party's."""
