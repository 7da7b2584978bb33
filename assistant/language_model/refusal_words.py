"""The words that services have in common when they refuse a request. Data.

They have OpenAI's codes, or codes of their own, or only a sentence.
"""

from __future__ import annotations

import re

_FLAGS = re.IGNORECASE

TOO_LONG = re.compile(
    r"context[_ ]?(?:length|window|size|limit)|exceed_context_size|maximum context|max(?:imum)?[_ ]seq"
    r"|(?:prompt|input|request|message|conversation|content)s? (?:is |are |was )?too (?:long|large)"
    r"|string_above_max_length|too many (?:input |prompt )?tokens|reduce (?:the|your) (?:length|message|prompt)"
    r"|tokens? .{0,60}exceed|exceed.{0,60}(?:tokens?\b|max.{0,12}length)|input length|input_too_long"
    r"|longer than the (?:model|maximum|max)|larger than the (?:model|maximum|max)"
    r"|(?:less|fewer|more) than .{0,20}tokens|tokens?\b.{0,60}(?:must|should) (?:be|have)"
    r"|num(?:ber)? of (?:input |prompt )?tokens|max_model_len|range of input length"
    r"|request_too_large|payload too large|request entity too large|上下文|超长|最大.{0,8}长度",
    _FLAGS,
)
"""The request is too long for the model."""

TOO_LARGE_FOR_ANY_MINUTE = re.compile(
    r"request[_ ](?:is )?too[_ ]large|reduce (?:the|your) (?:length|message|prompt|input)|must be reduced"
    r"|context[_ ](?:length|window|size)",
    _FLAGS,
)
"""It is more than may be asked in a minute: no waiting helps."""

FILTERED = re.compile(
    r"content[_ ]?(?:filter|policy|management|moderation|safety)|responsible_?ai|data_?inspection"
    r"|content exists risk|inappropriate content|moderation|safety (?:system|filter|setting|reason)"
    r"|prohibited[_ ]content|violat\w{1,8} .{0,40}(?:polic|guideline|terms)|polic\w{1,8} .{0,20}violat|safety_check|unsafe (?:content|or sensitive)"
    r"|sensitive (?:content|information|words?)|flagged|guardrail|blocked by|\b1301\b|敏感|不安全",
    _FLAGS,
)
"""It is refused for its content."""

QUOTA = re.compile(
    r"insufficient[_ ](?:quota|balance|credits?|funds)|billing|exceeded your current quota|out of credits?"
    r"|credit balance|payment required|arrearage|余额|欠费",
    _FLAGS,
)
"""Nothing is left to pay with."""

UNKNOWN_MODEL = re.compile(
    r"model[_ ]not[_ ]found|(?:model|deployment).{0,80}(?:does not exist|not found|not exist|unknown"
    r"|not available|no longer)|no such model|unknown model|invalid model",
    _FLAGS,
)
"""The service does not have the model."""

KEY = re.compile(r"invalid[_ ]api[_ ]key|incorrect api key|unauthori[sz]ed|authentication", _FLAGS)
"""The service does not know who asks."""

BUSY = re.compile(
    r"rate[_ ]?limit|too many requests|overloaded|server is busy|capacity|try again later"
    r"|resource[_ ]?exhausted|throttl|per[_ ](?:second|min|hour|day)|(?:try again|retry) (?:after|in)\b"
    r"|\b[rt]pm\b",
    _FLAGS,
)
"""The service has too much to do, or has done enough for this key."""

NO_SUCH_PATH = re.compile(
    r"unexpected endpoint|(?:unknown|invalid|no such|no) (?:request )?(?:url|path|route|endpoint)|cannot post"
    r"|page not found|not found\W*$",
    _FLAGS,
)
"""There is no API where it was looked for."""
