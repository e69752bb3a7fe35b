"""Starts the server: python -m steadfast_trainer.serve --port 8400 --model FOLDER"""

import argparse
import os
import socket
import sys
import warnings


def main() -> None:
    args = read_args()
    # Before torch is imported: the matrix library reads it once.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Bound before the slow imports, so that a busy port is told at once.
    listener = bind(args.host, args.port)

    import torch
    import transformers
    import uvicorn

    from .app import make_app
    from .errors import ApiError

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")  # peft's calls, not ours
    transformers.utils.logging.disable_progress_bar()
    device = args.device if args.device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    torch.use_deterministic_algorithms(True, warn_only=True)
    app = make_app(device, args.threads)
    try:
        for name in args.model:
            app.state.server.load(name)
    except ApiError as error:
        sys.exit(f"steadfast-trainer: {error.message}")
    host, port = listener.getsockname()[:2]
    print(f"steadfast-trainer ready on http://{host}:{port} (device {device})", flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=5)
    uvicorn.Server(config).run(sockets=[listener])
    # A step in hand is not waited for: it is made again from the last checkpoint.
    os._exit(0)


def read_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="steadfast_trainer.serve", description="Samples from a policy and trains it.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8400, help="port, 0 for a free one (default: %(default)s)")
    parser.add_argument("--model", action="append", default=[], help="folder or hub name to load at start; repeatable")
    parser.add_argument(
        "--device", default="auto", choices=["auto", "cpu", "cuda"], help="default: a GPU where there is one"
    )
    parser.add_argument(
        "--threads", type=int, help="CPU threads (default: 1 for models below 100 M parameters, else all)"
    )
    args = parser.parse_args()
    if args.threads is not None and args.threads < 1:
        parser.error(f"--threads is {args.threads}: expected a whole number of at least 1")
    if not 0 <= args.port <= 65535:
        parser.error(f"--port is {args.port}: expected 0 to 65535")
    return args


def bind(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        sys.exit(f"steadfast-trainer: cannot listen on {host}:{port}: {error.strerror}. Choose another with --port.")
    # Now, not later: until it listens, another process could bind the same port too.
    listener.listen(2048)
    return listener


if __name__ == "__main__":
    main()
