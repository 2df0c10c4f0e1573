"""Claims in the copy that no fact backs."""
