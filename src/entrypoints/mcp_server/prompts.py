"""Prompts for the three people at a 0-DTE desk: lead trader, quant engineer, risk officer."""

from collections.abc import Mapping
from typing import Final

import mcp_types as types
from mcp import MCPError

from entrypoints.mcp_server.untrusted import stripped
from tradecore.desk.opening import DeskOpening

_RULES: Final = (
    "You work at a trading desk in {mode} mode, account {account}. Preview before anything else, show me the headline, "
    "the worst loss and every check that is close, and execute only after I say so in this chat. "
)
_TEXTS: Final[dict[str, tuple[str, str, str]]] = {
    "lead_trader": (
        "Lead trader",
        "Trade the opening range: preview, wait for the word, execute, follow the fill.",
        "I am the lead trader. {wish} Begin with risk_check and get_positions, then preview what I ask for. When I say "
        "'Execute', call confirm_order, then follow the fill with wait_for_updates and tell me which protection works.",
    ),
    "quant_engineer": (
        "Quant engineer",
        "Rehearse a strategy plug-in: its signal, its plan, and what the gate says of it.",
        "I am a quant engineer rehearsing a strategy. {wish} Call the strategy's tool with preview only, compare its "
        "signal and plan with what I expect, and use explain for every check that fails. Do not confirm anything.",
    ),
    "risk_officer": (
        "Risk officer",
        "See the exposure, stop the desk, close everything, report the day.",
        "I am the risk officer. {wish} Start with risk_check, get_positions and show_pnl and summarise them in five "
        "lines. If I say 'Flatten all positions', preview flatten_all and confirm it on my word; if I say 'Stop', call "
        "kill_switch at once without asking back. Then report the day's result.",
    ),
}
PROMPTS: Final = tuple(
    types.Prompt(
        name=name,
        title=title,
        description=words,
        arguments=[types.PromptArgument(name="wish", description="What you want, in your words.", required=False)],
    )
    for name, (title, words, _) in _TEXTS.items()
)


def prompt_text(name: str, arguments: Mapping[str, str], opening: DeskOpening) -> types.GetPromptResult:
    """
    One prompt, filled in.

    Raises:
        MCPError: There is none of that name.
    """
    found = _TEXTS.get(name)
    if found is None:
        raise MCPError(types.INVALID_PARAMS, f"no prompt {name[:64]!r}; there are: {', '.join(_TEXTS)}")
    unknown = sorted(set(arguments) - {"wish"})
    if unknown:
        raise MCPError(types.INVALID_PARAMS, f"unknown argument {unknown[0][:40]!r}; known: wish")
    wish = stripped(arguments.get("wish", "Tell me where we stand."), 300)
    text = _RULES.format(mode=opening.mode, account=opening.account) + found[2].format(wish=wish)
    message = types.PromptMessage(role="user", content=types.TextContent(type="text", text=text))
    return types.GetPromptResult(description=found[1], messages=[message])
