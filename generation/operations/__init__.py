"""Status, health, and the timer that mends what a crash left behind."""
