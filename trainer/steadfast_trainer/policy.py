"""One base model, its tokenizer and the adapters on it."""

import threading
import warnings
from collections import Counter
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, set_peft_model_state_dict
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from .chat import reads_calls
from .errors import ApiError
from .fair_lock import FairLock
from .memory import check_room
from .model_config import end_ids, read_config

# Below this size a model's kernels are so short that a second thread costs more than it gives.
SMALL_MODEL_PARAMETERS = 100_000_000
# Adapters of past versions stay on disk and are loaded when asked for.
KEPT_ADAPTERS = 6


class Policy:
    """One base model with its tokenizer and adapters. Hold `lock` around every use of `model`."""

    def __init__(self, name: str, folder: Path, device: str, threads: int | None):
        self.name = name
        self.device = device
        self.lock = FairLock()
        self.config = read_config(name, folder)
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        if not self.tokenizer.chat_template:
            raise ApiError(400, f"model {name} has no chat template: expected an instruct model", param="model")
        self.reads_calls = reads_calls(self.tokenizer)
        check_room(name, folder, device)
        self.model = AutoModelForCausalLM.from_pretrained(
            folder, config=self.config, dtype="auto", attn_implementation="sdpa", local_files_only=True
        )
        self.model.name_or_path = name  # what adapters will name as their base
        self.model.to(device).eval().requires_grad_(False)
        self.context = self.config.max_position_embeddings
        self.vocab = self.model.get_input_embeddings().num_embeddings
        self.end_ids = end_ids(self.model.generation_config.eos_token_id, self.tokenizer.eos_token_id)
        small = self.model.num_parameters() < SMALL_MODEL_PARAMETERS
        self.threads = threads or (1 if small else torch.get_num_threads())
        self.peft: PeftModel | None = None
        self.names: dict[str, str] = {}  # adapter -> its name inside peft, which allows no dots
        self.users: Counter[str] = Counter()  # requests in flight an adapter
        self.leaving: set[str] = set()  # adapters that take no new requests
        self.guard = threading.Lock()
        self.loading = threading.Lock()  # one at a time, or each request that waits for an adapter makes a copy of it
        self.made = 0
        self.active: str | None = None
        self.recomputes = False
        self.texts: dict[int, str] = {}

    # --- adapters -------------------------------------------------------------

    def use(self, adapter: str | None) -> None:
        """Makes the next forward passes run with this adapter, or with none."""
        if adapter is not None and adapter not in self.names:
            raise not_loaded(adapter)
        if self.peft is None or adapter == self.active:
            return
        if adapter is None:
            self.peft.base_model.disable_adapter_layers()
        else:
            self.peft.base_model.enable_adapter_layers()
            self.peft.set_adapter(self.names[adapter])
        self.active = adapter

    def add_adapter(self, name: str, config: LoraConfig, tensors: dict[str, torch.Tensor] | None) -> None:
        """Puts an adapter on the model, in float32. Without `tensors` it holds peft's own start values."""
        self.drop_adapter(name)
        self.made += 1
        inner = f"adapter{self.made}"
        self.active = "?"  # peft changes what is active
        with torch.random.fork_rng():
            if self.peft is None:
                self.peft = get_peft_model(self.model, config, adapter_name=inner)
            else:
                self.peft.add_adapter(inner, config)
        self.names[name] = inner
        if tensors is None:
            return
        try:
            result = set_peft_model_state_dict(self.peft, tensors, adapter_name=inner)
            if result.unexpected_keys or len(tensors) != len(self.adapter_parameters(name)):
                raise ValueError("its weights have other names")
        except BaseException:  # half filled, it would be taken for a whole one
            self.drop_adapter(name)
            raise

    def load_adapter(self, name: str, folder: Path) -> None:
        """Loads a PEFT folder, and lets go of the adapter that was loaded first if there are many."""
        with self.loading:
            if name in self.names:
                return
            config, tensors = read_adapter(folder, self.device)
            with self.lock:
                try:
                    self.add_adapter(name, config, tensors)
                except torch.OutOfMemoryError:
                    raise
                except (RuntimeError, ValueError) as error:  # of other sizes, names or modules
                    why = f"expected an adapter that fits the model {self.name}: {str(error)[:300]}"
                    raise ApiError(400, f"lora_path is {folder}: {why}", param="lora_path") from error
                with self.guard:
                    idle = [n for n in self.names if "@" in n and not self.users[n] and n != name]
                    for old in idle[: max(0, len(idle) + 1 - KEPT_ADAPTERS)]:
                        self.drop_adapter(old)

    def keep(self, name: str) -> None:
        """Keeps a loaded adapter for a request, until `release`."""
        with self.guard:
            if name not in self.names or name in self.leaving:
                raise not_loaded(name)
            self.users[name] += 1

    def hold(self, name: str, folder: Path) -> None:
        """Makes an adapter ready for a request, and keeps it until `release`."""
        with self.guard:
            self.users[name] += 1
        try:
            if name not in self.names:
                self.load_adapter(name, folder)
        except BaseException:
            self.release(name)
            raise

    def release(self, name: str) -> None:
        with self.guard:
            self.users[name] -= 1
            last = name in self.leaving and not self.users[name]
        if last:
            # In a thread of its own, as a train step may have the lock for long.
            threading.Thread(target=self.unload_adapter, args=(name,), daemon=True).start()

    def unload_adapter(self, name: str) -> None:
        """Closes an adapter to new requests, and drops it once those that have it are answered."""
        with self.guard:
            self.leaving.add(name)
            if self.users[name]:
                return
        with self.lock:
            self.drop_adapter(name)
        with self.guard:
            self.leaving.discard(name)
            del self.users[name]

    def drop_adapter(self, name: str) -> None:
        inner = self.names.pop(name, None)
        if inner is None:
            return
        if self.names:
            with warnings.catch_warnings(action="ignore", category=UserWarning):  # that another one is active now
                self.peft.delete_adapter(inner)
        else:
            self.model = self.peft.unload()
            self.peft = None
        self.active = "?" if self.names else None

    def adapter_parameters(self, name: str) -> dict[str, torch.nn.Parameter]:
        """The adapter's parameters by the names they have in a PEFT file, sorted."""
        inner = f".{self.names[name]}."
        found = {n.replace(inner, "."): p for n, p in self.peft.named_parameters() if inner in n and ".lora_" in n}
        return dict(sorted(found.items()))

    def token_text(self, token: int) -> str:
        """One token as text, remembered: logprobs name each token they are of."""
        if token not in self.texts:
            self.texts[token] = self.tokenizer.decode([token])
        return self.texts[token]

    # --- forward --------------------------------------------------------------

    def recompute(self, on: bool) -> None:
        """Trades time for memory in the backward pass of a sample that is too long for it otherwise."""
        if on:
            self.model.activation_checkpointing_enable({"use_reentrant": False})
        elif self.recomputes:
            self.model.activation_checkpointing_disable()
        self.recomputes = on
        # Layers recompute in training mode only; dropout is 0 in the adapters, and `read_config` makes it 0 in models.
        self.model.train(on)

    def hidden(self, ids_B_T: torch.Tensor, **kwargs: object) -> torch.Tensor:
        """Last hidden states. Logits are made by `logits`, only where they are needed: they are most of the memory."""
        return self.model.get_decoder()(input_ids=ids_B_T, **kwargs).last_hidden_state

    def logits(self, hidden_N_H: torch.Tensor) -> torch.Tensor:
        return self.model.get_output_embeddings()(hidden_N_H).float()


def read_adapter(folder: Path, device: str) -> tuple[LoraConfig, dict[str, torch.Tensor]]:
    try:
        config = LoraConfig.from_pretrained(str(folder), local_files_only=True)
        config.inference_mode = True
        return config, load_file(folder / "adapter_model.safetensors", device=device)
    except (OSError, ValueError, TypeError, SafetensorError) as error:
        why = f"lora_path is {folder}: expected an adapter folder in PEFT's format: {error}"
        raise ApiError(400, why, param="lora_path") from error


def not_loaded(adapter: str) -> ApiError:
    return ApiError(404, f"adapter {adapter} is not loaded", code="model_not_found", param="model")
