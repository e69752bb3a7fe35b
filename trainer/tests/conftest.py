"""A tiny random model, and one server process that most tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from helpers import CONVERSATION, Served

from steadfast_trainer.policy import Policy
from steadfast_trainer.tiny_model import make_model, make_tokenizer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--table", action="store_true", help="write docs/parity.md from what is found")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    torch.manual_seed(0)
    tokenizer = make_tokenizer([CONVERSATION], 400, 1024)
    make_model(tokenizer, 64, 2, 1024).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def server(model_folder: Path) -> Iterator[Served]:
    with Served("--model", str(model_folder)) as served:
        yield served


@pytest.fixture(scope="session")
def policy(model_folder: Path) -> Policy:
    torch.set_num_threads(1)
    return Policy(str(model_folder), model_folder, "cpu", 1)
