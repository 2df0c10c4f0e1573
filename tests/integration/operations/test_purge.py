"""The timer `purge` in the real function app."""

import httpx
import psycopg2

from tests.stack import PRODUCT, RunningStack, finished, wait_for


def test_an_old_page_is_worked_on_after_the_purge(stack: RunningStack, api: httpx.Client) -> None:
    """Its steps go when they are old enough, but for the plan; page and task are there, and a block is written anew."""
    request = {"product": PRODUCT, "options": {"images": 0}}
    headers = {"Idempotency-Key": "old"}
    task_id = api.post("/generation/display-list", json=request, headers=headers).json()["task_id"]
    page_id = finished(api, task_id)["result"]["page_id"]
    before = api.get(f"/generation/pages/{page_id}").json()
    connection = psycopg2.connect(stack.facts["database_url"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        aged = "update tasks set finished_at = finished_at - interval '8 days' where task_id = %s"
        cursor.execute(aged, (task_id,))

        def purged() -> bool:
            stack.run_timer("purge")
            cursor.execute("select step_key from task_steps where task_id = %s", (task_id,))
            return cursor.fetchall() == [("plan",)]

        wait_for(purged)
    connection.close()
    assert api.get(f"/generation/pages/{page_id}").json() == before
    again = api.post("/generation/display-list", json=request, headers=headers).json()
    assert (again["task_id"], again["status"]) == (task_id, "completed")
    block = before["blocks"][0]["block_id"]
    anew = api.post(f"/generation/pages/{page_id}/blocks/{block}/regenerate").json()
    assert finished(api, anew["task_id"])["result"]["version"] == 2
