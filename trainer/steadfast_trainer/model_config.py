"""What a model's configuration says that the server needs, and which models it refuses."""

from pathlib import Path

from transformers import AutoConfig, PretrainedConfig

from .errors import ApiError


def read_config(name: str, folder: Path) -> PretrainedConfig:
    """The model's configuration, refused where our decode loop would compute something else than the model."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    layers = getattr(config, "layer_types", None) or ["sliding_attention" if slides(config) else "full_attention"]
    if any(kind != "full_attention" for kind in layers) or getattr(config, "final_logit_softcapping", None):
        raise ApiError(
            400,
            f"model {name} ({config.model_type}) has layers other than full attention: expected a plain decoder, "
            "such as Qwen2.5, Qwen3, Llama or SmolLM2",
            param="model",
        )
    # Layers that recompute run in training mode: with dropout, a step would depend on what was drawn.
    for key, value in vars(config).items():
        if "drop" in key and isinstance(value, int | float):
            setattr(config, key, 0.0)
    return config


def slides(config: PretrainedConfig) -> bool:
    """Whether a token sees a part of the context only, where the configuration does not say it layer by layer."""
    window = getattr(config, "sliding_window", None)
    return bool(window) and window < config.max_position_embeddings and getattr(config, "use_sliding_window", True)


def end_ids(*groups: int | list[int] | None) -> frozenset[int]:
    """All ids that end a reply, from the generation configuration and the tokenizer."""
    found: set[int] = set()
    for group in groups:
        found |= set(group if isinstance(group, list) else [] if group is None else [group])
    return frozenset(found)
