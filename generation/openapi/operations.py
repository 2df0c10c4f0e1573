"""Every method of every route, by the function's name and the method.

The paths themselves, who may call them and what they are called come from the blueprints; a test compares the two.
"""

from __future__ import annotations

from generation.images.editing import ImageRequest
from generation.openapi import answers, examples
from generation.openapi.bodies import FILE_FORM, ImageFromAddress
from generation.openapi.library_operations import LIBRARY
from generation.openapi.library_operations import TAGS as LIBRARY_TAGS
from generation.openapi.operation import HTML, QUEUED, Answer, Operation, Operations, listed
from generation.openapi.operator_operations import OPERATOR
from generation.openapi.operator_operations import TAGS as OPERATOR_TAGS
from generation.openapi.parameters import LISTING, SUBMITTING
from generation.pages.edits import Feedback, PageEdit, Regenerate, Rollback
from generation.pages.requests import PageRequest

PAGES, TASKS, IMAGES = "Pages", "Tasks", "Images"
STREAM, SERVICE = "Stream", "Service"
TAGS = {
    PAGES: "Product detail pages: ordered, read, edited, taken over as HTML.",
    TASKS: "Work in progress: every 202 names a task.",
    IMAGES: "Photos taken in, and pictures changed as the seller says.",
    **LIBRARY_TAGS,
    STREAM: "Live progress is a stream of server-sent events on another server (`stream_url` of every task).",
    **OPERATOR_TAGS,
    SERVICE: "Whether the service is there, and what it offers. No token needed.",
}

_PAGE_NOW = Answer(200, "The page in its new version.", answers.Page, example=examples.PAGE)

OPERATIONS: Operations = {
    ("display_list", "POST"): Operation(
        tag=PAGES,
        text=examples.DISPLAY_LIST_TEXT,
        body=PageRequest,
        examples=examples.PAGE_REQUESTS,
        parameters=SUBMITTING,
        problems=frozenset({409, 429}),
        answers=(QUEUED,),
    ),
    ("pages", "GET"): Operation(
        tag=PAGES,
        parameters=LISTING,
        problems=frozenset({422}),
        answers=(listed(answers.PageList, examples.PAGE_LIST),),
    ),
    ("page", "GET"): Operation(
        tag=PAGES,
        parameters=("version",),
        problems=frozenset({404, 422}),
        answers=(Answer(200, "The page's document.", answers.Page, example=examples.PAGE),),
    ),
    ("page", "PATCH"): Operation(
        tag=PAGES,
        text="`base_version` is the version the edit was made on; when the page is further by now, 409 "
        "`stale_version`. `blocks`, if given, is the whole new order: a block left out is removed. Values are "
        "checked against the slots of each block's template.",
        body=PageEdit,
        examples=examples.PAGE_EDITS,
        problems=frozenset({404, 409}),
        answers=(_PAGE_NOW,),
    ),
    ("page_rollback", "POST"): Operation(
        tag=PAGES,
        body=Rollback,
        examples={"To the first version": {"version": 1}},
        problems=frozenset({404, 409}),
        answers=(_PAGE_NOW,),
    ),
    ("page_feedback", "POST"): Operation(
        tag=PAGES,
        text="At least one field. Feeds the figures of the templates the page was made with.",
        body=Feedback,
        examples={"A rating": {"rating": 5, "comment": "사진이 아주 좋아요", "exported": True}},
        problems=frozenset({404}),
        answers=(Answer(204, "Kept."),),
    ),
    ("block_regenerate", "POST"): Operation(
        tag=PAGES,
        text="Exactly one call of the text model; the rest of the page stays as it is.",
        body=Regenerate,
        optional=True,
        examples={"With a wish": {"instruction": "더 짧고 경쾌하게 써 주세요"}},
        parameters=SUBMITTING,
        problems=frozenset({404, 409, 429}),
        answers=(QUEUED,),
    ),
    ("page_versions", "GET"): Operation(
        tag=PAGES,
        problems=frozenset({404}),
        answers=(Answer(200, "All versions.", answers.PageVersionList, example=examples.VERSIONS),),
    ),
    ("page_html", "GET"): Operation(
        tag=PAGES,
        text="At most 860 px wide. Sent with a Content-Security-Policy that lets nothing run.",
        parameters=("version",),
        problems=frozenset({404, 422}),
        answers=(
            Answer(200, "The page.", media_type=HTML, headers=("Content-Security-Policy", "Cache-Control")),
        ),
    ),
    ("tasks", "GET"): Operation(
        tag=TASKS,
        parameters=LISTING,
        problems=frozenset({422}),
        answers=(listed(answers.TaskList, examples.TASK_LIST),),
    ),
    ("task", "GET"): Operation(
        tag=TASKS,
        problems=frozenset({404}),
        answers=(Answer(200, "The task as it is now.", answers.Task, example=examples.TASK),),
    ),
    ("task_cancel", "POST"): Operation(
        tag=TASKS,
        text="Calls in flight are cancelled within about ten seconds. 409 `task_finished` when it has ended.",
        problems=frozenset({404, 409}),
        answers=(QUEUED,),
    ),
    ("task_retry", "POST"): Operation(
        tag=TASKS,
        text="What is stored is not paid for again. 409 `task_not_retryable` in any other state.",
        problems=frozenset({404, 409, 429}),
        answers=(QUEUED,),
    ),
    ("image", "POST"): Operation(
        tag=IMAGES,
        text="The wish may be Korean or English. Without a size the photo's own proportions are kept.",
        body=ImageRequest,
        examples=examples.IMAGE_REQUESTS,
        parameters=SUBMITTING,
        problems=frozenset({409, 429}),
        answers=(QUEUED,),
    ),
    ("upload_image", "POST"): Operation(
        tag=IMAGES,
        body=ImageFromAddress,
        form=FILE_FORM,
        answers=(Answer(201, "Stored.", answers.Image, example=examples.IMAGE),),
    ),
    **LIBRARY,
    ("ticket", "POST"): Operation(
        tag=STREAM,
        answers=(
            Answer(200, "Good once the stream is opened soon.", answers.Ticket, example=examples.TICKET),
        ),
    ),
    # Its body is the notifications blueprint's own model, which generation does not see: blueprint.py puts it in.
    ("message", "POST"): Operation(
        tag=STREAM,
        role="admin",
        text="The event may have at most 240 KiB.",
        examples=examples.MESSAGES,
        answers=(Answer(202, "On its way.", answers.MessageSent, example=examples.MESSAGE_SENT),),
    ),
    **OPERATOR,
    ("status", "GET"): Operation(
        tag=SERVICE, answers=(Answer(200, "It answers.", answers.ServiceStatus, example=examples.STATUS),)
    ),
    ("health", "GET"): Operation(
        tag=SERVICE, answers=(Answer(200, "It lives.", answers.Health, example={"status": "UP"}),)
    ),
    ("ready", "GET"): Operation(
        tag=SERVICE,
        text="Each dependency is given three seconds, all at once.",
        answers=(
            Answer(200, "All dependencies answer.", answers.Readiness, example=examples.READY),
            Answer(503, "A dependency is down.", answers.Readiness, example=examples.NOT_READY),
        ),
    ),
    ("openapi", "GET"): Operation(
        tag=SERVICE, answers=(Answer(200, "An OpenAPI 3.1 document.", media_type="application/json"),)
    ),
    ("docs", "GET"): Operation(
        tag=SERVICE,
        answers=(Answer(200, "One page.", media_type=HTML, headers=("Content-Security-Policy",)),),
    ),
}
