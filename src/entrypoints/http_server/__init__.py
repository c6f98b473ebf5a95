"""The desk over HTTP: MCP, health, metrics, the list of tools."""
