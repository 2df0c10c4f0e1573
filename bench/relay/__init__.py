"""The relay under 10,000 connections, beside sse-starlette on uvicorn and nginx with nchan."""
