"""Redis 7 or newer, or Valkey: market bus."""
