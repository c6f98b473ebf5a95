"""Programs that run other people's engines in an environment of their own; nothing of tradecore is imported here."""
