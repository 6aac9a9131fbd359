"""Cases before they have ids: what the generators of one item yield."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assay.cases import Case, Expect
from assay.sample import Sample

BARE = ", bare"
"""How the template of a right answer ends that stands in the declared form and in nothing else."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One completion about an item, with its label."""

    family: str
    template: str
    completion: str
    reason: str
    expect: Expect = Expect.REJECT
    form: str = ""
    free: bool = False
    """Becomes `Case.knowledge_free`."""
    prompt: str | None = None
    """None: the item's."""


def finish(drafts: Iterable[Draft], item: str, prompt: str, reference: str) -> Iterator[Case]:
    """Turn the drafts of one item into cases; a completion that was there already is left out."""
    seen: set[str] = set()
    for draft in drafts:
        if draft.completion in seen:
            continue
        seen.add(draft.completion)
        yield Case(
            id=f"{item}/{len(seen):03d}-{draft.family or 'form'}-{draft.template.replace(' ', '-')}",
            sample=Sample(
                completion=draft.completion,
                prompt=prompt if draft.prompt is None else draft.prompt,
                reference=reference,
            ),
            expect=draft.expect,
            family=draft.family,
            template=draft.template,
            item=item,
            form=draft.form,
            knowledge_free=draft.free,
            reason=draft.reason,
        )
