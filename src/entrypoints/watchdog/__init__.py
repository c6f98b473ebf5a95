"""The watchdog: a process beside a standing desk that starts it again when it falls silent."""
