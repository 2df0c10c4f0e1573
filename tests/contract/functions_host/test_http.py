"""HTTP triggers of the sample app, asked over a socket."""

import socket
import uuid

import httpx

from tests.contract.functions_host.running import Host

ITEM = str(uuid.uuid4())


def test_function_sees_the_request_as_on_azure(host: Host) -> None:
    """Names are lower case, repeats are joined, empty query values are gone, the body is bytes."""
    headers = [("X-Twice", "a"), ("X-Twice", "b"), ("X-Empty", "")]
    seen = host.http.post(
        f"/items/{ITEM}/7?q=%ED%95%9C&tag=1&tag=2&empty=", headers=headers, content=b"\xff\x00"
    ).json()
    assert seen["method"] == "POST"
    assert seen["params"] == {"id": ITEM, "page": "7"}
    assert seen["query"] == {"q": "한", "tag": "1,2"}
    assert (seen["headers"]["x-twice"], seen["headers"]["x-empty"]) == ("a,b", "")
    assert seen["body"] == "\xff\x00"
    assert seen["url"] == f"http://127.0.0.1:{host.port}/api/items/{ITEM}/7?q=%ED%95%9C&tag=1&tag=2&empty="


def test_optional_parameter_may_be_missing(host: Host) -> None:
    """`{page:int?}` leaves no parameter behind when the path ends before it."""
    assert host.http.get(f"/items/{ITEM}").json()["params"] == {"id": ITEM}


def test_trace_context_reaches_the_function(host: Host) -> None:
    """An incoming traceparent is handed on; without one, a new trace begins."""
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert host.http.get(f"/items/{ITEM}", headers={"traceparent": parent}).json()["trace_parent"] == parent
    fresh = host.http.get(f"/items/{ITEM}").json()["trace_parent"]
    assert [len(part) for part in fresh.split("-")] == [2, 32, 16, 2]


def test_catch_all_in_a_thread(host: Host) -> None:
    """`{*rest}` takes slashes; a plain def runs off the main thread; a key is not asked for."""
    seen = host.http.get("/files/a/b%20c.txt").json()
    assert seen == {"params": {"rest": "a/b c.txt"}, "main": False}


def test_unknown_paths_and_methods_are_empty_404s(host: Host) -> None:
    """No route, a failed constraint, an unlisted method (HEAD too) and a disabled function look the same."""
    asked = [
        host.http.get("/unknown"),
        host.http.get("/items/7"),
        host.http.get(f"/items/{ITEM}/x"),
        host.http.delete(f"/items/{ITEM}"),
        host.http.head(f"/items/{ITEM}"),
        host.http.options(f"/items/{ITEM}"),
        host.http.get("/off"),
        host.http.get(f"http://127.0.0.1:{host.port}/items/{ITEM}"),
    ]
    assert [(answer.status_code, answer.content) for answer in asked] == [(404, b"")] * len(asked)


def test_routes_are_tried_in_the_alphabet_of_their_functions(host: Host) -> None:
    """As on Azure a literal does not win; the log says who is hidden."""
    assert host.http.get("/things/today").text == "thing today"
    assert host.http.put("/things/today").text == "today"
    assert "function thing_of_today is never reached" in host.log()


def test_response_keeps_status_headers_cookies_and_bytes(host: Host) -> None:
    """What HttpResponse holds arrives; cookies are written as ASP.NET Core writes them."""
    answer = host.http.get("/cookies")
    assert (answer.status_code, answer.content) == (203, b"\x00\xff")
    assert (answer.headers["x-one"], answer.headers["content-type"]) == ("1", "image/png")
    assert answer.headers.get_list("set-cookie") == [
        "a=1; max-age=60; path=/; samesite=lax; httponly",
        "b=2; path=/api; secure",
    ]


def test_head_and_options_run_where_they_are_listed(host: Host) -> None:
    """HEAD gets the headers of the answer and no body; OPTIONS is a method like any other."""
    head = host.http.head("/cookies")
    assert (head.status_code, head.content, head.headers["content-length"]) == (203, b"", "2")
    assert host.http.options("/cookies").status_code == 203


def test_failure_and_none_are_empty_500s_with_a_traceback_in_the_log(host: Host) -> None:
    """The client learns nothing; stderr has everything."""
    for path in ("/broken", "/nothing"):
        answer = host.http.get(path)
        assert (answer.status_code, answer.content) == (500, b"")
    assert "broken failed (invocation" in host.log()
    assert "RuntimeError: broken on purpose" in host.log()


def test_async_functions_overlap(host: Host) -> None:
    """Sixteen requests that sleep take the time of one."""
    limits = httpx.Limits(max_connections=16)
    with httpx.Client(base_url=host.http.base_url, limits=limits, timeout=10) as client:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: client.get("/slow?seconds=0.3"), range(16)))
    assert {answer.text for answer in answers} == {"slept"}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 1.5


def test_body_above_the_limit_is_413(host: Host) -> None:
    """100 MiB is the host's limit; the announced length is enough to refuse."""
    with socket.create_connection(("127.0.0.1", host.port), timeout=5) as raw:
        head = f"POST /api/items/{ITEM} HTTP/1.1\r\nHost: x\r\nContent-Length: 104857601\r\n\r\n"
        raw.sendall(head.encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_chunked_body_arrives(host: Host) -> None:
    """A body without a length is read to its end."""
    seen = host.http.post(f"/items/{ITEM}", content=iter([b"one ", b"two"])).json()
    assert seen["body"] == "one two"


def test_keep_alive_answers_do_not_wait(host: Host) -> None:
    """A hundred requests on one connection take far less than delayed acknowledgements would (40 ms each)."""
    import time

    started = time.monotonic()
    for _ in range(100):
        host.http.get("/things/x")
    assert time.monotonic() - started < 2
