"""A function app with one function per behaviour of the host; /api/log tells what ran."""

import asyncio
import json
import threading
import time
from typing import Any, List  # noqa: UP035 - see enqueue_many

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
runs: list[dict[str, Any]] = []


def record(kind: str, **values: Any) -> None:
    """Remember that a function ran."""
    runs.append({"kind": kind, "at": time.time(), **values})


def as_json(value: Any) -> func.HttpResponse:
    """Answer with JSON."""
    return func.HttpResponse(json.dumps(value), mimetype="application/json")


@app.route(route="log", methods=["GET"])
async def log(req: func.HttpRequest) -> func.HttpResponse:
    """Return the runs so far."""
    return as_json(runs)


@app.route(route="items/{id:guid}/{page:int?}", methods=["GET", "POST"])
async def items(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    """Return the request as the function sees it."""
    return as_json(
        {
            "method": req.method,
            "url": req.url,
            "params": dict(req.route_params),
            "query": dict(req.params),
            "headers": dict(req.headers),
            "body": req.get_body().decode("latin-1"),
            "trace_parent": context.trace_context.trace_parent,
            "invocation_id": context.invocation_id,
        }
    )


@app.route(route="files/{*rest}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def files(req: func.HttpRequest) -> func.HttpResponse:
    """Return what the catch-all caught, from a thread."""
    return as_json(
        {"params": dict(req.route_params), "main": threading.current_thread() is threading.main_thread()}
    )


@app.route(route="things/{id}", methods=["GET"])
async def thing(req: func.HttpRequest) -> func.HttpResponse:
    """Come before `thing_of_today` in the alphabet, and so hide it."""
    return func.HttpResponse("thing " + req.route_params["id"])


@app.route(route="things/today", methods=["GET", "PUT"])
async def thing_of_today(req: func.HttpRequest) -> func.HttpResponse:
    """Be reachable only with PUT."""
    return func.HttpResponse("today")


@app.route(route="cookies", methods=["GET", "HEAD", "OPTIONS"])
async def cookies(req: func.HttpRequest) -> func.HttpResponse:
    """Answer with a status, a header, two cookies and bytes."""
    answer = func.HttpResponse(b"\x00\xff", status_code=203, headers={"X-One": "1"}, mimetype="image/png")
    answer.headers.add("Set-Cookie", "a=1; Max-Age=60; HttpOnly; SameSite=Lax")
    answer.headers.add("Set-Cookie", "b=2; Path=/api; Secure")
    return answer


@app.route(route="broken", methods=["GET"])
async def broken(req: func.HttpRequest) -> func.HttpResponse:
    """Fail."""
    raise RuntimeError("broken on purpose")


@app.route(route="nothing", methods=["GET"])
async def nothing(req: func.HttpRequest) -> func.HttpResponse:
    """Return no response."""
    return None  # type: ignore[return-value]  # that is the point


@app.route(route="slow", methods=["GET"])
async def slow(req: func.HttpRequest) -> func.HttpResponse:
    """Take as many seconds as asked for."""
    await asyncio.sleep(float(req.params["seconds"]))
    return func.HttpResponse("slept")


@app.route(route="off", methods=["GET"])
async def off(req: func.HttpRequest) -> func.HttpResponse:
    """Be switched off by a setting."""
    return func.HttpResponse("on")


@app.route(route="enqueue", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
async def enqueue(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    """Put the body into the queue."""
    message.set(req.get_body().decode())
    return func.HttpResponse(status_code=202)


@app.route(route="enqueue-many", methods=["POST"])
@app.queue_output(arg_name="messages", queue_name="done", connection="AzureWebJobsStorage")
def enqueue_many(
    req: func.HttpRequest,
    messages: func.Out[List[str]],  # noqa: UP006 - the runtime knows only typing.List
) -> func.HttpResponse:
    """Put each line of the body into a queue."""
    messages.set(req.get_body().decode().split("\n"))
    return func.HttpResponse(status_code=202)


@app.route(route="enqueue-too-much", methods=["POST"])
@app.queue_output(arg_name="message", queue_name="done", connection="AzureWebJobsStorage")
async def enqueue_too_much(req: func.HttpRequest, message: func.Out[str]) -> func.HttpResponse:
    """Put out more than a queue takes."""
    message.set("x" * 70_000)
    return func.HttpResponse(status_code=202)


@app.queue_trigger(arg_name="msg", queue_name="%WORK_QUEUE%", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="$return", queue_name="done", connection="")
async def work(msg: func.QueueMessage) -> str:
    """Do what the message says: fail, sleep for n seconds, or pass it on."""
    body = msg.get_body().decode()
    insertion, expiration = msg.insertion_time, msg.expiration_time
    record(
        "work",
        body=body,
        id=msg.id,
        dequeue_count=msg.dequeue_count,
        pop_receipt=msg.pop_receipt,
        days=(expiration - insertion).days if insertion and expiration else None,
    )
    if body.startswith("fail"):
        raise RuntimeError(body)
    if body.startswith("sleep "):
        await asyncio.sleep(float(body.split()[1]))
        record("slept", body=body)
    return "done " + body


@app.queue_trigger(arg_name="msg", queue_name="%WORK_QUEUE%-poison", connection="AzureWebJobsStorage")
def poisoned(msg: func.QueueMessage) -> None:
    """Record what ended in the poison queue."""
    record("poison", body=msg.get_body().decode(), dequeue_count=msg.dequeue_count)


@app.timer_trigger(arg_name="timer", schedule="%EVERY_SECOND%", use_monitor=False)
async def tick(timer: func.TimerRequest) -> None:
    """Run every second."""
    record("tick", past_due=timer.past_due)


@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00")
def at_start(timer: func.TimerRequest, context: func.Context) -> None:
    """Run once at the start, and fail the first time."""
    retry = context.retry_context.retry_count
    record("at_start", retry=retry, status=timer.schedule_status)  # type: ignore[attr-defined]  # untyped there
    if retry == 0:
        raise RuntimeError("once")
