"""The routes. Each reads its body, calls one thing, and answers JSON."""

import asyncio
import json
import logging
from concurrent.futures import Future

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .completions import answer, read_request
from .errors import ApiError
from .fields import Fields
from .sampler import Row
from .server import Server

log = logging.getLogger("steadfast_trainer")


def make_app(device: str, threads: int | None) -> Starlette:
    app = Starlette(
        routes=[
            Route("/health", health),
            Route("/v1/models", list_models),
            Route("/v1/models/load", load_model, methods=["POST"]),
            Route("/v1/chat/completions", chat_completions, methods=["POST"]),
            Route("/v1/load_lora_adapter", load_lora_adapter, methods=["POST"]),
            Route("/v1/unload_lora_adapter", unload_lora_adapter, methods=["POST"]),
            Route("/v1/runs/{run}", run_resource, methods=["GET", "PUT"]),
            Route("/v1/runs/{run}/steps/{step}", step_resource, methods=["GET", "PUT"]),
            Route("/v1/runs/{run}/checkpoints", list_checkpoints),
            Route("/v1/runs/{run}/checkpoints/{step}", delete_checkpoint, methods=["DELETE"]),
        ],
        exception_handlers={ApiError: refuse, HTTPException: refuse_route, Exception: apologise},
    )
    app.state.server = Server(device, threads)
    return app


# -----------------------------------------------------------------------------
# Models and sampling


async def health(request: Request) -> JSONResponse:
    server = server_of(request)
    return JSONResponse({"status": "ok", "models": sorted(server.models.loaded), "device": server.models.device})


async def list_models(request: Request) -> JSONResponse:
    return JSONResponse({"object": "list", "data": server_of(request).model_list()})


async def load_model(request: Request) -> JSONResponse:
    body = await read_body(request)
    name = body.text("model")
    body.close()
    await run_in_threadpool(server_of(request).load, name)
    return JSONResponse({"id": name})


async def chat_completions(request: Request) -> JSONResponse:
    server, body = server_of(request), await read_body(request)
    model = body.text("model")
    policy, adapter = await run_in_threadpool(server.find, model)
    try:
        asked = read_request(body, model, policy, adapter)
        row = await sampled(request, asked.row, server.samplers[policy.name].submit(asked.row))
    finally:
        server.done_with(policy, adapter)
    return JSONResponse(answer(asked, policy, row))


async def sampled(request: Request, row: Row, future: "Future[Row]") -> Row:
    """Waits for a row; a client that hung up takes its request out of the queue."""
    waiting = asyncio.wrap_future(future)
    while not (await asyncio.wait([waiting], timeout=2))[0]:
        if await request.is_disconnected():
            row.abandoned = True
            waiting.cancel()
            raise ApiError(499, "the client closed the connection", code="client_closed")
    return waiting.result()


async def load_lora_adapter(request: Request) -> JSONResponse:
    body = await read_body(request)
    await run_in_threadpool(server_of(request).load_lora, body.text("lora_name"), body.text("lora_path"))
    return JSONResponse({"message": f"Success: LoRA adapter '{body.body['lora_name']}' added successfully."})


async def unload_lora_adapter(request: Request) -> JSONResponse:
    body = await read_body(request)
    await run_in_threadpool(server_of(request).unload_lora, body.text("lora_name"))
    return JSONResponse({"message": f"Success: LoRA adapter '{body.body['lora_name']}' removed successfully."})


# -----------------------------------------------------------------------------
# Runs and steps


async def run_resource(request: Request) -> JSONResponse:
    runs, name = server_of(request).runs, request.path_params["run"]
    if request.method == "GET":
        return JSONResponse(runs.get(name).summary())
    body = await read_body(request)
    return JSONResponse(await run_in_threadpool(runs.open, name, body))


async def step_resource(request: Request) -> JSONResponse:
    run = server_of(request).runs.get(request.path_params["run"])
    step = step_number(request)
    if request.method == "GET":
        return JSONResponse(await run_in_threadpool(run.step_state, step))
    body = await read_body(request)
    state = await run_in_threadpool(run.put_step, step, body)
    return JSONResponse(state, status_code=202 if state["state"] == "running" else 200)


async def list_checkpoints(request: Request) -> JSONResponse:
    run = server_of(request).runs.get(request.path_params["run"])
    return JSONResponse({"run": run.name, "checkpoints": await run_in_threadpool(run.checkpoints)})


async def delete_checkpoint(request: Request) -> JSONResponse:
    run, step = server_of(request).runs.get(request.path_params["run"]), step_number(request)
    await run_in_threadpool(run.delete, step)
    return JSONResponse({"run": run.name, "deleted": step})


# -----------------------------------------------------------------------------
# Helpers


def server_of(request: Request) -> Server:
    return request.app.state.server


def step_number(request: Request) -> int:
    text = request.path_params["step"]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ApiError(400, f"step is {text[:40]!r}: expected a whole number", param="step")
    return int(text)


async def read_body(request: Request) -> Fields:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"the body is not JSON: {error}", code="invalid_json") from error
    return Fields(body)


async def refuse(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body(), status_code=error.status)


async def refuse_route(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    refusal = ApiError(error.status_code, f"{request.method} {request.url.path}: {error.detail}", code="no_such_route")
    return JSONResponse(refusal.body(), status_code=refusal.status)


async def apologise(request: Request, error: Exception) -> JSONResponse:
    """The trace goes to the log, one line to the client."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    refusal = ApiError(500, f"the server failed on this request: {type(error).__name__}: {error}", code="internal")
    return JSONResponse(refusal.body(), status_code=500)
