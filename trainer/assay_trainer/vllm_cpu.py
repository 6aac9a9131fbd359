"""GRPO with vLLM on a CPU: how the weights reach the engine.

TRL 1.16 hands weights over in ways that the CPU build of vLLM (0.31, 0.32) does not bear:

* colocated, it writes into the parameters of linear layers, which the CPU engine has packed and dropped
  (``'Parameter' object has no attribute 'weight_loader'``);
* to a server, it broadcasts them by NCCL, which needs a CUDA device.

vLLM's own ``reload_weights`` does both: from an iterator in this process, or from a folder in shared memory
of this machine. A server needs ``VLLM_SERVER_DEV_MODE=1``, which opens ``/collective_rpc``. Where input and
output embeddings are one, reloading leaves the output layer's packed copy as it was: colocated, it is packed
again; a server cannot be told to, and is refused.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingImports=false, reportUntypedBaseClass=false

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assay import MissingDependencyError
from assay_trainer.runfolder import RunError
from assay_trainer.settings import SettingsError

if TYPE_CHECKING:
    import torch


def let_weights_reload() -> None:
    """From here on, a GRPOTrainer of this process synchronises by ``reload_weights``.

    The colocated engine computes in float32, as the trainer does on a CPU; TRL would leave it at bfloat16.

    Raises:
        MissingDependencyError: vLLM is not installed.
    """
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    from trl.generation import vllm_generation as generation
    from trl.trainer import grpo_trainer

    trl: Any = generation
    if not hasattr(trl, "LLM"):
        from assay_trainer.vllm_engine import INSTALL

        raise MissingDependencyError(f"use_vllm needs vllm, which is not installed. {INSTALL}")
    if getattr(trl.VLLMClient, "reloads", False):
        return

    class Client(trl.VLLMClient):
        reloads = True
        shared: tempfile.TemporaryDirectory[str]

        def init_communicator(self, device: Any = 0) -> None:
            self.get_server_info()  # says so when the server has no development endpoints
            memory = "/dev/shm"
            self.shared = tempfile.TemporaryDirectory(
                prefix="assay-weights-", dir=memory if os.access(memory, os.W_OK) else None
            )

        def update_named_params(
            self, metadata: Any, named_params: Iterator[tuple[str, torch.Tensor]]
        ) -> None:
            from safetensors.torch import save_file

            weights = {name: value.detach().cpu().contiguous() for name, value in named_params}
            save_file(weights, f"{self.shared.name}/model.safetensors")
            asked = {"method": "reload_weights", "kwargs": {"weights_path": self.shared.name}}
            response: Any = self.session.post(f"{self.base_url}/collective_rpc", json=asked)
            if response.status_code != 200:
                raise RunError(
                    f"the vLLM server at {self.base_url} did not take the weights; it must run here "
                    f"with VLLM_SERVER_DEV_MODE=1 (status {response.status_code}: {response.text[:200]})"
                )

    class Generation(trl.VLLMGeneration):
        def _init_vllm(self) -> None:
            self.tied = bool(self.model.config.get_text_config().tie_word_embeddings)
            if self.mode == "server" and self.tied:
                raise SettingsError(
                    "trl.vllm_mode server: a CPU server cannot take the weights of a model whose input and "
                    "output embeddings are one; say vllm_mode: colocate"
                )
            super()._init_vllm()

        def sync_weights(self) -> None:
            if self.mode == "server":
                super().sync_weights()
                return
            named = ((name, value.detach()) for name, value in self._iter_named_params())
            self.llm.collective_rpc("reload_weights", kwargs={"weights_iterator": named})
            if self.tied:
                head = self.llm.llm_engine.model_executor.driver_worker.model_runner.model.lm_head
                head.quant_method.process_weights_after_loading(head)
            self.llm.reset_prefix_cache()

    trl.LLM = functools.partial(trl.LLM, dtype="float32", enforce_eager=True)
    trl.VLLMClient = Client
    namespace: Any = grpo_trainer
    namespace.VLLMGeneration = Generation
