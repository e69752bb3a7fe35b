"""From a model's name to a folder on this machine."""

import json
from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

from .errors import ApiError
from .storage import is_storage

WANTED = ["*.json", "*.safetensors", "*.jinja", "*.txt", "tokenizer.model"]


def model_folder(name: str) -> Path:
    """The folder itself, or the hub's copy of it, downloaded when it is not here yet."""
    if name.startswith(("/", "./", "../", "~")) or Path(name).is_dir():
        return checked(name, Path(name).expanduser())
    try:
        return checked(name, Path(snapshot_download(name, allow_patterns=WANTED)))
    except RepositoryNotFoundError as error:
        raise refused(name, "the model hub has no such model, or wants a token (set HF_TOKEN)") from error
    except HFValidationError as error:
        raise refused(name, "it is neither a folder nor a name of the form owner/model") from error
    except (LocalEntryNotFoundError, OSError) as error:
        if is_storage(error):
            why = f"cannot load model {name}: its download cannot be kept: {error}"
            raise ApiError(507, why, code="storage", param="model") from error
        why = "it is not on this machine, and the model hub cannot be reached. Give the path of a downloaded folder, "
        raise refused(name, why + "set HF_ENDPOINT to a mirror, or copy a filled HF_HOME here") from error


def checked(name: str, folder: Path) -> Path:
    """Refuses a folder that holds no model, saying what it lacks."""
    if not folder.is_dir():
        raise refused(name, "there is no such folder")
    if not (folder / "config.json").is_file():
        raise refused(name, "the folder has no config.json: expected a model in the Hugging Face layout")
    try:
        json.loads((folder / "config.json").read_text())
    except ValueError as error:
        raise refused(name, "its config.json is not JSON") from error
    if not any(folder.glob("*.safetensors")):
        raise refused(name, "the folder has no *.safetensors files")
    return folder


def refused(name: str, why: str) -> ApiError:
    return ApiError(400, f"cannot load model {name}: {why}", code="model_not_loadable", param="model")
