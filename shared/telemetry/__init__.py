"""Logs as JSON lines, traces and metrics by OpenTelemetry (docs/telemetry.md); off unless an exporter is configured."""
