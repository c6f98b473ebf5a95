"""Notices to a person over a webhook: Slack, Discord, Telegram, ntfy, or JSON for a program of one's own."""
