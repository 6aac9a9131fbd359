"""Assay: plugins that say what a model's answer is worth, and a host that pays exactly that.

Everything a plugin author needs is here; ``import assay`` imports no numerical library.
"""

from assay.adapters.functions import from_predicate, from_score, from_trl, from_verl
from assay.cases import Case, Expect
from assay.errors import (
    AssayError,
    DataError,
    FaultLimitError,
    InfraError,
    MissingDependencyError,
    ModelError,
    PluginError,
    RegistryError,
)
from assay.events import BatchScored, Fault, RunEnd, RunStart
from assay.hookspecs import hookimpl
from assay.sample import Sample
from assay.sandbox import (
    Exceeded,
    Execution,
    Program,
    ProgramLimits,
    Sandbox,
    SandboxError,
    SandboxRequest,
    open_sandbox,
)
from assay.specs import (
    KEEP,
    AnswerForm,
    AnySpec,
    Check,
    Cost,
    Decision,
    Example,
    Grammar,
    Isolation,
    Kind,
    Limits,
    RewardSpec,
    RolloutFilter,
    RolloutFilterSpec,
    Scope,
    VerifierSpec,
    Waiver,
    drop,
)
from assay.verdict import Status, Verdict

__version__ = "0.1.0"

__all__ = [
    "KEEP",
    "AnswerForm",
    "AnySpec",
    "AssayError",
    "BatchScored",
    "Case",
    "Check",
    "Cost",
    "DataError",
    "Decision",
    "Example",
    "Exceeded",
    "Execution",
    "Expect",
    "Fault",
    "FaultLimitError",
    "Grammar",
    "InfraError",
    "Isolation",
    "Kind",
    "Limits",
    "MissingDependencyError",
    "ModelError",
    "PluginError",
    "Program",
    "ProgramLimits",
    "RegistryError",
    "RewardSpec",
    "RolloutFilter",
    "RolloutFilterSpec",
    "RunEnd",
    "RunStart",
    "Sample",
    "Sandbox",
    "SandboxError",
    "SandboxRequest",
    "Scope",
    "Status",
    "Verdict",
    "VerifierSpec",
    "Waiver",
    "drop",
    "from_predicate",
    "from_score",
    "from_trl",
    "from_verl",
    "hookimpl",
    "open_sandbox",
]
