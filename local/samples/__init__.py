"""Our own sample products and the script that draws their photos."""
