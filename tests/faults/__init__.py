"""Reminders under faults: real processes that are killed, servers that go away, a moody Bot API."""
