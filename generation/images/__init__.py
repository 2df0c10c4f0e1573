"""Photos: safe download, normalising, storing."""
