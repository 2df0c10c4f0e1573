"""Queue triggers and outputs of the sample app, against Azurite."""

import base64

from tests.contract.functions_host.running import Azurite, Host, Queue, wait_until


def bodies(host: Host, kind: str) -> list[object]:
    """Return the bodies of the messages that functions of a kind have seen."""
    return [run["body"] for run in host.runs(kind)]


def test_message_runs_once_with_its_metadata_and_is_deleted(host: Host, work: Queue) -> None:
    """The function sees id, dequeue count, pop receipt and times; then the queue is empty."""
    message_id = work.send("hello 한글")
    wait_until(lambda: "hello 한글" in bodies(host, "work"))
    (run,) = [run for run in host.runs("work") if run["body"] == "hello 한글"]
    assert (run["id"], run["dequeue_count"], run["days"]) == (message_id, 1, 7)
    assert run["pop_receipt"]
    wait_until(lambda: work.count() == 0)


def test_output_of_an_http_function_arrives_at_once(host: Host, done: Queue) -> None:
    """`Out` is sent before the answer; the listener of that queue is woken; `$return` goes on to the next queue."""
    assert host.http.post("/enqueue", content="pass 1").status_code == 202
    wait_until(lambda: "done pass 1" in done.bodies())


def test_list_is_one_message_each(host: Host, done: Queue) -> None:
    """`Out[list[str]]` sends every element."""
    assert host.http.post("/enqueue-many", content="line 1\nline 2").status_code == 202
    assert {"line 1", "line 2"} <= set(done.bodies())


def test_output_that_cannot_be_sent_fails_the_invocation(host: Host) -> None:
    """A message above 64 KiB is refused by the queue, so the client must not hear 202."""
    assert host.http.post("/enqueue-too-much").status_code == 500
    assert "enqueue_too_much: its queue output cannot be sent" in host.log()


def test_failing_message_is_tried_and_then_poisoned(host: Host, work: Queue) -> None:
    """Three tries (maxDequeueCount), then the poison queue, whose own trigger gets it."""
    work.send("fail 1")
    wait_until(lambda: "fail 1" in bodies(host, "poison"))
    tries = [run["dequeue_count"] for run in host.runs("work") if run["body"] == "fail 1"]
    assert tries == [1, 2, 3]
    wait_until(lambda: work.count() == 0)


def test_invalid_base64_is_poisoned_undecoded(azurite: Azurite, host: Host, work: Queue) -> None:
    """What is no base64 never reaches the function; in the poison queue it has nowhere to go and stays hidden."""
    work.send_raw("not base64!")
    poison = Queue(azurite, "work-poison")
    wait_until(lambda: poison.exists() and poison.count() == 1)
    wait_until(lambda: work.count() == 0)
    assert "not base64!" not in bodies(host, "work")


def test_message_that_is_no_utf8_fails(host: Host, work: Queue) -> None:
    """Text is what a function gets unless it asks for binary: other bytes go the way of failures."""
    work.send_raw(base64.b64encode(b"\xff\xfe").decode())
    wait_until(lambda: "is no UTF-8" in host.log())
    wait_until(lambda: work.count() == 0)
