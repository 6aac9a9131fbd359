"""What registry.yaml may set for the judges."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class JudgeOptions(BaseModel):
    """Where the judge is, how patient one is with it, and what it may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = Field(
        default=None,
        description="Address of an OpenAI-compatible server, up to and including `/v1`. Default: the "
        "environment variable ASSAY_JUDGE_URL.",
    )
    model: str | None = Field(
        default=None,
        description="The model's name on that server. Default: the environment variable ASSAY_JUDGE_MODEL.",
    )
    key_env: str | None = Field(
        default=None,
        description="Name of the environment variable that holds the API key. Default: no key is sent.",
    )
    structured: Literal["auto", "schema", "text"] = Field(
        default="auto",
        description="`schema` asks the server to hold the reply to a JSON schema, `text` only asks the "
        "model; `auto` asks the server until it refuses. The reply is read strictly in each case.",
    )
    max_tokens: int = Field(
        default=64, ge=1, le=100_000, description="Length of a reply. A judge that thinks first needs more."
    )
    extra: dict[str, Any] = Field(
        default={}, description="Further fields of the request, such as `chat_template_kwargs`."
    )
    concurrency: int = Field(default=16, ge=1, le=1024, description="Requests under way at once.")
    timeout: float = Field(default=60.0, gt=0, le=3600, description="Seconds for one reply.")
    attempts: int = Field(
        default=5, ge=1, le=50, description="Tries of one request, when the server is busy, failing or gone."
    )
    patience: float = Field(
        default=300.0, gt=0, le=86_400, description="Seconds for all tries of one request, waits included."
    )
    max_requests: int | None = Field(
        default=None, ge=1, description="Requests that one run may send; then all that is left is a fault."
    )
    max_total_tokens: int | None = Field(
        default=None,
        ge=1,
        description="The same in tokens, of prompts and replies, as the server counts them.",
    )
    cache: str | None = Field(
        default=None,
        description="SQLite file that keeps replies, for later runs and other processes. Default: verdicts "
        "are kept in memory, by the host.",
    )


class AnswerOptions(JudgeOptions):
    """Of `judge.answer`."""

    plain: Literal["no", "line", "anywhere"] = Field(
        default="no",
        description="Where an answer may stand when there is no box or answer tag, as for `math_answer`.",
    )
    unextracted: Literal["wrong", "abstain"] = Field(
        default="wrong", description="What a completion without one asserted answer is."
    )
    tie: Literal["abstain", "wrong"] = Field(
        default="abstain",
        description="What an answer is about which the judge contradicts itself. `wrong` saves a request for "
        "most wrong answers, and is as good under `lifts`.",
    )
    votes: Literal[2, 4] = Field(
        default=2,
        description="How often an answer is compared: in both orders, with the letters of the verdict "
        "exchanged; 4 takes each order with each meaning of the letters. Right takes all of them.",
    )
    control: bool = Field(
        default=True,
        description="Whether a right answer is compared with something else, too: a judge that calls them "
        "equivalent as well has not compared anything.",
    )
    max_answer_chars: int = Field(
        default=500, ge=1, le=8000, description="A longer answer is the policy's fault, unread."
    )
    max_reference_chars: int = Field(
        default=2000, ge=1, le=32_000, description="A longer reference cannot be used."
    )
    max_question_chars: int = Field(
        default=8000, ge=0, le=200_000, description="Of a longer question its end is shown; 0 shows none."
    )
    audit: str | None = Field(
        default=None, description="JSONL file for people to look at a share of what the judge called right."
    )
    audit_share: float = Field(
        default=0.05, ge=0, le=1, description="That share; which ones follows from their text."
    )


class GradeOptions(JudgeOptions):
    """Of `judge.helpfulness` and `judge.harmlessness`."""

    rubric: str = Field(
        default="", max_length=8000, description="What else the judge is told to look at, in sentences."
    )
    grades: int = Field(default=5, ge=2, le=9, description="Steps of the scale.")
    spread: int = Field(
        default=1,
        ge=0,
        le=8,
        description="How far the grades on the rising and on the falling scale may lie apart. Further: the "
        "judge contradicts itself, and abstains.",
    )
    max_judged_chars: int = Field(
        default=16_000, ge=1, le=200_000, description="A longer text is the policy's fault, unread."
    )
    max_question_chars: int = Field(
        default=8000, ge=0, le=200_000, description="Of a longer question its end is shown; 0 shows none."
    )


class PreferenceOptions(JudgeOptions):
    """Of `judge.preference`."""

    max_judged_chars: int = Field(
        default=16_000,
        ge=1,
        le=200_000,
        description="A longer completion is the policy's fault, and a longer reference cannot be used.",
    )
