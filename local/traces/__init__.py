"""A stand-in for an OpenTelemetry collector: takes OTLP over HTTP, keeps spans in files, draws a trace as a tree."""
