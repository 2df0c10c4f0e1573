"""Error and warning codes in words a seller understands, in Korean and in English."""

from __future__ import annotations

from shared.errors import AppError

_EXPLANATIONS: dict[str, tuple[str, str]] = {
    "photo_url_forbidden": (
        "사진 주소를 사용할 수 없습니다. 누구나 열 수 있는 http(s) 주소를 넣어 주세요.",
        "The photo's address is not allowed. Use a public http(s) address.",
    ),
    "photo_not_found": (
        "사진을 찾을 수 없습니다. 주소를 확인해 주세요.",
        "There is no photo at this address.",
    ),
    "photo_unreachable": (
        "사진이 있는 서버에 연결할 수 없습니다.",
        "The server that holds the photo cannot be reached.",
    ),
    "photo_url_rejected": (
        "사진이 있는 서버가 요청을 거부했습니다.",
        "The server that holds the photo refused the request.",
    ),
    "photo_too_large": ("사진이 너무 큽니다.", "The photo is too large."),
    "photo_too_small": ("사진이 너무 작습니다.", "The photo is too small."),
    "photo_unreadable": ("사진 파일이 손상되었습니다.", "The photo file is damaged."),
    "photo_not_an_image": (
        "JPEG, PNG, WebP 사진이 아닙니다.",
        "This is not a JPEG, PNG or WebP picture.",
    ),
    "product_not_found": ("등록되지 않은 상품입니다.", "The product service does not know this product."),
    "product_service_rejected": (
        "상품 서비스가 요청을 거부했습니다.",
        "The product service refused the request.",
    ),
    "product_service_nonsense": (
        "상품 서비스의 답을 읽을 수 없습니다.",
        "The product service's answer cannot be read.",
    ),
    "product_service_unset": (
        "상품 번호로 만드는 기능이 설정되지 않았습니다.",
        "Requests by product_id are not set up here (PRODUCT_SERVICE_URL).",
    ),
    "product_service_unavailable": (
        "상품 서비스가 응답하지 않습니다. 잠시 후 다시 시도해 주세요.",
        "The product service does not answer. Try again later.",
    ),
    "quota_exhausted": (
        "AI 서비스 사용 한도가 소진되었습니다. 운영자에게 알려 주세요.",
        "The AI service's quota is used up. Tell the operator.",
    ),
    "model_rejected": (
        "AI 서비스가 요청을 받아들이지 않았습니다. 운영자에게 알려 주세요.",
        "The AI service did not accept the request. Tell the operator.",
    ),
    "model_refused": (
        "AI가 이 내용으로는 글을 쓸 수 없다고 답했습니다. 상품 설명이나 요청하신 내용을 고쳐 주세요.",
        "The model refused to write this. Change the product's description, or what you asked for.",
    ),
    "content_filtered": (
        "내용 안전 필터에 걸렸습니다. 상품 설명이나 요청하신 내용을 고쳐 주세요.",
        "The content filter stopped this. Change the product's description, or what you asked for.",
    ),
    "image_blocked": (
        "이미지 서비스가 이 사진을 처리하지 않았습니다.",
        "The image service would not process this picture.",
    ),
    "image_failed": (
        "이미지를 새로 만들지 못해 원본 사진을 사용했습니다.",
        "A new picture could not be made, so the original photo stands in.",
    ),
    "photo_missing": (
        "사진을 사용할 수 없어 그림을 대신 넣었습니다.",
        "The photo could not be used, so a drawn picture stands in.",
    ),
    "vision_failed": (
        "사진을 살펴보지 못해 입력하신 내용만으로 만들었습니다.",
        "The photo could not be examined; the page uses only what was entered.",
    ),
    "documents_failed": (
        "등록하신 문서를 찾아보지 못해 입력하신 내용만으로 만들었습니다.",
        "Your documents could not be searched; the page uses only what was entered.",
    ),
    "asset_unreadable": (
        "저장한 이미지를 다시 읽을 수 없습니다.",
        "A stored image could not be read back.",
    ),
    "answer_truncated": (
        "AI의 답이 중간에 끊겼습니다. 다시 시도해 주세요.",
        "The model's answer was cut short. Try again.",
    ),
    "answer_not_json": (
        "AI의 답을 읽을 수 없습니다. 다시 시도해 주세요.",
        "The model's answer cannot be read.",
    ),
    "answer_off_schema": (
        "AI의 답이 형식에 맞지 않습니다. 다시 시도해 주세요.",
        "The model's answer does not fit the template.",
    ),
    "rate_limited": (
        "AI 서비스가 붐비고 있습니다. 잠시 후 다시 시도해 주세요.",
        "The AI service is busy. Try again later.",
    ),
    "model_unavailable": (
        "AI 서비스가 응답하지 않습니다. 잠시 후 다시 시도해 주세요.",
        "The AI service does not answer. Try again later.",
    ),
    "model_unreachable": (
        "AI 서비스와 연결이 끊겼습니다. 잠시 후 다시 시도해 주세요.",
        "The connection to the AI service broke. Try again later.",
    ),
    "model_timeout": (
        "AI 서비스의 답이 너무 늦습니다. 잠시 후 다시 시도해 주세요.",
        "The AI service took too long. Try again later.",
    ),
    "photo_unfetched": (
        "AI 서비스가 저장된 사진을 가져가지 못했습니다. 잠시 후 다시 시도해 주세요.",
        "The AI service could not fetch the stored photo. Try again later.",
    ),
    "image_unusable": (
        "이미지 서비스가 쓸 수 없는 그림을 보냈습니다.",
        "The image service sent no usable picture.",
    ),
    "asset_rejected": (
        "이미지 저장소가 요청을 거부했습니다. 운영자에게 알려 주세요.",
        "The image store refused the request. Tell the operator.",
    ),
    "assets_unavailable": (
        "이미지 저장소가 응답하지 않습니다. 잠시 후 다시 시도해 주세요.",
        "The image store does not answer. Try again later.",
    ),
    "database_unavailable": (
        "데이터베이스가 응답하지 않습니다. 잠시 후 다시 시도해 주세요.",
        "The database does not answer. Try again later.",
    ),
    "queue_unavailable": (
        "작업 대기열이 응답하지 않습니다. 잠시 후 다시 시도해 주세요.",
        "The work queue does not answer. Try again later.",
    ),
    "task_budget_used": (
        "이 작업에 정해진 비용 한도를 넘었습니다.",
        "This task has used up its budget.",
    ),
    "page_gone": ("페이지가 삭제되었습니다.", "The page is gone."),
    "block_gone": ("그 사이에 블록이 삭제되었습니다.", "The block was removed meanwhile."),
    "image_not_found": ("사진을 찾을 수 없습니다.", "There is no such photo."),
    "unbacked_claim": (
        "입력하신 내용에서 근거를 찾지 못한 표현이 있습니다.",
        "The copy claims something that no fact backs.",
    ),
    "rewrite_failed": (
        "근거 없는 표현을 고쳐 쓰지 못했습니다.",
        "A claim without a fact could not be rewritten.",
    ),
    "no_reviews": (
        "등록하신 고객 후기가 없어 후기 블록을 넣지 않았습니다. 후기를 문서로 등록한 뒤 다시 만들어 주세요.",
        "There are no customer reviews among your documents, so the block of reviews was left out.",
    ),
    "no_templates": (
        "이 요청에 쓸 수 있는 템플릿이 없습니다.",
        "There is no template this request could use.",
    ),
    "deadline_exceeded": ("시간이 너무 오래 걸렸습니다. 다시 시도해 주세요.", "It took too long. Try again."),
    "worker_lost": (
        "작업이 여러 번 중단되었습니다. 다시 시도해 주세요.",
        "The work was interrupted again and again. Try again.",
    ),
    "internal_error": (
        "예상하지 못한 문제가 생겼습니다. 다시 시도해 주세요.",
        "Something unexpected happened. Try again.",
    ),
}
# Where the model would not work on a picture, the description is not at fault.
_PICTURE_REFUSED = (
    "AI가 이 사진은 다룰 수 없다고 답했습니다. 다른 사진으로 다시 해 보세요.",
    "The AI service would not work on this photo. Try another one.",
)
_REFUSALS, _ABOUT_PICTURES = {"model_refused", "content_filtered"}, {"vision_failed", "image_failed"}
_UNEXPLAINED = (
    "외부 서비스가 응답하지 않습니다. 잠시 후 다시 시도해 주세요.",
    "A service does not answer. Try again later.",
)


def explain(code: str) -> dict[str, str]:
    """`{code, message, message_en}`: what a task's `error` holds."""
    korean, english = _EXPLANATIONS.get(code, _UNEXPLAINED)
    return {"code": code, "message": korean, "message_en": english}


def explain_error(error: AppError) -> dict[str, str]:
    """As `explain`; the sender's own mistakes carry their own words in English."""
    explained = explain(error.code)
    return explained if error.code in _EXPLANATIONS else {**explained, "message_en": error.message}


def warning(error: AppError, step: str, otherwise: str) -> dict[str, str]:
    """`{code, message, message_en, step}`: what stands in for the missing, then why; `otherwise` is a code of ours."""
    consequence, reason = explain(otherwise), explain_error(error)
    korean, english = reason["message"], reason["message_en"]
    if error.code in _REFUSALS and otherwise in _ABOUT_PICTURES:
        korean, english = _PICTURE_REFUSED
    return {
        "code": error.code,
        "message": f"{consequence['message']} {korean}",
        "message_en": f"{consequence['message_en']} {english}",
        "step": step,
    }
