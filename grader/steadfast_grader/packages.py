"""Makes the official packages importable without what grading never uses of them.

Their modules import Docker's client, Modal, data sets and GitHub's API when they load: 363 MB and 8 s, for parsers that
need none of it. Stand-ins take the places of those; one that is used after all says so. And SWE-smith 0.0.9 is written
for SWE-bench 4, which no longer reads today's records: the constants that version 5 dropped are put back.
"""

import importlib
import importlib.abc
import importlib.machinery
import multiprocessing
import os
import sys
import types

# Packages that are not installed, and modules of SWE-bench that lead to them or that version 5 no longer has.
UNUSED = (
    "datasets",
    "docker",
    "dotenv",
    "ghapi",
    "modal",
    "tqdm",
    "swebench.harness.docker_build",
    "swebench.harness.docker_utils",
    "swebench.harness.dockerfiles",
    "swebench.harness.modal_eval",
    "swebench.harness.reporting",
    "swebench.image_builder",
    "swebench.task",
)

# What SWE-smith's profiles and grading take from `swebench.harness.constants` of version 4.
CONSTANTS_OF_VERSION_4 = {
    "DOCKER_USER": "root",
    "DOCKER_WORKDIR": "/testbed",
    "KEY_INSTANCE_ID": "instance_id",
    "KEY_PREDICTION": "model_patch",
}


class StandIn(type):
    """The class of a stand-in: a class itself, since annotations and bases are made of such names."""

    def __call__(cls, *_arguments, **_named):
        # SWE-smith's packages call it as they load; its .env files are none of ours.
        if cls.__name__ == "load_dotenv":
            return None
        raise RuntimeError(f"{cls.__module__}.{cls.__name__} has no part in grading")


class StandInFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers imports of what is not used."""

    def find_spec(self, fullname, path=None, target=None):
        if not any(fullname == name or fullname.startswith(name + ".") for name in UNUSED):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: stand_in(spec.name, name)
        return module

    def exec_module(self, module):
        pass


def stand_in(module, name):
    if name.startswith("__"):
        raise AttributeError(name)
    return StandIn(name, (), {"__module__": module})


def prepare():
    """Must run before either package is imported."""
    # SWE-smith's profiles hold a lock each; other start methods would start a process for them.
    multiprocessing.set_start_method("fork")
    sys.meta_path.insert(0, StandInFinder())
    # The package `swebench.harness` imports all of itself; a module with its path alone imports what is asked for.
    swebench = importlib.import_module("swebench")
    harness = types.ModuleType("swebench.harness")
    harness.__path__ = [os.path.join(path, "harness") for path in swebench.__path__]
    sys.modules["swebench.harness"] = harness
    constants = importlib.import_module("swebench.harness.constants")
    for name, value in CONSTANTS_OF_VERSION_4.items():
        setattr(constants, name, value)
