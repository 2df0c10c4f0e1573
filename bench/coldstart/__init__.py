"""How long the function app takes to start and how much memory it needs, beside the service it replaces."""
