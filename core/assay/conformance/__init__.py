"""``assay test``: before a verifier may pay anyone, it shows what it accepts, refuses, and bears."""
