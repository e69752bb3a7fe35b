"""Merges an adapter into its base model: python -m steadfast_trainer.merge --base MODEL --adapter DIR --out DIR"""

import argparse
import sys
from pathlib import Path

from .errors import ApiError


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="steadfast_trainer.merge", description="Merges an adapter into its base model."
    )
    parser.add_argument("--base", required=True, help="folder or hub name of the base model")
    parser.add_argument("--adapter", required=True, type=Path, help="folder in PEFT's format")
    parser.add_argument("--out", required=True, type=Path, help="folder to write; new or empty")
    args = parser.parse_args()
    try:
        merge(args.base, args.adapter, args.out)
    except ApiError as error:
        sys.exit(f"steadfast-trainer: {error.message}")


def merge(base: str, adapter: Path, out: Path) -> None:
    """Writes merged weights and tokenizer as a folder for transformers and vLLM, in the base model's own dtype."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from .hub import model_folder

    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise ApiError(400, f"--out is {out}, which holds something already: expected a new or an empty folder")
    folder = model_folder(base)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype="auto", local_files_only=True)
    PeftModel.from_pretrained(model, str(adapter)).merge_and_unload().save_pretrained(out)
    AutoTokenizer.from_pretrained(folder, local_files_only=True).save_pretrained(out)


if __name__ == "__main__":
    main()
