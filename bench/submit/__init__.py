"""Taking a page in: POST /api/generation/display-list beside FastAPI with Celery on Redis."""
